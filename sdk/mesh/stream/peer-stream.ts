import { MAX_MEMBER_FRAME_BYTES } from '../../protocol/limits.js'
import type { AllChunk, MemberRecord, OneChunk } from '../../protocol/records.js'
import type { Inbox, InMessage } from './inbox.js'
import { MESSAGE_COST, Outbox, type Submission, type TreePosition, type Unsettled } from './outbox.js'

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
/** Acknowledgements of what comes by the tree, where they must be routed, go four times a second. */
const ROUTED_ACK_DELAY_MS = 250
/** Who has not acknowledged for so long, beyond four round trips, is served from here and not by the tree. */
const TREE_PATIENCE_MS = 2_000
/** It is left to the tree again after a while, that doubles each time, if it is as far as the others. */
const TREE_AGAIN_MS = 1_000
const TREE_AGAIN_MOST_MS = 32_000

/** The message stream between me and one member, both ways, for one pair epoch. */
export class PeerStream {
  readonly outbox: Outbox
  inbox: Inbox
  #held: InMessage[] | null = null
  #heldBytes = 0
  /** Where the sender stands as far as it may know: what is held was not handed to the application yet. */
  #heldFrom: Inbox['position'] | null = null
  /** Private messages from this number on came after the last broadcast. */
  privateSinceBroadcast: number
  #ackDueMs: number | null = null
  #receivedSinceAck = 0
  #resendAtMs: number | null = null
  #resendDelayMs = RESEND_LEAST_MS
  /** Since when I wait for room at this member, or since it last acknowledged anything, whichever is later. */
  #waitingSinceMs: number | null = null
  /** It was given up on, and has not been heard of since: nobody waits for it a second time. */
  #isStalled = false
  /** Since when the tree is to be tried again, and how long to wait the next time. */
  #treeFromMs = 0
  #treeAgainMs = TREE_AGAIN_MS
  /** An acknowledgement beyond this is of what the tree has brought. */
  #treeProvedAt = 0

  constructor(
    peer: { readonly id: string; readonly nextPrivate: number },
    inbox: Inbox,
    onAdmitted: (submission: Submission) => void,
  ) {
    this.inbox = inbox
    this.privateSinceBroadcast = peer.nextPrivate
    this.outbox = new Outbox(WINDOW_BYTES, peer.id, onAdmitted)
  }

  /** `isRouted`: by the tree, from a member that acknowledgements must be routed to. */
  receive(chunk: AllChunk | OneChunk, nowMs: number, isRouted: boolean): InMessage | null {
    this.#oweAckOf(chunk.bytes.length, nowMs, isRouted)
    return this.inbox.accept(chunk)
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
    if (this.isHolding) this.#heldBytes += message.bytes.length + MESSAGE_COST
    this.#heldFrom ??= this.#before(message)
    this.#held ??= []
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
    const held = this.#held ?? []
    this.#held = null
    this.#heldBytes = 0
    this.#heldFrom = null
    return held
  }

  /** Nothing is to be sent, awaited or acknowledged. */
  get isAtRest(): boolean {
    return this.#ackDueMs === null && this.outbox.isEmpty && !this.outbox.isWaiting
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
    return { type: 'ack', stream: 0, ...this.handedOn, credit }
  }

  /** Where the sender stands with the application: without what is held. */
  get handedOn(): Inbox['position'] {
    return this.#heldFrom ?? this.inbox.position
  }

  /** The sender has given up what came before these numbers. What is held of it may go too: it was never acknowledged. */
  skipTo(nextBroadcast: number, nextPrivate: number, nowMs: number): void {
    const { position } = this.inbox
    const isAhead = position.nextBroadcast > nextBroadcast || position.nextPrivate > nextPrivate
    if (!isAhead) this.takeHeld()
    this.inbox.skipTo(nextBroadcast, nextPrivate)
    this.oweAck(nowMs)
  }

  /** When this member will have kept others waiting for too long; `null` while `isWaitedFor` is false. */
  stallAtMs(isWaitedFor: boolean, stallMs: number, nowMs: number): number | null {
    if (!isWaitedFor) {
      this.#waitingSinceMs = null
      return null
    }
    if (this.#isStalled) return nowMs
    this.#waitingSinceMs ??= nowMs
    return this.#waitingSinceMs + stallMs
  }

  /** Lets go of all that it has not acknowledged; the next numbers are these. */
  stall(nextBroadcast: number, nextPrivate: number): Unsettled[] {
    this.#isStalled = true
    this.#waitingSinceMs = null
    return this.outbox.fail(nextBroadcast, nextPrivate)
  }

  /** It may be there again, or I was not there to hear it: it gets its whole time. */
  resume(): void {
    this.#isStalled = false
    this.#waitingSinceMs = null
  }

  /**
   * What was on its way by the old path may be lost with it, acknowledgements too. The new one is in order from its
   * first frame, so all is sent again from there; by a detour one piece, and the rest once that is answered.
   */
  changePath(nowMs: number, isDetour = false): void {
    if (isDetour && this.outbox.unacknowledgedBytes > 0) {
      // The tree may lead through whoever has fallen silent.
      this.outbox.leaveTree()
      this.outbox.probe()
    } else this.outbox.rewind()
    this.#resendAtMs = null
    this.#resendDelayMs = RESEND_LEAST_MS
    this.#ackDueMs = nowMs
  }

  /** `false` when it acknowledges what was never sent. */
  acknowledge(ack: MemberRecord & { type: 'ack' }): boolean {
    const before = this.outbox.acknowledgedBytes
    if (!this.outbox.acknowledge(ack.nextBroadcast, ack.nextPrivate, ack.offset, ack.credit)) return false
    const isMore = this.outbox.acknowledgedBytes > before
    if (this.#isStalled || isMore) this.resume()
    // The same again says that what is missing there is still missing, whatever has come since.
    if (!isMore) return true
    this.#resendAtMs = null
    this.#resendDelayMs = RESEND_LEAST_MS
    if (this.outbox.isByTree && ack.nextBroadcast > this.#treeProvedAt) this.#treeAgainMs = TREE_AGAIN_MS
    return true
  }

  /** Leaves broadcasts to the tree, if it is time to. */
  joinTree(tree: TreePosition, nowMs: number): void {
    if (nowMs < this.#treeFromMs || this.outbox.isByTree) return
    this.#treeProvedAt = this.outbox.admittedBroadcast + 1
    this.outbox.joinTree(tree)
  }

  #leaveTree(nowMs: number): void {
    if (!this.outbox.isByTree) return
    this.outbox.leaveTree()
    this.#treeFromMs = nowMs + this.#treeAgainMs
    this.#treeAgainMs = Math.min(2 * this.#treeAgainMs, TREE_AGAIN_MOST_MS)
  }

  /** Called while the path is relayed, or the tree is: when to look again, or `null` when nothing is unacknowledged. */
  resendAtMs(nowMs: number, rttMs: number | null): number | null {
    if (!this.outbox.isWaiting) {
      this.#resendAtMs = null
      return null
    }
    if (this.#resendAtMs === null) {
      const leastMs = this.outbox.isByTree ? TREE_PATIENCE_MS : this.#resendDelayMs
      this.#resendAtMs = nowMs + Math.max(leastMs, 4 * (rttMs ?? 0))
    } else if (nowMs >= this.#resendAtMs) {
      this.#leaveTree(nowMs)
      this.outbox.probe()
      this.#resendDelayMs = Math.min(this.#resendDelayMs * 2, RESEND_MOST_MS)
      this.#resendAtMs = null
      return null
    }
    return this.#resendAtMs
  }
}
