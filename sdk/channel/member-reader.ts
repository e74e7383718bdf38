import { SkeinError } from '../errors.js'
import type { MemberStream, StreamMessage, StreamReader } from '../mesh/streams.js'
import { decodeChannelFrame, type ChannelFrame, type RequestFrame } from '../protocol/channel-frames.js'
import { DecodeError } from '../protocol/decode-error.js'
import { STREAM_MODE } from '../protocol/streams.js'
import type { Answering, Running } from './answering.js'
import type { Asking } from './asking.js'
import { InOrder } from './in-order.js'
import { MAX_WAITING_BYTES, MAX_WAITING_ITEMS } from './limits.js'
import type { Line } from './line.js'
import { createInvalid, type Checked } from './standard-schema.js'
import { StreamGate } from './stream-gate.js'

/** Where what a member sends goes to. */
export interface Destination {
  readonly asking: Asking
  readonly answering: Answering
  /** That of the channel of this name that is open here now. */
  find(name: string): Line | undefined
  invalid(line: Line, from: string, error: SkeinError): void
}

/**
 * Reads one stream of a member. It holds no channel: one of that name may be made, closed and made again meanwhile. What
 * waits for its validation waits here, in order, and is as bounded as what waits in an iterator.
 */
export class MemberReader implements StreamReader {
  readonly #stream: MemberStream
  readonly #destination: Destination
  readonly #gate: StreamGate
  readonly #order = new InOrder<Checked>()
  /** Ids ascend along a stream: what does not go beyond was there before. */
  #lastRequest = -1
  #isLost = false
  readonly #onOver: () => void

  /** `onOver`: nothing more comes. */
  constructor(stream: MemberStream, destination: Destination, onOver: () => void) {
    this.#stream = stream
    this.#destination = destination
    this.#onOver = onOver
    this.#gate = new StreamGate(stream)
  }

  message({ to, bytes, end }: StreamMessage): void {
    if (end) this.#onOver()
    // Says nothing but that the stream is over.
    if (end && bytes.length === 0) return
    const { name } = this.#stream
    const line = this.#destination.find(name)
    try {
      this.#handle(line, decodeChannelFrame(bytes), to)
    } catch (cause) {
      if (line !== undefined) this.#invalid(line, cause)
    }
  }

  #handle(line: Line | undefined, frame: ChannelFrame, to: StreamMessage['to']): void {
    const { from } = this.#stream
    const { asking, answering } = this.#destination
    switch (frame.type) {
      case 'value':
        return line === undefined ? undefined : this.#handleValue(line, frame.payload, frame.isToEach ? 'all' : to)
      case 'request':
        return this.#handleRequest(line, frame)
      case 'answer':
        return asking.handleAnswer(from, frame)
      case 'error':
        return asking.handleError(from, frame)
      case 'cancel':
        return answering.cancel(from, frame.id)
      case 'credit':
        return answering.grant(from, frame.id, frame.count)
    }
  }

  #handleValue(line: Line, payload: Uint8Array, to: StreamMessage['to']): void {
    const { from } = this.#stream
    const data = line.decode(payload)
    this.#takeValid(line, data, payload.length, (checked) => {
      if (checked.isValid) line.core.deliver({ from, data: checked.value, to }, payload.length, this.#gate)
      else this.#invalid(line, checked.cause)
    })
  }

  #handleRequest(line: Line | undefined, frame: RequestFrame): void {
    const { from, mode } = this.#stream
    if (mode !== STREAM_MODE.MESSAGES) throw new DecodeError('request on another kind of stream')
    if (frame.id <= this.#lastRequest) return
    this.#lastRequest = frame.id
    const running = this.#destination.answering.begin(line, from, frame)
    if (running !== null) this.#start(running, frame.payload)
  }

  #start(running: Running, payload: Uint8Array): void {
    const { line } = running
    const reject = (cause: unknown): void => {
      void this.#destination.answering.reject(running)
      this.#invalid(line, cause)
    }
    let value: unknown
    try {
      value = line.decode(payload)
    } catch (cause) {
      return reject(cause)
    }
    this.#takeValid(line, value, payload.length, (checked) => {
      if (checked.isValid) void this.#destination.answering.run(running, checked.value)
      else reject(checked.cause)
    })
  }

  #takeValid(line: Line, value: unknown, size: number, take: (checked: Checked) => void): void {
    this.#order.add(line.core.check(value), size, (checked) => {
      if (this.#isWithin(0.5)) this.#gate.release(this)
      if (!this.#isLost) take(checked)
    })
    if (this.#isWithin(1)) return
    // Values that may be lost make nobody wait.
    if (this.#gate.canWait) this.#gate.hold(this)
    else this.#order.dropFirst()
  }

  #isWithin(share: number): boolean {
    return this.#order.length <= MAX_WAITING_ITEMS * share && this.#order.size <= MAX_WAITING_BYTES * share
  }

  #invalid(line: Line, cause: unknown): void {
    const { from } = this.#stream
    const error =
      cause instanceof DecodeError
        ? new SkeinError('value-invalid', `message of "${from}" cannot be read: ${cause.reason}`, { cause })
        : createInvalid(`message of "${from}" was not taken`, cause)
    this.#destination.invalid(line, from, error)
  }

  lost(): void {
    this.#isLost = true
    this.#gate.lose()
    this.#onOver()
  }
}
