import { MAX_MEMBER_FRAME_BYTES } from '../../protocol/limits.js'
import type { AllChunk, Datagram, MemberRecord, OneChunk } from '../../protocol/records.js'
import { isReliable, MESSAGE_STREAM, STREAM_MODE, type Opening } from '../../protocol/streams.js'
import type { Peer } from '../peer.js'
import { ReplayWindow } from '../session/replay-window.js'
import { ProtocolViolation } from '../violation.js'
import type { Inbox, InMessage } from './inbox.js'
import { MESSAGE_COST } from './out-message.js'
import { windowOf } from './outgoing.js'

/** What may still come once no more is to come: frames that were under way, beyond the window. */
const SLACK_BYTES = 2 * MAX_MEMBER_FRAME_BYTES
/** Datagrams remembered: relays may bring one twice. */
const MET_DATAGRAMS = 256
/** How long an acknowledgement waits for something to travel with. */
const ACK_DELAY_MS = 25
/** How much arrives before one is sent at once. */
const ACK_EVERY_BYTES = 262_144
/** Acknowledgements of what comes by the tree, where they must be routed, go four times a second. */
const ROUTED_ACK_DELAY_MS = 250

/** Whole messages of a member that is not shown as here yet. */
interface Held {
  readonly messages: InMessage[]
  /** Beyond the first. */
  bytes: number
  /** Where the sender stands as far as it may know: what is held was not handed to the application yet. */
  readonly from: Inbox['position']
}

/** What one member sends me on one stream, for one pair epoch. */
export class Incoming {
  readonly peer: Peer
  /** `null` of the message stream. */
  readonly opening: Opening | null
  inbox: Inbox
  /** How far the inbox may get before another message begins, while the application takes no more for now; `null` while it does. */
  #pausedLimit: number | null = null
  #met: { readonly window: ReplayWindow; readonly newest: Record<Datagram['to'], number> } | null = null
  #held: Held | null = null
  #ackDueMs: number | null = null
  #receivedSinceAck = 0

  constructor(peer: Peer, opening: Opening | null, inbox: Inbox) {
    this.peer = peer
    this.opening = opening
    this.inbox = inbox
  }

  /** The sender's name for it. */
  get stream(): number {
    return this.opening?.stream ?? MESSAGE_STREAM
  }

  /** Of a stream that promises nothing: whether this one was not met, or, where only the newest counts, is newer. */
  isFresh({ to, number }: Datagram): boolean {
    if (this.opening === null || isReliable(this.opening.mode) || this.isPaused) return false
    const { window, newest } = (this.#met ??= {
      window: new ReplayWindow(MET_DATAGRAMS),
      newest: { all: 0, one: 0 },
    })
    if (this.opening.mode === STREAM_MODE.LATEST) {
      // What is for all does not make what is for one old, nor the other way round.
      if (number <= newest[to]) return false
      newest[to] = number
      return true
    }
    if (!window.isFresh(number)) return false
    window.mark(number)
    return true
  }

  /** What it may send beyond what was acknowledged, when nothing speaks against it. */
  get windowBytes(): number {
    return windowOf(this.opening)
  }

  get isPaused(): boolean {
    return this.#pausedLimit !== null
  }

  /** The message that has begun still comes: a part of it would keep memory, and those who wait for that, for as long as this lasts. */
  pause(isPaused: boolean, nowMs: number): void {
    this.#pausedLimit = isPaused ? this.inbox.takenBytes + this.windowBytes + SLACK_BYTES : null
    this.oweAck(nowMs)
  }

  /** What is wanted of it now, as far as there is memory. */
  get wantedBytes(): number {
    return this.isPaused ? Math.min(this.inbox.missingBytes, this.windowBytes) : this.windowBytes
  }

  /** `isRouted`: by the tree, from a member that acknowledgements must be routed to. */
  receive(chunk: AllChunk | OneChunk, nowMs: number, isRouted: boolean): InMessage | null {
    this.#oweAckOf(chunk.bytes.length, nowMs, isRouted)
    // Before it is taken: what is taken is acknowledged.
    if (this.#isBeyondPause && !this.inbox.has(chunk)) throw new ProtocolViolation('goes on without credit')
    return this.inbox.accept(chunk, this.peer.streams ?? undefined)
  }

  get #isBeyondPause(): boolean {
    const { takenBytes, missingBytes } = this.inbox
    return missingBytes === 0 && takenBytes > (this.#pausedLimit ?? Infinity)
  }

  #oweAckOf(bytes: number, nowMs: number, isRouted: boolean): void {
    if (!isRouted) this.#receivedSinceAck += bytes
    const delayMs = isRouted ? ROUTED_ACK_DELAY_MS : ACK_DELAY_MS
    const dueMs = this.#receivedSinceAck >= ACK_EVERY_BYTES ? nowMs : nowMs + delayMs
    this.#ackDueMs = Math.min(this.#ackDueMs ?? Infinity, dueMs)
  }

  /** Whether whole messages wait for the member to be shown as here. Meanwhile it gets no credit. */
  get isHolding(): boolean {
    return this.#held !== null
  }

  /** `false` when the member goes on without credit, which is how it would fill my memory. */
  hold(message: InMessage): boolean {
    if (this.#held === null) {
      this.#held = { messages: [message], bytes: 0, from: this.#before(message) }
      return true
    }
    this.#held.messages.push(message)
    this.#held.bytes += message.bytes.length + MESSAGE_COST
    return this.#held.bytes <= this.windowBytes + SLACK_BYTES
  }

  /** Where the inbox stood before it let this one through. */
  #before({ to }: InMessage): Inbox['position'] {
    const { nextBroadcast, nextPrivate } = this.inbox.position
    return to === 'all'
      ? { nextBroadcast: nextBroadcast - 1, nextPrivate, offset: 0 }
      : { nextBroadcast, nextPrivate: nextPrivate - 1, offset: 0 }
  }

  takeHeld(): InMessage[] {
    const messages = this.#held?.messages ?? []
    this.#held = null
    return messages
  }

  /** When an acknowledgement must be on its way, if any is owed. */
  get ackDueMs(): number | null {
    return this.#ackDueMs
  }

  /** Owes one now: what may be sent has changed. */
  oweAck(nowMs: number): void {
    this.#ackDueMs = nowMs
  }

  takeAck(credit: number): MemberRecord {
    this.#ackDueMs = null
    this.#receivedSinceAck = 0
    return this.copyAck(credit)
  }

  /** The same, and it stays owed: this one may be lost. */
  copyAck(credit: number): MemberRecord {
    return { type: 'ack', stream: this.stream, ...this.handedOn, credit }
  }

  /** Where the sender stands with the application: without what is held. */
  get handedOn(): Inbox['position'] {
    return this.#held?.from ?? this.inbox.position
  }

  /** The sender has given up what came before these numbers. What is held of it may go too: it was never acknowledged. */
  skipTo(nextBroadcast: number, nextPrivate: number, nowMs: number): void {
    const { position } = this.inbox
    const isAhead = position.nextBroadcast > nextBroadcast || position.nextPrivate > nextPrivate
    if (!isAhead) this.takeHeld()
    this.inbox.skipTo(nextBroadcast, nextPrivate)
    this.oweAck(nowMs)
  }
}
