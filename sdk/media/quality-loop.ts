import type { Line } from './line.js'
import { QualityPlanner } from './quality.js'

/** Engines count anew about as often; and people notice no sooner that a picture is not good. */
const EVERY_MS = 1_000

export interface QualityLoopDeps {
  /** Those over which media go, either way. */
  readonly lines: () => readonly Line[]
  readonly now: () => number
  readonly setTimer: (delayMs: number, run: () => void) => () => void
  /** After each measurement, and after each change. */
  readonly reviewed: () => void
}

/**
 * Measures all links over which media go, and has each video encoded for each recipient as the planner says: once a second while there is one, and at
 * once when something has changed.
 */
export class QualityLoop {
  readonly #deps: QualityLoopDeps
  #planner = new QualityPlanner<Line, number>()
  #cancelTimer: (() => void) | null = null
  #isReviewing = false

  constructor(deps: QualityLoopDeps) {
    this.#deps = deps
  }

  /** Something is sent, shown or linked otherwise. */
  review(): void {
    // What changes in one task leads to one plan.
    if (this.#isReviewing) return
    this.#isReviewing = true
    void Promise.resolve().then(() => {
      this.#isReviewing = false
      this.#plan()
    })
  }

  /** Nobody is there any more. */
  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#planner = new QualityPlanner()
  }

  #plan(): void {
    const lines = this.#deps.lines()
    if (lines.length === 0) this.stop()
    else {
      const videos = new Map(lines.flatMap((line) => line.videos))
      const recipients = new Map(lines.map((line) => [line, line.recipient]))
      const plans = this.#planner.plan({ videos, recipients }, this.#deps.now())
      for (const [line, plan] of plans) line.encode(plan)
      this.#cancelTimer ??= this.#deps.setTimer(EVERY_MS, () => this.#measure())
    }
    this.#deps.reviewed()
  }

  #measure(): void {
    this.#cancelTimer = this.#deps.setTimer(EVERY_MS, () => this.#measure())
    const { lines, now } = this.#deps
    void Promise.all(lines().map((line) => line.measure(now))).then(() => this.#plan())
  }
}
