import type { MemberStream } from '../mesh/streams.js'
import { STREAM_MODE } from '../protocol/streams.js'

/** Pauses a member's stream for as long as anybody holds it. */
export class StreamGate {
  readonly #stream: MemberStream
  readonly #holders = new Set<object>()
  #isLost = false

  constructor(stream: MemberStream) {
    this.#stream = stream
  }

  /** Its sender waits while it is held. Else holding it has no effect. */
  get canWait(): boolean {
    const { mode } = this.#stream
    return mode === STREAM_MODE.MESSAGES || mode === STREAM_MODE.BULK
  }

  hold(holder: object): void {
    if (this.#isLost) return
    this.#holders.add(holder)
    if (this.#holders.size === 1) this.#stream.pause(true)
  }

  release(holder: object): void {
    if (this.#holders.delete(holder) && this.#holders.size === 0 && !this.#isLost) this.#stream.pause(false)
  }

  /** The stream is over. */
  lose(): void {
    this.#isLost = true
  }
}
