import { compareBytes, equalBytes } from '../util/bytes.js'
import {
  isValue,
  storageClosed,
  storageFull,
  storageLost,
  type BlockStorage,
  type StorageChange,
  type StoredEntry,
} from './block-storage.js'

/** What stays of a storage in memory when it is closed, and goes with the last reference to it. */
export class MemoryPlace {
  readonly #entries: StoredEntry[] = []
  readonly #open = new Set<MemoryStorage>()
  readonly #maxBytes: number
  #bytes = 0

  /** Keys and values together, beyond which it is full. */
  constructor(maxBytes = Infinity) {
    this.#maxBytes = maxBytes
  }

  /** Keys and values that are kept. */
  get bytes(): number {
    return this.#bytes
  }

  open(): BlockStorage {
    const storage = new MemoryStorage(this, () => this.#open.delete(storage))
    this.#open.add(storage)
    return storage
  }

  /** As when a user clears what a page keeps: all is gone, for those too that have it open. */
  destroy(): void {
    this.#entries.length = 0
    this.#bytes = 0
    for (const storage of this.#open) storage.lose()
  }

  /** Tells all others of what this one wrote. */
  tell(writer: BlockStorage): void {
    for (const storage of this.#open) if (storage !== writer) queueMicrotask(() => storage.hear())
  }

  /** Where this key is, or would be. */
  at(key: Uint8Array): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes((this.#entries[middle] as StoredEntry).key, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  entry(index: number): StoredEntry | null {
    const entry = this.#entries[index]
    return entry === undefined ? null : { key: entry.key.slice(), value: entry.value.slice() }
  }

  find(key: Uint8Array): Uint8Array | null {
    const entry = this.entry(this.at(key))
    return entry !== null && equalBytes(entry.key, key) ? entry.value : null
  }

  apply(changes: readonly StorageChange[]): void {
    const added = changes.reduce((sum, { key, value }) => sum + sizeOf(key, value) - sizeOf(key, this.find(key)), 0)
    if (added > 0 && this.#bytes + added > this.#maxBytes)
      throw storageFull(new Error(`${this.#maxBytes} bytes are taken`))
    this.#bytes += added
    for (const { key, value } of changes) {
      const at = this.at(key)
      const isThere = this.find(key) !== null
      const entries = value === null ? [] : [{ key: key.slice(), value: value.slice() }]
      this.#entries.splice(at, isThere ? 1 : 0, ...entries)
    }
  }
}

const sizeOf = (key: Uint8Array, value: Uint8Array | null): number => (value === null ? 0 : key.length + value.length)

type Stage = { readonly name: 'open' } | { readonly name: 'ended'; readonly error: () => Error }

/** Done within the call, but told of later, as on a device. */
class MemoryStorage implements BlockStorage {
  readonly #place: MemoryPlace
  readonly #closed: () => void
  readonly #lost = new AbortController()
  readonly #listeners = new Set<() => void>()
  #stage: Stage = { name: 'open' }

  constructor(place: MemoryPlace, closed: () => void) {
    this.#place = place
    this.#closed = closed
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  lose(): void {
    const error = (): Error => storageLost('it was cleared')
    this.#stage = { name: 'ended', error }
    this.#lost.abort(error())
  }

  get(key: Uint8Array): Promise<Uint8Array | null> {
    return this.#use((place) => place.find(key))
  }

  last(from: Uint8Array, to: Uint8Array): Promise<StoredEntry | null> {
    return this.#use((place) => {
      const at = place.at(to)
      const here = place.entry(at)
      const entry = here !== null && equalBytes(here.key, to) ? here : place.entry(at - 1)
      return entry !== null && compareBytes(entry.key, from) >= 0 ? entry : null
    })
  }

  range(from: Uint8Array, to: Uint8Array, limit: number): Promise<readonly StoredEntry[]> {
    return this.#use((place) => {
      const entries: StoredEntry[] = []
      for (let at = place.at(from); entries.length < limit; at++) {
        const entry = place.entry(at)
        if (entry === null || compareBytes(entry.key, to) > 0) break
        entries.push(entry)
      }
      return entries
    })
  }

  write(
    changes: readonly StorageChange[],
    { expect = [] }: { readonly expect?: readonly StorageChange[] | undefined },
  ): Promise<boolean> {
    return this.#use((place) => {
      if (!expect.every(({ key, value }) => isValue(place.find(key), value))) return false
      place.apply(changes)
      place.tell(this)
      return true
    })
  }

  onForeignWrite(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  hear(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #use<Value>(work: (place: MemoryPlace) => Value): Promise<Value> {
    return new Promise((resolve) => {
      if (this.#stage.name === 'ended') throw this.#stage.error()
      resolve(work(this.#place))
    })
  }

  close(): Promise<void> {
    if (this.#stage.name === 'open') this.#stage = { name: 'ended', error: storageClosed }
    this.#closed()
    return Promise.resolve()
  }
}
