/** The time, handed in. */
export interface Timers {
  /** Milliseconds that never go back. */
  now(): number
  /** Calls `run` once, not sooner than in so many milliseconds, unless the function returned is called first. */
  setTimer(delayMs: number, run: () => void): () => void
}
