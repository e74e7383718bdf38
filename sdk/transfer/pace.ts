import type { TransferDeps } from './deps.js'

/** Ten a second. */
const LEAST_GAP_MS = 100

/** Calls `run` at once, but at most ten times a second: what is asked for in between is done once, when its time has come. */
export class Pace {
  readonly #deps: Pick<TransferDeps, 'now' | 'setTimer'>
  readonly #run: () => void
  #lastMs = -Infinity
  #cancelTimer: (() => void) | null = null

  constructor(deps: Pick<TransferDeps, 'now' | 'setTimer'>, run: () => void) {
    this.#deps = deps
    this.#run = run
  }

  ask(): void {
    if (this.#cancelTimer !== null) return
    const waitMs = this.#lastMs + LEAST_GAP_MS - this.#deps.now()
    if (waitMs <= 0) return this.#now()
    this.#cancelTimer = this.#deps.setTimer(waitMs, () => {
      this.#cancelTimer = null
      this.#now()
    })
  }

  /** Nothing is called any more until it is asked again. */
  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #now(): void {
    this.#lastMs = this.#deps.now()
    this.#run()
  }
}
