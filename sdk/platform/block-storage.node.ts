import { mkdir, stat, statfs } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { RootDatabase } from 'lmdb'
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

type Database = RootDatabase<Uint8Array, Uint8Array>

type Stage =
  | { readonly name: 'open'; readonly db: Database }
  | { readonly name: 'lost'; readonly why: string }
  | { readonly name: 'closed' }

/** EIO, ENOSPC and EDQUOT of the system, and MDB_MAP_FULL: LMDB has an EIO for a write that the device took only a part of. */
const EIO = 5
const FULL: readonly unknown[] = [28, 122, -30_792]
/** With less than this left beside what was to be written, it is the device that is full. */
const SPARE_BYTES = 1_048_576

/** How long to wait for why a commit failed, once it has. */
const CAUSE_MS = 1_000

const action = 'storage could not be opened'

/** Looked up at each call: a process may set the variable after the import. */
const defaultFolder = (): string => join(process.env.SKEIN_HOME || join(homedir(), '.skein'), 'logs')

const fileOf = (folder: string): string => join(folder, 'data.mdb')

/** Which file this is, whatever is there under its name later; `null` when there is none. */
const identify = async (file: string): Promise<string | null> => {
  try {
    const { dev, ino } = await stat(file, { bigint: true })
    return `${dev}/${ino}`
  } catch {
    return null
  }
}

const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
/** LMDB takes Buffers for bytes, and nothing else. */
const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

class LmdbStorage implements BlockStorage {
  readonly #folder: string
  readonly #file: string | null
  readonly #lost = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  #stage: Stage

  static async open(folder: string): Promise<LmdbStorage> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const { open } = await import('lmdb')
      const db: Database = open({
        path: folder,
        noSubdir: false,
        encoding: 'binary',
        keyEncoding: 'binary',
        // It gathers what is written without a transaction, which nothing is here, and its promise for that is handed to
        // nobody: where a commit fails it ends the process as a rejection that is not handled.
        eventTurnBatching: false,
      })
      return new LmdbStorage(folder, await identify(fileOf(folder)), db)
    } catch (error) {
      throw storageFailed(action, error)
    }
  }

  private constructor(folder: string, file: string | null, db: Database) {
    this.#folder = folder
    this.#file = file
    this.#stage = { name: 'open', db }
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  get #db(): Database {
    if (this.#stage.name === 'lost') throw storageLost(this.#stage.why)
    if (this.#stage.name === 'closed') throw storageClosed()
    return this.#stage.db
  }

  get(key: Uint8Array): Promise<Uint8Array | null> {
    return this.#read((db) => {
      const value = db.get(buffer(key))
      return value === undefined ? null : plain(value)
    })
  }

  last(from: Uint8Array, to: Uint8Array): Promise<StoredEntry | null> {
    const range = { start: buffer(to), end: buffer(from), reverse: true, inclusiveEnd: true, limit: 1 }
    return this.#read((db) => entriesOf(db, range)[0] ?? null)
  }

  range(from: Uint8Array, to: Uint8Array, limit: number): Promise<readonly StoredEntry[]> {
    const range = { start: buffer(from), end: buffer(to), inclusiveEnd: true, limit }
    return this.#read((db) => entriesOf(db, range))
  }

  #read<Value>(work: (db: Database) => Value): Promise<Value> {
    return new Promise((resolve) => {
      const db = this.#db
      try {
        resolve(work(db))
      } catch (error) {
        throw storageFailed('storage could not be read', error)
      }
    })
  }

  async write(changes: readonly StorageChange[], options: WriteOptions): Promise<boolean> {
    const writing = this.#write(this.#db, changes, options)
    const settled = writing.then(
      () => undefined,
      () => undefined,
    )
    this.#running.add(settled)
    try {
      return await writing
    } catch (error) {
      throw await this.#typed(error, changes)
    } finally {
      this.#running.delete(settled)
    }
  }

  async #write(
    db: Database,
    changes: readonly StorageChange[],
    { durability, expect = [] }: WriteOptions,
  ): Promise<boolean> {
    const written = await db.transaction(() => {
      if (!expect.every(({ key, value }) => isValue(db.get(buffer(key)) ?? null, value))) return false
      for (const { key, value } of changes) {
        if (value === null) db.removeSync(buffer(key))
        else db.putSync(buffer(key), buffer(value))
      }
      return true
    })
    if (durability === 'strict') await db.flushed
    // What is written to a file that was deleted is gone with the process.
    if ((await identify(fileOf(this.#folder))) !== this.#file) this.#lose('its folder was deleted or replaced')
    return written
  }

  #lose(why: string): never {
    if (this.#stage.name === 'open') {
      const { db } = this.#stage
      this.#stage = { name: 'lost', why }
      this.#lost.abort(storageLost(why))
      void db.close().catch(() => undefined)
    }
    throw storageLost(why)
  }

  async #typed(error: unknown, changes: readonly StorageChange[]): Promise<SkeinError> {
    if (error instanceof SkeinError) return error
    const cause = await causeOf(error)
    const code = (cause as { readonly code?: unknown } | null)?.code
    const isFull = FULL.includes(code) || (code === EIO && (await this.#hasNoRoomFor(changes)))
    return isFull ? storageFull(cause) : storageFailed('storage could not be written', cause)
  }

  async #hasNoRoomFor(changes: readonly StorageChange[]): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.#folder).catch(() => ({ bavail: Infinity, bsize: 1 }))
    const needed = changes.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), SPARE_BYTES)
    return bavail * bsize < needed
  }

  onForeignWrite(): () => void {
    return () => {}
  }

  async close(): Promise<void> {
    if (this.#stage.name !== 'open') return
    const { db } = this.#stage
    this.#stage = { name: 'closed' }
    await Promise.all(this.#running)
    await db.close().catch(() => undefined)
  }
}

/**
 * A commit that failed rejects with an error that has the reason as a promise, which rejects too; or never settles, as far as
 * the code of LMDB can be read.
 */
const causeOf = async (error: unknown): Promise<unknown> => {
  const { commitError } = error as { readonly commitError?: Promise<unknown> }
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise((resolve) => (timer = setTimeout(resolve, CAUSE_MS, error)))
  try {
    return await Promise.race([commitError ?? error, late])
  } catch (cause) {
    return cause
  } finally {
    clearTimeout(timer)
  }
}

const entriesOf = (db: Database, range: Parameters<Database['getRange']>[0]): StoredEntry[] =>
  [...db.getRange(range)].map(({ key, value }) => ({ key: plain(key), value: plain(value) }))

/**
 * Opens the LMDB database in this folder, and makes it when there is none; without a folder, the one that all logs share which name none. Rejects
 * `storage-failed` where nothing can be kept.
 */
export const openBlocks = (folder: string = defaultFolder()): Promise<BlockStorage> => LmdbStorage.open(folder)
