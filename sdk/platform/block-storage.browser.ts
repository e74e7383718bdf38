import type { DBSchema, IDBPDatabase } from 'idb'
import { SkeinError } from '../errors.js'
import {
  isValue,
  storageClosed,
  storageFailed,
  storageFull,
  storageLost,
  type BlockStorage,
  type StorageChange,
  type StoredEntry,
  type WriteOptions,
} from './block-storage.js'

const DATABASE = 'skein-logs'
const VERSION = 1
/** How long another page may take to make way: one that is asked to does so within its next task. */
const BLOCKED_MS = 5_000
/**
 * How long after it has aborted what nobody asked it to a browser may take to say that the connection is gone: Chromium 6 ms under load, when
 * the user clears what a site keeps.
 */
const ENDING_MS = 1_000
const ABORTED: readonly string[] = ['AbortError', 'UnknownError']

interface Schema extends DBSchema {
  entries: { key: BufferSource; value: Uint8Array<ArrayBuffer> }
}
type Database = IDBPDatabase<Schema>

type Stage =
  | { readonly name: 'open'; readonly db: Database; readonly ended: Promise<string> }
  | { readonly name: 'lost'; readonly why: string }
  | { readonly name: 'closed' }

interface Connected {
  readonly db: Database
  /** There was none of this name before. */
  readonly isNew: boolean
  /** Resolves with the reason when the connection ends and this side did not ask for it. */
  readonly ended: Promise<string>
}

const action = 'storage could not be opened'
const nameOf = (error: unknown): string => (error instanceof DOMException ? error.name : '')

/** All of a buffer, which the database copies at once: a view would be stored with all that is around it. */
const exact = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => (isWhole(bytes) ? bytes : new Uint8Array(bytes))

const isWhole = (bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer && bytes.length === bytes.buffer.byteLength

const connect = async (name: string): Promise<Connected> => {
  const { openDB } = await import('idb')
  let isNew = false
  let isLate = false
  let end: (why: string) => void = () => {}
  const ended = new Promise<string>((resolve) => (end = resolve))
  // In a function of its own, since without an IndexedDB it throws.
  const begin = async (): Promise<Database> =>
    openDB<Schema>(name, VERSION, {
      upgrade: (fresh) => {
        isNew = true
        fresh.createObjectStore('entries')
      },
      // Whoever asks waits until the connection is closed, and nobody can use the page while it holds on.
      blocking: (_old, _new, event) => {
        ;(event.target as IDBDatabase).close()
        end('another page of this site clears it or has a newer version')
      },
      terminated: () => end('the browser has closed it'),
    })
  const opening = begin()
  let timer: ReturnType<typeof setTimeout> | undefined
  const blocked = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true
      reject(new SkeinError('storage-blocked', `${action}: an older page of this site does not make way`))
    }, BLOCKED_MS)
  })
  opening
    .then((db) => {
      if (isLate) db.close()
    })
    .catch(() => undefined)
  try {
    return { db: await Promise.race([opening, blocked]), isNew, ended }
  } catch (error) {
    throw error instanceof SkeinError ? error : storageFailed(action, error)
  } finally {
    clearTimeout(timer)
  }
}

class IndexedDbStorage implements BlockStorage {
  readonly #name: string
  readonly #lost = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  readonly #listeners = new Set<() => void>()
  /** Between all that have a database of this name open; one never hears what it says itself. */
  readonly #others: BroadcastChannel
  #stage: Stage
  #reconnecting: Promise<Database> | null = null

  static async open(name: string): Promise<IndexedDbStorage> {
    const connected = await connect(name)
    const storage = new IndexedDbStorage(name, connected)
    storage.#watch(connected)
    return storage
  }

  private constructor(name: string, { db, ended }: Connected) {
    this.#name = name
    this.#stage = { name: 'open', db, ended }
    this.#others = new BroadcastChannel(`skein:blocks:${name}`)
    this.#others.onmessage = () => {
      for (const listener of [...this.#listeners]) listener()
    }
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** The one place that changes the stage. What is closed or lost stays so. */
  #become(stage: Stage): void {
    if (this.#stage.name !== 'open') return
    this.#stage = stage
    if (stage.name !== 'open') this.#others.close()
    if (stage.name === 'lost') this.#lost.abort(storageLost(stage.why))
  }

  /** Of a connection that was replaced meanwhile nothing follows. */
  #watch({ db, ended }: Connected): void {
    void ended.then((why) => {
      if (this.#stage.name === 'open' && this.#stage.db === db) this.#become({ name: 'lost', why })
    })
  }

  get #db(): Database {
    if (this.#stage.name === 'lost') throw storageLost(this.#stage.why)
    if (this.#stage.name === 'closed') throw storageClosed()
    return this.#stage.db
  }

  get(key: Uint8Array): Promise<Uint8Array | null> {
    return this.#run(async (db) => (await db.get('entries', exact(key))) ?? null)
  }

  last(from: Uint8Array, to: Uint8Array): Promise<StoredEntry | null> {
    const range = IDBKeyRange.bound(exact(from), exact(to))
    return this.#run(async (db) => {
      const cursor = await db.transaction('entries').store.openCursor(range, 'prev')
      return cursor === null ? null : entryOf(cursor.key, cursor.value)
    })
  }

  range(from: Uint8Array, to: Uint8Array, limit: number): Promise<readonly StoredEntry[]> {
    const range = IDBKeyRange.bound(exact(from), exact(to))
    return this.#run(async (db) => {
      const { store } = db.transaction('entries')
      // Of one transaction, so that both lists are of the same entries.
      const [keys, values] = await Promise.all([store.getAllKeys(range, limit), store.getAll(range, limit)])
      return keys.map((key, index) => entryOf(key, values[index] as Uint8Array))
    })
  }

  write(changes: readonly StorageChange[], { durability, expect = [] }: WriteOptions): Promise<boolean> {
    return this.#run(async (db) => {
      const transaction = db.transaction('entries', 'readwrite', { durability })
      const { store } = transaction
      // All are asked at once: to wait for the first takes as long as a small write.
      const found = expect.map(({ key }) => store.get(exact(key)))
      const requests = changes.map(({ key, value }) =>
        value === null ? store.delete(exact(key)) : store.put(exact(value), exact(key)),
      )
      const all = [...found, ...requests, transaction.done]
      // Handled here, since a request that fails is told of first, and by it alone nobody knows that nothing was written.
      const settled = Promise.allSettled(all)
      const values = await Promise.all(found)
      if (!expect.every(({ value }, at) => isValue(values[at] ?? null, value))) {
        transaction.abort()
        await settled
        return false
      }
      await Promise.all(all)
      // What was begun before it was closed is done, and the channel is not there any more.
      if (this.#stage.name === 'open') this.#others.postMessage(null)
      return true
    })
  }

  onForeignWrite(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #run<Value>(work: (db: Database) => Promise<Value>): Promise<Value> {
    const running = this.#attempt(work)
    const settled = running.then(
      () => undefined,
      () => undefined,
    )
    this.#running.add(settled)
    try {
      return await running
    } catch (error) {
      if (ABORTED.includes(nameOf(error))) await this.#ending()
      throw this.#typed(error)
    } finally {
      this.#running.delete(settled)
    }
  }

  async #attempt<Value>(work: (db: Database) => Promise<Value>): Promise<Value> {
    const db = this.#db
    try {
      return await work(db)
    } catch (error) {
      // Safari closes connections of pages in the background without a word; no transaction can begin then, so nothing was done.
      if (nameOf(error) !== 'InvalidStateError' || this.#stage.name !== 'open') throw error
      return work(await this.#reconnect(db))
    }
  }

  /** Once for all that found the connection closed. */
  #reconnect(old: Database): Promise<Database> {
    if (this.#db !== old) return Promise.resolve(this.#db)
    this.#reconnecting ??= this.#replace().finally(() => (this.#reconnecting = null))
    return this.#reconnecting
  }

  async #replace(): Promise<Database> {
    const connected = await connect(this.#name)
    const { db, ended, isNew } = connected
    this.#become(isNew ? { name: 'lost', why: 'it was deleted' } : { name: 'open', db, ended })
    if (this.#stage.name === 'open') this.#watch(connected)
    else connected.db.close()
    return this.#db
  }

  /** Resolves when the connection is gone, or it is plain that it stays. */
  async #ending(): Promise<void> {
    if (this.#stage.name !== 'open') return
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ENDING_MS)))
    await Promise.race([this.#stage.ended, late])
    clearTimeout(timer)
  }

  #typed(error: unknown): SkeinError {
    if (this.#stage.name === 'lost') return storageLost(this.#stage.why, error)
    if (error instanceof SkeinError) return error
    if (nameOf(error) === 'QuotaExceededError') return storageFull(error)
    return storageFailed('storage could not be used', error)
  }

  async close(): Promise<void> {
    const stage = this.#stage
    this.#become({ name: 'closed' })
    if (stage.name === 'open') stage.db.close()
    await Promise.all(this.#running)
  }
}

const entryOf = (key: BufferSource | IDBValidKey, value: Uint8Array): StoredEntry => ({
  key: new Uint8Array(key as ArrayBuffer),
  value,
})

/**
 * Opens the IndexedDB database of this name, and makes it when there is none; without a name, the one that all logs share which name none. Rejects
 * `storage-failed` where nothing can be kept, and `storage-blocked` while an older page stands in the way.
 */
export const openBlocks = (name: string = DATABASE): Promise<BlockStorage> => IndexedDbStorage.open(name)
