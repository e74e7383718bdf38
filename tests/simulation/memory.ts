/** Entries of one kind; a world that runs for minutes forgets the oldest half, not everything. */
const MAX_ENTRIES = 20_000

/** Remembers values by their keys, at most so many at a time. */
export class Memory<Value> {
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= MAX_ENTRIES / 2) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  getOr(key: string, compute: () => Value): Value {
    const known = this.get(key)
    if (known !== undefined) return known
    const value = compute()
    this.set(key, value)
    return value
  }
}

/** Bytes as a key of a map. */
export const text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
