import type { OwnStream } from '../mesh/streams.js'
import { encodeStreamEnd, type StreamEnd } from '../protocol/transfer-frames.js'
import { sendConfirmed } from './confirmed.js'

/** Messages that wait for room in the window: enough that it never runs empty, few enough to hold little. */
const MAX_IN_FLIGHT = 4

/** Sends bytes to one member on a stream of their own, at the pace at which it takes them. */
export class Outflow {
  readonly #stream: OwnStream
  readonly #to: string
  readonly #onFailed: (error: unknown) => void
  #inFlight = 0
  #failure: { readonly error: unknown } | null = null
  #hasBegun = false
  #isFinished = false
  #isGivenUp = false
  #waiters: (() => void)[] = []

  /** `onFailed`: it does not arrive, be it that all was sent. Called once at most, and not once it was given up. */
  constructor(stream: OwnStream, to: string, onFailed: (error: unknown) => void) {
    this.#stream = stream
    this.#to = to
    this.#onFailed = onFailed
  }

  /**
   * Resolves when there is room for more, or it was given up. Rejects with what has failed any of the messages so far. At
   * most 64,512 bytes, which are the stream's from here on.
   */
  push(bytes: Uint8Array): Promise<void> {
    this.#send(bytes, false)
    return this.#untilBelow(MAX_IN_FLIGHT)
  }

  /** Resolves when the window has taken the last, or it was given up; rejects as `push`. Nothing may be pushed after it. */
  finish(end: StreamEnd): Promise<void> {
    this.#send(encodeStreamEnd(end), true)
    this.#isFinished = true
    return this.#untilBelow(1)
  }

  /** Takes back what has not arrived and says so. Those who wait are let through. */
  giveUp(reason: string): void {
    if (this.#isGivenUp) return
    // Without its end a stream would stay open at the other side: one that is on its way goes on, and one that the other
    // side has never heard of needs none.
    if (this.#hasBegun && !this.#isFinished) {
      this.#stream.cut()
      this.#send(encodeStreamEnd({ type: 'given-up', reason }), true)
    }
    this.#isGivenUp = true
    this.#wake()
  }

  #send(bytes: Uint8Array, end: boolean): void {
    if (this.#isGivenUp) return
    const isFirst = !this.#hasBegun
    this.#hasBegun = true
    this.#inFlight++
    // A stream whose first message has arrived is not refused any more.
    const sending = isFirst
      ? sendConfirmed(this.#stream, this.#to, bytes, { end })
      : this.#stream.send(this.#to, bytes, { end })
    sending.then(
      () => this.#sent(),
      (error: unknown) => this.#failed(error),
    )
    if (end) this.#stream.close()
  }

  #sent(): void {
    this.#inFlight--
    this.#wake()
  }

  #failed(error: unknown): void {
    const isNews = this.#failure === null && !this.#isGivenUp
    if (isNews) this.#failure = { error }
    this.#sent()
    if (isNews) this.#onFailed(error)
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }

  async #untilBelow(count: number): Promise<void> {
    while (this.#inFlight >= count && this.#failure === null && !this.#isGivenUp) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
    if (this.#failure !== null) throw this.#failure.error
  }
}
