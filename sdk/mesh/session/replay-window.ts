/**
 * Which counters of one key were met, `size` back from the highest. What is older counts as met. Frames mostly come in
 * order, and there is one of these for every member of a group: as long as none is passed over, nothing but the highest is kept.
 */
export class ReplayWindow {
  readonly #size: number
  /** A bit for each; `null` while all up to the highest are met. */
  #met: Uint8Array | null = null
  #highest = -1

  /** `size` is a multiple of eight. */
  constructor(size: number) {
    this.#size = size
  }

  isFresh(counter: number): boolean {
    if (counter > this.#highest) return true
    if (counter <= this.#highest - this.#size || this.#met === null) return false
    return !has(this.#met, counter % this.#size)
  }

  /** Call only for what has proved authentic, or a forger could move the window. */
  mark(counter: number): void {
    if (this.#met === null) {
      if (counter <= this.#highest + 1) {
        this.#highest = Math.max(this.#highest, counter)
        return
      }
      this.#met = new Uint8Array(this.#size >> 3).fill(0xff)
    }
    const met = this.#met
    if (counter > this.#highest) {
      const skipped = Math.min(counter - this.#highest - 1, this.#size)
      for (let i = 1; i <= skipped; i++) set(met, (counter - i) % this.#size, false)
      this.#highest = counter
    }
    set(met, counter % this.#size, true)
  }
}

const has = (bits: Uint8Array, at: number): boolean => ((bits[at >> 3] as number) & (1 << (at & 7))) !== 0

const set = (bits: Uint8Array, at: number, isSet: boolean): void => {
  const byte = bits[at >> 3] as number
  bits[at >> 3] = isSet ? byte | (1 << (at & 7)) : byte & ~(1 << (at & 7))
}
