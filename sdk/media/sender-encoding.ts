/** What of an `RTCRtpSender` says how it encodes. */
export interface EncodingSender {
  getParameters(): RTCRtpSendParameters
  setParameters(parameters: RTCRtpSendParameters): Promise<void>
}

/** What is to hold of its one encoding; video has all of it, audio the rate. */
export interface WishedEncoding {
  readonly active?: boolean
  readonly maxBitrate: number
  readonly scaleResolutionDownBy?: number
  readonly maxFramerate?: number
}

const isLike = (encoding: RTCRtpEncodingParameters, wished: WishedEncoding): boolean =>
  (Object.keys(wished) as (keyof WishedEncoding)[]).every((name) => encoding[name] === wished[name])

/**
 * Has one sender encode as was wished last. Parameters are a transaction: while one is set, another one fails, so what comes meanwhile waits, and
 * of that only the newest counts.
 */
export class SenderEncoding {
  readonly #sender: EncodingSender
  #wished: WishedEncoding | null = null
  #isRunning = false
  #running: Promise<void> = Promise.resolve()

  constructor(sender: EncodingSender) {
    this.#sender = sender
  }

  /**
   * Resolves when it holds, or something newer does, or the engine does not take it: it is no part of a connection yet or any more, or its engine has no
   * such thing, as that of Node. Never rejects: then it sends as it did.
   */
  apply(wished: WishedEncoding): Promise<void> {
    this.#wished = wished
    if (!this.#isRunning) this.#running = this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (let wished = this.#take(); wished !== null; wished = this.#take()) {
      try {
        const parameters = this.#sender.getParameters()
        const [encoding] = parameters.encodings
        // None before the first negotiation.
        if (encoding === undefined || isLike(encoding, wished)) continue
        Object.assign(encoding, wished)
        await this.#sender.setParameters(parameters)
      } catch {
        // As said above; whatever is wished next is tried anew.
      }
    }
    // In the same step as the last look at what is wished, so that nothing falls between.
    this.#isRunning = false
  }

  #take(): WishedEncoding | null {
    const wished = this.#wished
    this.#wished = null
    return wished
  }
}
