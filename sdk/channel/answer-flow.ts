import type { OwnStream } from '../mesh/streams.js'
import { sendCertain } from './certain.js'
import { MAX_ANSWER_BYTES } from './limits.js'

/**
 * The frames of one answer on their way to who asked. They follow each other without waiting for each to arrive, as far as memory goes, and
 * if any is lost, that is told.
 */
export class AnswerFlow {
  readonly #stream: Pick<OwnStream, 'send'>
  readonly #to: string
  readonly #lost: () => void
  readonly #sending = new Set<Promise<void>>()
  #bytes = 0
  /** Of the frame that is next. */
  number = 1

  /** `lost` is called once at most, and nothing is sent after that. */
  constructor(stream: Pick<OwnStream, 'send'>, to: string, lost: () => void) {
    this.#stream = stream
    this.#to = to
    this.#lost = lost
  }

  /** Resolves when there is room for another. */
  async send(frame: Uint8Array): Promise<void> {
    this.number++
    this.#bytes += frame.length
    const size = frame.length
    const sending = sendCertain(this.#stream, this.#to, frame).then((outcome) => {
      this.#sending.delete(sending)
      this.#bytes -= size
      if (outcome === 'lost') this.#lost()
    })
    this.#sending.add(sending)
    while (this.#bytes > MAX_ANSWER_BYTES) await Promise.race(this.#sending)
  }

  /** Resolves when all of it has arrived, or never will. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending)
  }
}
