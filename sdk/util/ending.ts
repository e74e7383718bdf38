/**
 * That something is over, and why, once: what an `AbortSignal` tells, for any number of listeners. (Node takes more than ten on a signal
 * for a leak, and says so.)
 */
export class Ending {
  readonly #listeners = new Set<() => void>()
  #end: { readonly reason: Error } | null = null

  /** `null` until it is over. */
  get reason(): Error | null {
    return this.#end?.reason ?? null
  }

  /** Idempotent: the first reason stays. */
  end(reason: Error): void {
    if (this.#end !== null) return
    this.#end = { reason }
    for (const listener of [...this.#listeners]) listener()
    this.#listeners.clear()
  }

  /** Calls `listener` when it is over, not at once; the result takes that back. Must not throw. */
  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
