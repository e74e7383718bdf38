/**
 * A seeded generator (sfc32, seeded through a hash of its name). Streams forked under different names are independent,
 * so that drawing more numbers for one purpose changes nothing for the others.
 */
export class Random {
  readonly #name: string
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number | string) {
    this.#name = String(seed)
    const hash = hashText(this.#name)
    this.#a = hash()
    this.#b = hash()
    this.#c = hash()
    for (let i = 0; i < 12; i++) this.uint32()
  }

  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** At least 0 and below 1. */
  float(): number {
    return this.uint32() / 2 ** 32
  }

  /** At least `min` and below `max`. */
  between(min: number, max: number): number {
    return min + this.float() * (max - min)
  }

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.float() * (max - min + 1))
  }

  chance(probability: number): boolean {
    return this.float() < probability
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Cannot pick: the list is empty')
    return items[this.integer(0, items.length - 1)] as T
  }

  bytes(size: number): Uint8Array {
    const bytes = new Uint8Array(size)
    for (let i = 0; i < size; i += 4) {
      const word = this.uint32()
      bytes[i] = word
      if (i + 1 < size) bytes[i + 1] = word >>> 8
      if (i + 2 < size) bytes[i + 2] = word >>> 16
      if (i + 3 < size) bytes[i + 3] = word >>> 24
    }
    return bytes
  }

  fork(name: string): Random {
    return new Random(`${this.#name}/${name}`)
  }
}

/** FNV-1a over the text, then a finalizer that yields as many words as are asked for. */
const hashText = (text: string): (() => number) => {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return () => {
    state = (state + 0x9e3779b9) | 0
    let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
    return word ^ (word >>> 16)
  }
}
