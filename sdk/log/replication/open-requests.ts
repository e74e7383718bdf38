import type { Timing } from './port.js'
import { Violation } from './violation.js'

/** Without a sign of an answer for so long, somebody else is asked: three times what a phone takes to come out of a tunnel. */
const TIMEOUT_MS = 10_000

/**
 * What one peer was asked and has not answered, by id. It answers one request after the other, so that what comes for one is a sign of the
 * others, too: a way that is slow is not silent.
 */
export class OpenRequests {
  readonly #timing: Timing
  readonly #timers = new Map<number, () => void>()
  #nextId = 0
  #heardMs = -Infinity

  constructor(timing: Timing) {
    this.#timing = timing
  }

  get size(): number {
    return this.#timers.size
  }

  /**
   * The id of a request that is about to be sent. `late` is called after 10 s, and again as long as it is open; `isSilent` when the peer has answered
   * nothing for as long. `null` for one that is waited for however long that takes.
   */
  begin(late: ((isSilent: boolean) => void) | null): number {
    const id = this.#nextId++
    this.#timers.set(id, () => undefined)
    if (late !== null) this.#watch(id, this.#timing.now(), TIMEOUT_MS, late)
    return id
  }

  /** Something has come by this id. Throws a `Violation` for one that nothing was asked by. */
  heard(id: number): void {
    if (id >= this.#nextId) throw new Violation('an answer to nothing')
    this.#heardMs = this.#timing.now()
  }

  /** It is answered, or not waited for any more. */
  end(id: number): void {
    this.#timers.get(id)?.()
    this.#timers.delete(id)
  }

  #watch(id: number, sinceMs: number, ms: number, late: (isSilent: boolean) => void): void {
    const stopTimer = this.#timing.setTimer(ms, () => {
      const leftMs = Math.max(sinceMs, this.#heardMs) + TIMEOUT_MS - this.#timing.now()
      this.#watch(id, sinceMs, leftMs > 0 ? leftMs : TIMEOUT_MS, late)
      late(leftMs <= 0)
    })
    this.#timers.set(id, stopTimer)
  }
}
