import { MAX_MEMBER_FRAME_BYTES } from '../../protocol/limits.js'
import type { AllChunk, MemberRecord, OneChunk } from '../../protocol/records.js'
import type { Inbox, InMessage } from './inbox.js'
import { MESSAGE_COST, Outbox, type Submission } from './outbox.js'
import type { Receipt } from './receipt.js'

/** What one member may have sent unacknowledged, in bytes. */
export const WINDOW_BYTES = 4_194_304
/** What may still come after the first message that is held: all that was sent before its sender knew. */
const MAX_HELD_BYTES = WINDOW_BYTES + 2 * MAX_MEMBER_FRAME_BYTES
/** How long an acknowledgement waits for something to travel with. */
const ACK_DELAY_MS = 25
/** How much arrives before one is sent at once. */
const ACK_EVERY_BYTES = 262_144
/** A relayed path may drop: without an answer for this long, or four round trips, one piece is sent again. */
const RESEND_LEAST_MS = 500
const RESEND_MOST_MS = 4_000

export interface StreamHandlers {
  /** A submission has found room in the window. */
  readonly admitted: (submission: Submission) => void
  /** A message was handed to the application over there. */
  readonly acknowledged: (receipt: Receipt) => void
}

/** The message stream between me and one member, both ways, for one pair epoch. */
export class PeerStream {
  readonly outbox: Outbox
  inbox: Inbox
  readonly #held: InMessage[] = []
  #heldBytes = 0
  /** Where the sender stands as far as it may know: what is held was not handed to the application yet. */
  #heldFrom: Inbox['position'] | null = null
  /** Private messages from this number on came after the last broadcast. */
  privateSinceBroadcast: number
  #ackDueMs: number | null = null
  #receivedSinceAck = 0
  #resendAtMs: number | null = null
  #resendDelayMs = RESEND_LEAST_MS

  constructor(inbox: Inbox, firstPrivate: number, handlers: StreamHandlers) {
    this.inbox = inbox
    this.privateSinceBroadcast = firstPrivate
    this.outbox = new Outbox(WINDOW_BYTES, handlers.admitted, handlers.acknowledged)
  }

  receive(chunk: AllChunk | OneChunk, nowMs: number): InMessage | null {
    this.#receivedSinceAck += chunk.bytes.length
    const dueMs = this.#receivedSinceAck >= ACK_EVERY_BYTES ? nowMs : nowMs + ACK_DELAY_MS
    this.#ackDueMs = Math.min(this.#ackDueMs ?? Infinity, dueMs)
    return this.inbox.accept(chunk)
  }

  /** Whether whole messages wait for the member to be shown as here. Meanwhile it gets no credit. */
  get isHolding(): boolean {
    return this.#held.length > 0
  }

  /** `false` when the member goes on without credit, which is how it would fill my memory. */
  hold(message: InMessage): boolean {
    if (this.isHolding) this.#heldBytes += message.bytes.length + MESSAGE_COST
    this.#heldFrom ??= this.#before(message)
    this.#held.push(message)
    return this.#heldBytes <= MAX_HELD_BYTES
  }

  /** Where the inbox stood before it let this one through. */
  #before({ to }: InMessage): Inbox['position'] {
    const { nextBroadcast, nextPrivate } = this.inbox.position
    return to === 'all'
      ? { nextBroadcast: nextBroadcast - 1, nextPrivate, offset: 0 }
      : { nextBroadcast, nextPrivate: nextPrivate - 1, offset: 0 }
  }

  takeHeld(): InMessage[] {
    this.#heldBytes = 0
    this.#heldFrom = null
    return this.#held.splice(0)
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
    return { type: 'ack', stream: 0, ...(this.#heldFrom ?? this.inbox.position), credit }
  }

  /**
   * What was on its way by the old path may be lost with it, acknowledgements too. The new one is in order from its
   * first frame, so all is sent again from there.
   */
  changePath(nowMs: number): void {
    this.outbox.rewind()
    this.#resendAtMs = null
    this.#resendDelayMs = RESEND_LEAST_MS
    this.#ackDueMs = nowMs
  }

  /** `false` when it acknowledges what was never sent. */
  acknowledge(ack: MemberRecord & { type: 'ack' }): boolean {
    this.#resendAtMs = null
    this.#resendDelayMs = RESEND_LEAST_MS
    return this.outbox.acknowledge(ack.nextBroadcast, ack.nextPrivate, ack.offset, ack.credit)
  }

  /** Called while the path is relayed: when to look again, or `null` when nothing is unacknowledged. */
  resendAtMs(nowMs: number, rttMs: number | null): number | null {
    if (!this.outbox.isWaiting) {
      this.#resendAtMs = null
      return null
    }
    if (this.#resendAtMs === null) {
      this.#resendAtMs = nowMs + Math.max(this.#resendDelayMs, 4 * (rttMs ?? 0))
    } else if (nowMs >= this.#resendAtMs) {
      this.outbox.probe()
      this.#resendDelayMs = Math.min(this.#resendDelayMs * 2, RESEND_MOST_MS)
      this.#resendAtMs = null
      return null
    }
    return this.#resendAtMs
  }
}
