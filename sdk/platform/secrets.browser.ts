import type { DBSchema, IDBPDatabase } from 'idb'
import type { SecretKind, SecretStore } from './platform.js'

const DATABASE = 'skein-secrets'
const VERSION = 1
const kinds: readonly SecretKind[] = ['identities', 'verified']

interface Schema extends DBSchema {
  identities: { key: string; value: unknown }
  verified: { key: string; value: unknown }
}

/** A page that keeps nothing leaves no trace on the device, and need not load what opens databases. */
const exists = async (): Promise<boolean> => {
  const { indexedDB } = globalThis
  // Firefox before 126 does not tell.
  if (typeof indexedDB.databases !== 'function') return true
  return (await indexedDB.databases()).some(({ name }) => name === DATABASE)
}

/** Opened for each use: an open connection would stand in the way of whoever clears the database or makes a newer one. */
const use = async <Value>(work: (db: IDBPDatabase<Schema>) => Promise<Value>): Promise<Value> => {
  const { openDB } = await import('idb')
  const once = async (): Promise<Value> => {
    const db = await openDB<Schema>(DATABASE, VERSION, {
      upgrade: (fresh) => {
        for (const kind of kinds) fresh.createObjectStore(kind)
      },
    })
    try {
      return await work(db)
    } finally {
      db.close()
    }
  }
  try {
    return await once()
  } catch (error) {
    // The browser closed the connection under our hands, as it does when it comes back from the background.
    if (!(error instanceof DOMException && error.name === 'InvalidStateError')) throw error
    return once()
  }
}

const asText = (value: unknown): string => {
  if (typeof value === 'string') return value
  throw new TypeError(`expected a text in the database, not ${typeof value}`)
}

const secrets: SecretStore = {
  get: async (kind, name) => {
    if (!(await exists())) return null
    const value = await use((db) => db.get(kind, name))
    return value === undefined ? null : asText(value)
  },
  add: (kind, name, text) =>
    use(async (db) => {
      // One transaction looks and writes, and of those that write the browser runs one at a time, other tabs' included.
      // Strict, since whoever is told of an identity must find it again after a crash.
      const transaction = db.transaction(kind, 'readwrite', { durability: 'strict' })
      const kept = await transaction.store.get(name)
      if (kept === undefined) await transaction.store.put(text, name)
      await transaction.done
      return kept === undefined ? text : asText(kept)
    }),
  all: async (kind) => {
    if (!(await exists())) return []
    return (await use((db) => db.getAll(kind))).map(asText)
  },
}

/** `null` where there is no IndexedDB, or a policy keeps this page from it. */
export const loadSecrets = async (): Promise<SecretStore | null> => {
  try {
    await exists()
    return secrets
  } catch {
    return null
  }
}
