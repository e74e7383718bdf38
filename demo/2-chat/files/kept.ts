import { openDB, type DBSchema, type IDBPDatabase } from 'idb'

interface Schema extends DBSchema {
  pieces: {
    key: [file: string, position: number]
    value: { readonly bytes: ArrayBuffer; readonly keptAtMs: number }
    indexes: { keptAtMs: number }
  }
}

/** Whoever has not gone on with a file by then will not. */
const keepForMs = 24 * 3_600_000

const open = async (): Promise<IDBPDatabase<Schema>> => {
  const db = await openDB<Schema>('skein-chat-files', 1, {
    upgrade: (fresh) => {
      fresh.createObjectStore('pieces').createIndex('keptAtMs', 'keptAtMs')
    },
  })
  const old = IDBKeyRange.upperBound(Date.now() - keepForMs)
  for (const key of await db.getAllKeysFromIndex('pieces', 'keptAtMs', old)) await db.delete('pieces', key)
  return db
}

const rangeOf = (file: string): IDBKeyRange => IDBKeyRange.bound([file], [file, []])

/**
 * What has come of files that are not whole yet, kept by this browser so that they go on after a reload. Where nothing may
 * be kept, or no room is left, they begin anew: nothing here rejects.
 */
export class KeptPieces {
  #db: Promise<IDBPDatabase<Schema>> | null = null

  /** The beginning of this file, as far as it is kept without a gap; empty when nothing is. */
  async read(file: string): Promise<Blob> {
    return this.#use(async (db) => {
      const keys = await db.getAllKeys('pieces', rangeOf(file))
      const pieces = await db.getAll('pieces', rangeOf(file))
      const fitting: ArrayBuffer[] = []
      let size = 0
      for (const [index, { bytes }] of pieces.entries()) {
        if (keys[index]?.[1] !== size) continue
        fitting.push(bytes)
        size += bytes.byteLength
      }
      return new Blob(fitting)
    }, new Blob())
  }

  /** Once it resolves they outlast the page. */
  async add(file: string, position: number, piece: Blob): Promise<void> {
    await this.#use(async (db) => {
      await db.put('pieces', { bytes: await piece.arrayBuffer(), keptAtMs: Date.now() }, [file, position])
    }, undefined)
  }

  async forget(file: string): Promise<void> {
    await this.#use((db) => db.delete('pieces', rangeOf(file)), undefined)
  }

  async #use<Value>(work: (db: IDBPDatabase<Schema>) => Promise<Value>, otherwise: Value): Promise<Value> {
    try {
      return await work(await (this.#db ??= open()))
    } catch {
      return otherwise
    }
  }
}
