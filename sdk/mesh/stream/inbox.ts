import { equalBytes } from '../../util/bytes.js'
import { Queue } from '../../util/queue.js'
import type { AllChunk, OneChunk, OrderEntry } from '../../protocol/records.js'
import type { MessageKind } from '../events.js'
import { ProtocolViolation } from '../violation.js'
import { MESSAGE_COST } from './out-message.js'

export interface InMessage {
  readonly to: 'all' | 'me'
  readonly kind: MessageKind
  /** Its stream has ended with it. */
  readonly end: boolean
  readonly bytes: Uint8Array
}

interface Partial {
  readonly type: 'all' | 'one'
  readonly number: number
  readonly total: number
  readonly text: boolean
  readonly end: boolean
  buffer: Uint8Array
  received: number
}

/** What holds for all that I am sent. */
export interface InboxTerms {
  /** The largest message. */
  readonly maxBytes: number
  readonly myTag: Uint8Array
}

/** The first numbers that come. */
interface InboxStart {
  readonly firstBroadcast: number
  readonly firstPrivate: number
}

/** Memory is taken as bytes arrive, never on a declared size alone. */
const FIRST_BUFFER_BYTES = 1_048_576
/** What may wait for its turn: all that its sender may have on its way. */
const MAX_WAITING_BYTES = 4_194_304
/** What one chunk holds beside its bytes, so that small ones are not free: two objects and a buffer. */
const CHUNK_COST = 256
/** Every growth copies what is here. The system gives memory that nothing was written to no pages. */
const GROWTH = 4

/**
 * Puts one sender's messages together and lets them through in the order sent: broadcasts and private messages have
 * numbers of their own, and each names what it follows of the other kind. They may come by different ways, so what is
 * not next in order waits for its turn. What finds no room is dropped; its sender still has it and sends it again.
 */
export class Inbox {
  readonly #terms: InboxTerms
  #nextBroadcast: number
  #nextPrivate: number
  #partial: Partial | null = null
  /** Chunks that came before their turn, of each kind in the order that they came; `null` until the first. */
  #waiting: { readonly all: Queue<AllChunk>; readonly one: Queue<OneChunk> } | null = null
  #waitingBytes = 0
  #takenBytes = 0
  #isEnded = false

  constructor(terms: InboxTerms, { firstBroadcast, firstPrivate }: InboxStart) {
    this.#terms = terms
    this.#nextBroadcast = firstBroadcast
    this.#nextPrivate = firstPrivate
  }

  /** Where the sender stands: all before these numbers is here, and so much of the next message. */
  get position(): { nextBroadcast: number; nextPrivate: number; offset: number } {
    return {
      nextBroadcast: this.#nextBroadcast,
      nextPrivate: this.#nextPrivate,
      offset: this.#partial?.received ?? 0,
    }
  }

  /** Of the message that has begun, what is yet to come. */
  get missingBytes(): number {
    return this.#partial === null ? 0 : this.#partial.total - this.#partial.received
  }

  /** Grows with all that is taken in its turn, each message counted as its sender counts it. */
  get takenBytes(): number {
    return this.#takenBytes
  }

  /** Its last message has come through. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Bytes of what came before its turn. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Bytes held of a message that is not whole yet, and of what waits. */
  get heldBytes(): number {
    return (this.#partial?.buffer.length ?? 0) + this.#waitingBytes
  }

  /** Nothing before these numbers will come any more. Never goes back: the word may come again, by an older path. */
  skipTo(nextBroadcast: number, nextPrivate: number): void {
    this.#nextBroadcast = Math.max(this.#nextBroadcast, nextBroadcast)
    this.#nextPrivate = Math.max(this.#nextPrivate, nextPrivate)
    const partial = this.#partial
    if (partial === null) return
    if (partial.number < (partial.type === 'all' ? this.#nextBroadcast : this.#nextPrivate)) this.#partial = null
  }

  /** Whether all of it has come before. */
  has(chunk: AllChunk | OneChunk): boolean {
    return this.#standingOf(chunk) === 'past'
  }

  /**
   * The message that this chunk completes, or `null`. Those that it was waited for are to be had from `takeNext`. What
   * waits on all streams of the member together is bounded; without any word of it, there is this one alone.
   */
  accept(chunk: AllChunk | OneChunk, all: { readonly waitingBytes: number } = this): InMessage | null {
    const standing = this.#standingOf(chunk)
    if (standing === 'next') return this.#take(chunk)
    if (standing === 'early') this.#wait(chunk, all)
    return null
  }

  /** The next message that what has waited completes, or `null`. */
  takeNext(): InMessage | null {
    const waiting = this.#waiting
    if (waiting === null) return null
    for (;;) {
      const chunk = this.#takeWaiting(waiting.all) ?? this.#takeWaiting(waiting.one)
      if (chunk === null) return null
      const message = this.#take(chunk)
      if (message !== null) return message
    }
  }

  /** The first that waits, if its turn has come. Those whose turn is over are let go. */
  #takeWaiting<Chunk extends AllChunk | OneChunk>(waiting: Queue<Chunk>): Chunk | null {
    for (let first = waiting.first; first !== undefined; first = waiting.first) {
      const standing = this.#standingOf(first)
      if (standing === 'early') return null
      waiting.shift()
      this.#waitingBytes -= first.bytes.length + CHUNK_COST
      if (standing === 'next') return first
    }
    return null
  }

  #wait(chunk: AllChunk | OneChunk, all: { readonly waitingBytes: number }): void {
    const bytes = chunk.bytes.length + CHUNK_COST
    if (all.waitingBytes + bytes > MAX_WAITING_BYTES) return
    this.#waitingBytes += bytes
    this.#waiting ??= { all: new Queue(), one: new Queue() }
    // Its bytes, and those of its tags, are views of a frame that is not kept.
    if (chunk.type === 'one') return this.#waiting.one.push({ ...chunk, bytes: chunk.bytes.slice() })
    const mine = this.#orderOf(chunk)
    const order = mine === undefined ? [] : [{ ...mine, tag: this.#terms.myTag }]
    this.#waiting.all.push({ ...chunk, order, bytes: chunk.bytes.slice() })
  }

  /** Whether a chunk goes on from where its sender's messages stand, or something is to come before it. */
  #standingOf(chunk: AllChunk | OneChunk): 'past' | 'next' | 'early' {
    const next = chunk.type === 'all' ? this.#nextBroadcast : this.#nextPrivate
    if (chunk.number !== next) return chunk.number < next ? 'past' : 'early'
    const partial = this.#partial
    if (partial === null) return chunk.first && this.#isNext(chunk) ? 'next' : 'early'
    if (partial.type !== chunk.type) return 'early'
    const end = chunk.offset + chunk.bytes.length
    if (end > partial.total) throw new ProtocolViolation('chunk beyond its message')
    if (chunk.offset > partial.received) return 'early'
    return end <= partial.received ? 'past' : 'next'
  }

  #take(chunk: AllChunk | OneChunk): InMessage | null {
    return this.#partial === null ? this.#begin(chunk) : this.#append(this.#partial, chunk)
  }

  #begin(chunk: AllChunk | OneChunk): InMessage | null {
    if (chunk.total > this.#terms.maxBytes) throw new ProtocolViolation('message above the limit')
    if (this.#isEnded) throw new ProtocolViolation('goes on after its end')
    this.#takenBytes += chunk.bytes.length
    if (chunk.bytes.length === chunk.total) return this.#complete(chunk, chunk.bytes.slice())
    const buffer = new Uint8Array(Math.min(chunk.total, Math.max(FIRST_BUFFER_BYTES, chunk.bytes.length)))
    buffer.set(chunk.bytes)
    const { type, number, total, text, end } = chunk
    this.#partial = { type, number, total, text, end, buffer, received: chunk.bytes.length }
    return null
  }

  #append(partial: Partial, chunk: AllChunk | OneChunk): InMessage | null {
    const end = chunk.offset + chunk.bytes.length
    if (end > partial.buffer.length) {
      const grown = new Uint8Array(Math.min(partial.total, Math.max(end, partial.buffer.length * GROWTH)))
      grown.set(partial.buffer.subarray(0, partial.received))
      partial.buffer = grown
    }
    partial.buffer.set(chunk.bytes.subarray(partial.received - chunk.offset), partial.received)
    this.#takenBytes += end - partial.received
    partial.received = end
    if (end < partial.total) return null
    this.#partial = null
    return this.#complete(partial, partial.buffer)
  }

  #complete({ type, text, end }: Pick<Partial, 'type' | 'text' | 'end'>, bytes: Uint8Array): InMessage {
    this.#isEnded = end
    this.#takenBytes += MESSAGE_COST
    if (type === 'all') this.#nextBroadcast++
    else this.#nextPrivate++
    return { to: type === 'all' ? 'all' : 'me', kind: text ? 'text' : 'binary', end, bytes }
  }

  /** What it says of me. */
  #orderOf({ order }: AllChunk): OrderEntry | undefined {
    return order.find(({ tag }) => equalBytes(tag, this.#terms.myTag))
  }

  #isNext(chunk: AllChunk | OneChunk): boolean {
    if (chunk.type === 'one') return this.#nextBroadcast > chunk.afterBroadcast
    const mine = this.#orderOf(chunk)
    return mine === undefined || this.#nextPrivate > mine.lastPrivate
  }
}
