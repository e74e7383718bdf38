import { equalBytes } from '../../util/bytes.js'
import type { AllChunk, OneChunk } from '../../protocol/records.js'
import type { MessageKind } from '../events.js'
import { ProtocolViolation } from '../violation.js'

export interface InMessage {
  readonly to: 'all' | 'me'
  readonly kind: MessageKind
  readonly bytes: Uint8Array
}

interface Partial {
  readonly type: 'all' | 'one'
  readonly total: number
  readonly text: boolean
  buffer: Uint8Array
  received: number
}

/** Memory is taken as bytes arrive, never on a declared size alone. */
const FIRST_BUFFER_BYTES = 1_048_576
/** Every growth copies what is here. The system gives memory that nothing was written to no pages. */
const GROWTH = 4

/**
 * Puts one sender's messages together and lets them through in the order sent: broadcasts and private messages have
 * numbers of their own, and each names what it follows of the other kind. What is not next in order is dropped; its
 * sender still has it and sends it again.
 */
export class Inbox {
  readonly #maxBytes: number
  readonly #myTag: Uint8Array
  #nextBroadcast: number
  #nextPrivate: number
  #partial: Partial | null = null

  constructor(options: { maxBytes: number; myTag: Uint8Array; firstBroadcast: number; firstPrivate: number }) {
    this.#maxBytes = options.maxBytes
    this.#myTag = options.myTag
    this.#nextBroadcast = options.firstBroadcast
    this.#nextPrivate = options.firstPrivate
  }

  /** Where the sender stands: all before these numbers is here, and so much of the next message. */
  get position(): { nextBroadcast: number; nextPrivate: number; offset: number } {
    return {
      nextBroadcast: this.#nextBroadcast,
      nextPrivate: this.#nextPrivate,
      offset: this.#partial?.received ?? 0,
    }
  }

  /** Bytes held of a message that is not whole yet. */
  get heldBytes(): number {
    return this.#partial?.buffer.length ?? 0
  }

  /** The message that this chunk completes, or `null`. */
  accept(chunk: AllChunk | OneChunk): InMessage | null {
    if (chunk.number !== (chunk.type === 'all' ? this.#nextBroadcast : this.#nextPrivate)) return null
    if (this.#partial === null) return this.#begin(chunk)
    if (this.#partial.type !== chunk.type) return null
    return this.#append(this.#partial, chunk)
  }

  #begin(chunk: AllChunk | OneChunk): InMessage | null {
    if (!chunk.first || !this.#isNext(chunk)) return null
    if (chunk.total > this.#maxBytes) throw new ProtocolViolation('message above the limit')
    if (chunk.bytes.length === chunk.total) return this.#complete(chunk.type, chunk.text, chunk.bytes.slice())
    const buffer = new Uint8Array(Math.min(chunk.total, Math.max(FIRST_BUFFER_BYTES, chunk.bytes.length)))
    buffer.set(chunk.bytes)
    this.#partial = { type: chunk.type, total: chunk.total, text: chunk.text, buffer, received: chunk.bytes.length }
    return null
  }

  #append(partial: Partial, chunk: AllChunk | OneChunk): InMessage | null {
    const end = chunk.offset + chunk.bytes.length
    if (end > partial.total) throw new ProtocolViolation('chunk beyond its message')
    if (chunk.offset > partial.received || end <= partial.received) return null
    if (end > partial.buffer.length) {
      const grown = new Uint8Array(Math.min(partial.total, Math.max(end, partial.buffer.length * GROWTH)))
      grown.set(partial.buffer.subarray(0, partial.received))
      partial.buffer = grown
    }
    partial.buffer.set(chunk.bytes.subarray(partial.received - chunk.offset), partial.received)
    partial.received = end
    if (end < partial.total) return null
    this.#partial = null
    return this.#complete(partial.type, partial.text, partial.buffer)
  }

  #complete(type: 'all' | 'one', text: boolean, bytes: Uint8Array): InMessage {
    if (type === 'all') this.#nextBroadcast++
    else this.#nextPrivate++
    return { to: type === 'all' ? 'all' : 'me', kind: text ? 'text' : 'binary', bytes }
  }

  #isNext(chunk: AllChunk | OneChunk): boolean {
    if (chunk.type === 'one') return this.#nextBroadcast > chunk.afterBroadcast
    const mine = chunk.order.find((entry) => equalBytes(entry.tag, this.#myTag))
    return mine === undefined || this.#nextPrivate > mine.lastPrivate
  }
}
