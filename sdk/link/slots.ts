/** So many things at a time, which may be more or less from one moment to the next; whoever comes then waits in line. */
export class Slots {
  readonly #limit: () => number
  readonly #waiting = new Set<() => void>()
  #taken = 0

  constructor(limit: () => number) {
    this.#limit = limit
  }

  /**
   * Calls `begin` when it is its turn: now, or later. The result ends it, whether it has begun or not, and lets the next
   * one begin; calling it again does nothing.
   */
  take(begin: () => void): () => void {
    let state: 'waiting' | 'taken' | 'ended' = 'waiting'
    const start = (): void => {
      state = 'taken'
      this.#taken++
      begin()
    }
    if (this.#taken < this.#limit()) start()
    else this.#waiting.add(start)
    return () => {
      if (state === 'waiting') this.#waiting.delete(start)
      if (state === 'taken') this.#release()
      state = 'ended'
    }
  }

  #release(): void {
    this.#taken--
    for (const next of this.#waiting) {
      if (this.#taken >= this.#limit()) return
      this.#waiting.delete(next)
      next()
    }
  }
}
