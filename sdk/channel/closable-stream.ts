import type { DeliveryReport } from '../mesh/events.js'
import type { OwnStream, StreamSendOptions } from '../mesh/streams.js'

/** A stream of mine that knows whether anybody has heard of it. */
export class ClosableStream {
  readonly #stream: OwnStream
  #isUsed = false

  constructor(stream: OwnStream) {
    this.#stream = stream
  }

  send(to: string, bytes: Uint8Array, options?: StreamSendOptions): Promise<DeliveryReport | undefined> {
    this.#isUsed = true
    return this.#stream.send(to, bytes, options)
  }

  post(to: string, bytes: Uint8Array): void {
    this.#isUsed = true
    this.#stream.post(to, bytes)
  }

  /** Tells all that nothing follows. Members hold only so many streams open for each other, and would until this join ends. */
  end(): void {
    if (!this.#isUsed) return
    this.#isUsed = false
    this.#stream.send('all', new Uint8Array(0), { end: true }).catch(() => undefined)
    this.#stream.close()
  }
}
