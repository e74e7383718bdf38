import { onTestFinished } from 'vitest'
import { Log, type LogOptions, type ValueEncoding } from '../../../sdk/log/index.js'
import { createStorage, type LogStorage } from '../../../sdk/log/storage.js'
import { MemoryPlace } from '../../../sdk/platform/block-storage.memory.js'
import type { BlockStorage, StorageChange, StoredEntry, WriteOptions } from '../../../sdk/platform/block-storage.js'

/** A storage in memory that counts what is asked of it, and whose writes a test can hold up or fail. */
export class WatchedStorage implements BlockStorage {
  reads = 0
  readonly writes: { readonly changes: readonly StorageChange[]; readonly options: WriteOptions }[] = []
  opened = 0
  closed = 0
  /** Awaited before each write; what it rejects with is what the write does. */
  beforeWrite: () => Promise<void> = () => Promise.resolve()
  readonly #inner: BlockStorage
  readonly #isDeaf: boolean

  constructor(inner: BlockStorage, isDeaf: boolean) {
    this.#inner = inner
    this.#isDeaf = isDeaf
  }

  get lost(): AbortSignal {
    return this.#inner.lost
  }

  get(key: Uint8Array): Promise<Uint8Array | null> {
    this.reads++
    return this.#inner.get(key)
  }

  last(from: Uint8Array, to: Uint8Array): Promise<StoredEntry | null> {
    this.reads++
    return this.#inner.last(from, to)
  }

  range(from: Uint8Array, to: Uint8Array, limit: number): Promise<readonly StoredEntry[]> {
    this.reads++
    return this.#inner.range(from, to, limit)
  }

  async write(changes: readonly StorageChange[], options: WriteOptions): Promise<boolean> {
    await this.beforeWrite()
    this.writes.push({ changes, options })
    return this.#inner.write(changes, options)
  }

  onForeignWrite(listener: () => void): () => void {
    return this.#isDeaf ? () => undefined : this.#inner.onForeignWrite(listener)
  }

  close(): Promise<void> {
    this.closed++
    return this.#inner.close()
  }
}

export interface Device {
  readonly place: MemoryPlace
  readonly storage: LogStorage
  /** The storage that was opened last. */
  readonly watched: () => WatchedStorage
  readonly opened: () => number
  /** A log of this device, closed when the test is over. */
  readonly log: <Encoding extends ValueEncoding = 'utf-8'>(
    address?: Uint8Array | string | null,
    options?: LogOptions<Encoding>,
  ) => Log<Encoding>
}

/**
 * A device; with the `place` of another one, another page on it, or, if it `isDeaf`, another process of Node, which nothing tells of what others
 * write.
 */
export const createDevice = (place: MemoryPlace = new MemoryPlace(), { isDeaf = false } = {}): Device => {
  let watched: WatchedStorage | undefined
  let opened = 0
  const storage = createStorage(null, () => {
    opened++
    watched = new WatchedStorage(place.open(), isDeaf)
    return Promise.resolve(watched)
  })
  return {
    place,
    storage,
    watched: () => {
      if (watched === undefined) throw new Error('nothing was opened')
      return watched
    },
    opened: () => opened,
    log: <Encoding extends ValueEncoding = 'utf-8'>(
      address: Uint8Array | string | null = null,
      options: LogOptions<Encoding> = {},
    ) => {
      const log = new Log<Encoding>(address, { valueEncoding: 'utf-8' as Encoding, storage, ...options })
      onTestFinished(() => log.close())
      return log
    },
  }
}

export const keyOf = (log: { readonly key: Uint8Array | null }): Uint8Array => {
  if (log.key === null) throw new Error('the log is not open')
  return log.key
}

export const collect = async <Value>(values: AsyncIterable<Value>): Promise<Value[]> => {
  const all: Value[] = []
  for await (const value of values) all.push(value)
  return all
}

export const texts = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `text ${from + index}`)
