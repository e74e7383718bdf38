/** Waits that double with every failure. A part is random, or all who lost the same thing would try at the same moment. */
export interface Backoff {
  readonly baseMs: number
  readonly capMs: number
  /** How much of a wait is random: 1 is all of it. */
  readonly jitter: number
}

/** How many failures still make a difference; no wait doubles as often as that. */
export const MAX_FAILURES = 16

/** The wait after so many failures, in whole milliseconds. `random` is uniform in [0, 1). */
export const backoffMs = ({ baseMs, capMs, jitter }: Backoff, failures: number, random: number): number => {
  const ceilingMs = Math.min(capMs, baseMs * 2 ** failures)
  return Math.round(ceilingMs * (1 - jitter + jitter * random))
}
