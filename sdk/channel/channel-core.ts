import { MAX_CHANNEL_HEAD_BYTES, MAX_UNRELIABLE_VALUE_BYTES } from '../protocol/limits.js'
import type { SkeinError } from '../errors.js'
import { Emitter } from '../util/emitter.js'
import { encodeWith } from './codec.js'
import { MessageIterator } from './message-iterator.js'
import type { ChannelSettings } from './settings.js'
import { checkValue, type Checked } from './standard-schema.js'
import type { StreamGate } from './stream-gate.js'

/** What a channel brings. Whoever listens is given the same object. */
export interface ChannelMessage<Value = unknown> {
  /** The sender's member id. */
  readonly from: string
  readonly data: Value
  readonly to: 'all' | 'me'
}

export interface RequestContext {
  /** The requester's member id. */
  readonly from: string
  /** Aborts when the answer is not wanted any more: the requester gave up or left, or the channel was closed. */
  readonly signal: AbortSignal
}

/** May answer with a value, a promise of one, or an async iterable of several. */
export type RequestHandler<Value = unknown> = (value: Value, context: RequestContext) => unknown

/** A value on its way out: its bytes or why there are none, and whether it is valid. */
export interface Prepared {
  readonly payload: Uint8Array | SkeinError
  readonly checked: Checked | Promise<Checked>
}

/** What is behind one channel, joined or not: what its facade and those that read streams share. */
export class ChannelCore {
  readonly settings: ChannelSettings
  readonly emitter: Emitter<{ message: ChannelMessage }>
  readonly maxBytes: number
  handler: RequestHandler | null = null
  isClosed = false
  readonly #iterators = new Set<MessageIterator<ChannelMessage>>()

  constructor(settings: ChannelSettings, messageBytes: number, report: (error: unknown) => void) {
    this.settings = settings
    this.maxBytes = settings.isReliable ? messageBytes - MAX_CHANNEL_HEAD_BYTES : MAX_UNRELIABLE_VALUE_BYTES
    this.emitter = new Emitter(report)
  }

  /** Throws a `TypeError` for what cannot be carried. */
  prepare(action: string, value: unknown): Prepared {
    const payload = encodeWith(this.settings.codec, action, value, this.maxBytes)
    return { payload, checked: this.check(value) }
  }

  check(value: unknown): Checked | Promise<Checked> {
    return checkValue(this.settings.schema, value)
  }

  /** Hands on what a member sent. `size`: of its bytes; `gate`: of its stream. */
  deliver(message: ChannelMessage, size: number, gate: StreamGate): void {
    if (this.isClosed) return
    for (const iterator of [...this.#iterators]) iterator.push(message, size, gate)
    this.emitter.emit('message', message)
  }

  iterate(): MessageIterator<ChannelMessage> {
    const iterator: MessageIterator<ChannelMessage> = new MessageIterator(this.settings.isReliable, () => {
      this.#iterators.delete(iterator)
    })
    if (this.isClosed) iterator.end()
    else this.#iterators.add(iterator)
    return iterator
  }

  /** Nothing is delivered any more. */
  close(): void {
    this.isClosed = true
    this.handler = null
    this.emitter.clear()
    for (const iterator of this.#iterators) iterator.end()
    this.#iterators.clear()
  }
}
