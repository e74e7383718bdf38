/** Which counters of one key were met, `size` back from the highest. What is older counts as met. */
export class ReplayWindow {
  readonly #seen: Uint8Array
  #highest = -1

  constructor(size: number) {
    this.#seen = new Uint8Array(size)
  }

  isFresh(counter: number): boolean {
    if (counter > this.#highest) return true
    if (counter <= this.#highest - this.#seen.length) return false
    return this.#seen[counter % this.#seen.length] === 0
  }

  /** Call only for what has proved authentic, or a forger could move the window. */
  mark(counter: number): void {
    const size = this.#seen.length
    if (counter > this.#highest) {
      const skipped = Math.min(counter - this.#highest - 1, size)
      for (let i = 1; i <= skipped; i++) this.#seen[(counter - i) % size] = 0
      this.#highest = counter
    }
    this.#seen[counter % size] = 1
  }
}
