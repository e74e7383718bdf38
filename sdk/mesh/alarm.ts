import type { Core } from './core.js'

/**
 * When a part that looks at every member has to look again. Ticks come many times as often, for other parts; in a large
 * group one look costs more than all else that a tick does.
 */
export class Alarm {
  readonly #core: Core
  #atMs = -Infinity

  constructor(core: Core) {
    this.#core = core
  }

  /** The earliest time asked for. */
  get atMs(): number {
    return this.#atMs
  }

  at(atMs: number): void {
    this.#atMs = Math.min(this.#atMs, atMs)
    if (atMs !== Infinity) this.#core.tickAt(atMs)
  }

  /** Whether it is time; if so, that is forgotten. */
  take(): boolean {
    if (this.#core.nowMs < this.#atMs) return false
    this.#atMs = Infinity
    return true
  }
}
