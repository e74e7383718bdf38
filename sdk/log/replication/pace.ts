/** A peer is asked for what it brings within so long: enough for any round trip, and soon over where somebody else is to be asked. */
const AHEAD_MS = 2_500
/** Of one that has brought nothing yet. */
const FIRST_BYTES = 1_048_576

/** How fast a peer's answers come, counted in what blocks are expected to take. */
export class Pace {
  #bytesPerMs = FIRST_BYTES / AHEAD_MS

  get bytesPerMs(): number {
    return this.#bytesPerMs
  }

  get bytesAhead(): number {
    return this.#bytesPerMs * AHEAD_MS
  }

  /** An answer of so many bytes is whole, which was asked for when so many were to come, its own among them. */
  answered(bytes: number, bytesAhead: number, tookMs: number): void {
    const bytesPerMs = bytesAhead / Math.max(tookMs, 1)
    // Not faster than answers come, so that others who are as fast get their part.
    const most = this.#bytesPerMs + bytes / AHEAD_MS
    // What came soon may have been all that was asked for: it says nothing of how much could have come.
    if (tookMs > AHEAD_MS || bytesPerMs > this.#bytesPerMs) this.#bytesPerMs = Math.min(bytesPerMs, most)
  }
}
