import type { MemberRecord } from '../../protocol/records.js'
import { isReliable, STREAM_MODE, type Opening, type StreamMode } from '../../protocol/streams.js'
import { Datagrams } from './datagrams.js'
import type { Submission, Unsettled } from './out-message.js'
import { Outbox, type OutboxTerms, type TreePosition } from './outbox.js'

/** What one member may have sent unacknowledged on one stream, in bytes, by the mode of that stream. */
const windowBytes: Readonly<Record<StreamMode, number>> = {
  [STREAM_MODE.MESSAGES]: 4_194_304,
  [STREAM_MODE.BULK]: 2_097_152,
  [STREAM_MODE.UNRELIABLE]: 65_536,
  [STREAM_MODE.LATEST]: 65_536,
}
/** The same until it is told otherwise, on streams that it opens: it may open many. */
const FIRST_WINDOW_BYTES = 262_144

export const windowOf = (opening: Opening | null): number => windowBytes[opening?.mode ?? STREAM_MODE.MESSAGES]

export const outgoingTerms = (opening: Opening | null, onAdmitted: (submission: Submission) => void): OutboxTerms => {
  const bytes = windowOf(opening)
  return { opening, windowBytes: bytes, firstCredit: opening === null ? bytes : FIRST_WINDOW_BYTES, onAdmitted }
}
/** Who says that it takes no more for now may keep others waiting for so long: any member could, without an end. */
const HELD_BACK_MS = 60_000
/** A relayed path may drop: without an answer for this long, or four round trips, one piece is sent again. */
const RESEND_LEAST_MS = 500
const RESEND_MOST_MS = 4_000
/** Who has not acknowledged for so long, beyond four round trips, is served from here and not by the tree. */
const TREE_PATIENCE_MS = 2_000
/** It is left to the tree again after a while, that doubles each time, if it is as far as the others. */
const TREE_AGAIN_MS = 1_000
const TREE_AGAIN_MOST_MS = 32_000

export interface OutgoingOptions {
  readonly terms: OutboxTerms
  /** A member's id. */
  readonly recipient: string
  readonly numbers: { nextPrivate: number }
  /** The first broadcast that this member is sent. */
  readonly nextBroadcast: number
}

/** When the tree is tried with a member that had to be served from here. */
interface TreePatience {
  readonly fromMs: number
  /** How long to wait the next time. */
  readonly againMs: number
}

/** What one member is sent of one stream of mine, for one pair epoch. */
export class Outgoing {
  readonly outbox: Outbox
  /** Where its count of private messages is kept. */
  readonly numbers: { nextPrivate: number }
  /** Of a stream that promises nothing. */
  readonly datagrams: Datagrams | null
  #isRefused = false
  /** Private messages from this number on came after the last broadcast. */
  privateSinceBroadcast: number
  #resendAtMs: number | null = null
  #resendDelayMs = RESEND_LEAST_MS
  /** Since when I wait for room at this member, or since it last acknowledged anything, whichever is later. */
  #waitingSinceMs: number | null = null
  /** It was given up on, and has not been heard of since: nobody waits for it a second time. */
  #isStalled = false
  /** `null` until it had to be served from here. */
  #tree: TreePatience | null = null
  /** An acknowledgement beyond this is of what the tree has brought. */
  #treeProvedAt = 0

  constructor({ terms, recipient, numbers, nextBroadcast }: OutgoingOptions) {
    const { opening } = terms
    this.numbers = numbers
    const isLatest = opening?.mode === STREAM_MODE.LATEST
    this.datagrams = opening === null || isReliable(opening.mode) ? null : new Datagrams(opening.stream, isLatest)
    this.privateSinceBroadcast = numbers.nextPrivate
    const [firstBroadcast, firstPrivate] = opening === null ? [0, 0] : [nextBroadcast, numbers.nextPrivate]
    this.outbox = new Outbox({ terms, recipient, firstBroadcast, firstPrivate })
  }

  get stream(): number {
    return this.outbox.stream
  }

  get mode(): StreamMode {
    return this.outbox.terms.opening?.mode ?? STREAM_MODE.MESSAGES
  }

  /** It takes nothing of this stream. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  /** It takes nothing from here on: lets go of everything. */
  refuse(): Unsettled[] {
    this.#isRefused = true
    this.datagrams?.clear()
    return this.outbox.clear()
  }

  /** Nothing is to be sent or awaited. */
  get isAtRest(): boolean {
    return this.outbox.isEmpty && !this.outbox.isWaiting && this.datagrams?.isEmpty !== false
  }

  /** When this member will have kept others waiting for too long; `null` while `isWaitedFor` is false. `isHere`: it is shown as a member. */
  stallAtMs(isWaitedFor: boolean, isHere: boolean, stallMs: number, nowMs: number): number | null {
    if (!isWaitedFor) {
      this.#waitingSinceMs = null
      return null
    }
    if (this.#isStalled) return nowMs
    this.#waitingSinceMs ??= nowMs
    const isExcused = this.outbox.isHeldBack && isHere
    return this.#waitingSinceMs + (isExcused ? Math.max(HELD_BACK_MS, stallMs) : stallMs)
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

  /** What was on its way may be lost: all is sent again, or one piece first. */
  changePath(isDetour: boolean): void {
    if (isDetour && this.outbox.unacknowledgedBytes > 0) {
      // The tree may lead through whoever has fallen silent.
      this.outbox.leaveTree()
      this.outbox.probe()
    } else this.outbox.rewind()
    this.#resendAtMs = null
    this.#resendDelayMs = RESEND_LEAST_MS
  }

  /** `false` when it acknowledges what was never sent. */
  acknowledge(ack: MemberRecord & { type: 'ack' }): boolean {
    const { acknowledgedBytes: before, isHeldBack } = this.outbox
    if (!this.outbox.acknowledge(ack.nextBroadcast, ack.nextPrivate, ack.offset, ack.credit)) return false
    const isMore = this.outbox.acknowledgedBytes > before
    if (this.#isStalled || isMore || (isHeldBack && !this.outbox.isHeldBack)) this.resume()
    // The same again says that what is missing there is still missing, whatever has come since.
    if (!isMore) return true
    this.#resendAtMs = null
    this.#resendDelayMs = RESEND_LEAST_MS
    if (this.outbox.isByTree && ack.nextBroadcast > this.#treeProvedAt) this.#tree = null
    return true
  }

  /** Leaves broadcasts to the tree, if it is time to. */
  joinTree(tree: TreePosition, nowMs: number): void {
    if (nowMs < (this.#tree?.fromMs ?? 0) || this.outbox.isByTree) return
    this.#treeProvedAt = this.outbox.admittedBroadcast + 1
    this.outbox.joinTree(tree)
  }

  #leaveTree(nowMs: number): void {
    if (!this.outbox.isByTree) return
    this.outbox.leaveTree()
    const waitMs = this.#tree?.againMs ?? TREE_AGAIN_MS
    this.#tree = { fromMs: nowMs + waitMs, againMs: Math.min(2 * waitMs, TREE_AGAIN_MOST_MS) }
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
