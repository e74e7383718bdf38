/** Over how long the rate is taken: long enough to be steady, short enough to follow a change of path. */
const WINDOW_MS = 3_000
/** Below this a rate says nothing. */
const LEAST_MS = 200

/** How far a file has come. */
export interface TransferProgress {
  /** Of the file, from its beginning: what was there before a resumption counts. */
  readonly bytes: number
  /** `null` when unknown. */
  readonly size: number | null
  /** Bytes a second, over the last three seconds. */
  readonly rate: number
  /** `null` while that is unknown: without a size, or while nothing moves. */
  readonly secondsLeft: number | null
}

/** Makes a rate of readings that never go back. */
export class ProgressMeter {
  readonly #size: number | null
  readonly #readings: { readonly atMs: number; readonly bytes: number }[] = []
  #bytes = 0

  constructor(size: number | null) {
    this.#size = size
  }

  /** Begins at `bytes`, which were not transferred now. */
  start(bytes: number, nowMs: number): void {
    this.#readings.length = 0
    this.#bytes = bytes
    this.#readings.push({ atMs: nowMs, bytes })
  }

  /** To be called ten times a second at most: each reading of the last seconds is kept. */
  read(bytes: number, nowMs: number): void {
    this.#bytes = Math.max(this.#bytes, bytes)
    this.#readings.push({ atMs: nowMs, bytes: this.#bytes })
    this.#forget(nowMs)
  }

  progress(nowMs: number): TransferProgress {
    const rate = this.#rate(nowMs)
    const left = this.#size === null ? null : Math.max(0, this.#size - this.#bytes)
    const secondsLeft = left === null ? null : left === 0 ? 0 : rate > 0 ? left / rate : null
    return { bytes: this.#bytes, size: this.#size, rate, secondsLeft }
  }

  /** What came before the window, but for the last of it. */
  #forget(nowMs: number): void {
    while ((this.#readings[1]?.atMs ?? Infinity) <= nowMs - WINDOW_MS) this.#readings.shift()
  }

  #rate(nowMs: number): number {
    this.#forget(nowMs)
    const first = this.#readings[0]
    if (first === undefined || nowMs - first.atMs < LEAST_MS) return 0
    return ((this.#bytes - first.bytes) * 1_000) / (nowMs - first.atMs)
  }
}
