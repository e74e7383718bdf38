import type { Rung } from './ladder.js'

/** Room beyond what a rung needs before it is tried: estimates go up and down by as much. */
const MARGIN = 1.15
/** How long that room has to be there. */
const WAIT_MS = 5_000
/** What falls sooner after it rose has risen too soon, and waits twice as long the next time. */
const TOO_SOON_MS = 30_000
const MAX_WAIT_MS = 60_000

const fitting = (ladder: readonly Rung[], bitrate: number, margin: number): number =>
  ladder.findLastIndex((rung) => rung.minBitrate * margin <= bitrate)

/**
 * On which rung of its ladder one video stands for one recipient. Down at once, as what does not get through is seen; up only where
 * there has been room for a while, and where it was wrong, later.
 */
export class Climber {
  #ladder = ''
  #index = -1
  #roomSinceMs: number | null = null
  #roseMs = -Infinity
  #waitMs = WAIT_MS

  /** It stands on one, so that something is sent. */
  get isOn(): boolean {
    return this.#index >= 0
  }

  /** `null`: there is too little for any. On another ladder it finds its place at once. */
  climb(ladder: readonly Rung[], bitrate: number, nowMs: number): Rung | null {
    if (this.#isOther(ladder)) {
      this.#index = fitting(ladder, bitrate, 1)
      this.#roomSinceMs = null
    } else this.#move(fitting(ladder, bitrate, 1), fitting(ladder, bitrate, MARGIN), nowMs)
    return ladder[this.#index] ?? null
  }

  /** It is not wished: whenever it is again, it begins anew. */
  stop(): void {
    this.#ladder = ''
    this.#index = -1
    this.#roomSinceMs = null
  }

  #isOther(ladder: readonly Rung[]): boolean {
    const text = ladder.map((rung) => `${rung.scaleResolutionDownBy}@${rung.maxFramerate}`).join()
    const isOther = text !== this.#ladder
    this.#ladder = text
    return isOther
  }

  #move(fits: number, fitsWell: number, nowMs: number): void {
    if (fits < this.#index) {
      const isTooSoon = nowMs - this.#roseMs < TOO_SOON_MS
      this.#waitMs = isTooSoon ? Math.min(MAX_WAIT_MS, this.#waitMs * 2) : WAIT_MS
      this.#index = fits
    }
    if (fitsWell <= this.#index) {
      this.#roomSinceMs = null
      return
    }
    this.#roomSinceMs ??= nowMs
    if (nowMs - this.#roomSinceMs < this.#waitMs) return
    this.#index = fitsWell
    this.#roseMs = nowMs
    this.#roomSinceMs = null
  }
}
