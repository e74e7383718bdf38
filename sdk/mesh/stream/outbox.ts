import type { AllChunk, MemberRecord, OneChunk } from '../../protocol/records.js'
import { MESSAGE_STREAM, type Opening } from '../../protocol/streams.js'
import {
  chunkOf,
  costOf,
  fittingBytes,
  MESSAGE_COST,
  type OutMessage,
  type Submission,
  type Unsettled,
} from './out-message.js'
import { Prelude } from './prelude.js'

/** Acknowledged messages are let go together, so that few copies are made of the list; these many bytes may wait for it. */
const MAX_GONE_BYTES = 1_048_576
const MAX_GONE_ENTRIES = 1_024
/** How far the tree has carried what is for all: every broadcast before `number`, and `offset` bytes of that one. */
export interface TreePosition {
  readonly number: number
  readonly offset: number
}

const NOWHERE: TreePosition = { number: 0, offset: 0 }

/** What holds for a stream, whoever is sent it. */
export interface OutboxTerms {
  /** `null` for the message stream, which needs none. */
  readonly opening: Opening | null
  readonly windowBytes: number
  /** What may be sent before the recipient has said how much. */
  readonly firstCredit: number
  /** A submission has found room in the window. */
  readonly onAdmitted: (submission: Submission) => void
}

export interface OutboxOptions {
  readonly terms: OutboxTerms
  /** Whom receipts name. */
  readonly recipient: string
  readonly firstBroadcast?: number
  readonly firstPrivate?: number
}

/**
 * What one member has yet to acknowledge of the message stream, in the order sent. Kept until acknowledged; `rewind`
 * sends it again from the last acknowledged byte, which is what a change of path does: the new path is ordered from
 * its first frame, so the receiver never meets a gap that it would have to remember.
 */
export class Outbox {
  readonly terms: OutboxTerms
  readonly #recipient: string
  #entries: OutMessage[] = []
  /** Entries before `#head` are acknowledged; they have `#goneBytes`. */
  #head = 0
  #goneBytes = 0
  #headOffset = 0
  #sent = 0
  #sentOffset = 0
  #furthest = 0
  #furthestOffset = 0
  #admitted = 0
  #ackedTotal = 0
  #sentTotal = 0
  #admittedTotal = 0
  #credit: number
  /** The recipient has said that it takes no more for now. */
  #isHeldBack = false
  #isByTree = false
  #tree = NOWHERE
  #admittedBroadcast = 0
  /** Acknowledged, or failed, before these numbers. */
  #nextBroadcast = 0
  #nextPrivate = 0
  /** Failed for good before these numbers, which a stream that is started anew must not begin below. */
  #failedBroadcast = 0
  #failedPrivate = 0
  readonly #prelude: Prelude
  #isEnded = false

  constructor({ terms, recipient, firstBroadcast = 0, firstPrivate = 0 }: OutboxOptions) {
    this.terms = terms
    this.#recipient = recipient
    this.#prelude = new Prelude(terms.opening)
    this.#credit = terms.firstCredit
    this.#nextBroadcast = firstBroadcast
    this.#nextPrivate = firstPrivate
  }

  get stream(): number {
    return this.terms.opening?.stream ?? MESSAGE_STREAM
  }

  /** Its last message was acknowledged. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Its last message is in line, and was not acknowledged. */
  get isEnding(): boolean {
    return !this.isEmpty && this.#entries.at(-1)?.end === true
  }

  get isEmpty(): boolean {
    return this.#head === this.#entries.length
  }

  /** The recipient has said that it knows of the stream. */
  get isOpen(): boolean {
    return this.#prelude.isOpen
  }

  /** Only an acknowledgement can change anything: something is on its way, or may not be sent for want of credit. */
  get isWaiting(): boolean {
    if (this.#sentTotal > this.#ackedTotal || this.#prelude.isSent || this.isPreludeDue) return true
    return !this.#isByTree && this.#sent < this.#entries.length && !this.isReady
  }

  /** A message waits for room in the window. */
  get isFull(): boolean {
    return this.#admitted < this.#entries.length
  }

  get isHeldBack(): boolean {
    return this.#isHeldBack
  }

  /** Grows with every acknowledgement of more, until the stream starts anew. */
  get acknowledgedBytes(): number {
    return this.#ackedTotal
  }

  /** Something may be sent now. */
  get isReady(): boolean {
    const next = this.#entries[this.#sent]
    if (next === undefined || (this.#isByTree && next.to === 'all')) return false
    return this.#sentTotal - this.#ackedTotal < this.#credit
  }

  /** What the window has taken and the recipient has not acknowledged, be it sent or not. */
  get windowedBytes(): number {
    return this.#admittedTotal - this.#ackedTotal
  }

  get unacknowledgedBytes(): number {
    return this.#sentTotal - this.#ackedTotal
  }

  /** Takes a message; answers whether the window had room for it. If not, its submission counts one more waiter. */
  push(message: OutMessage): void {
    this.#entries.push(message)
    if (message.submission !== null) message.submission.waiting++
    this.#admit()
  }

  /** Private messages before this number have arrived. */
  get nextPrivate(): number {
    return this.#nextPrivate
  }

  /** Whether something must be written before any piece. */
  get isPreludeDue(): boolean {
    return this.#prelude.isDue(this.isReady)
  }

  /** The recipient knows of the stream. Asking for that has it told. */
  want(): boolean {
    this.#prelude.want()
    return this.#prelude.isOpen
  }

  takePrelude(): MemberRecord {
    return this.#prelude.take(this.stream, { nextBroadcast: this.#nextBroadcast, nextPrivate: this.#nextPrivate })
  }

  /**
   * The next piece, at most `budget` bytes with its record, or `null` when nothing fits or waits. A piece that does not end
   * its message has at least `least` bytes.
   */
  next(budget: number, least?: number): AllChunk | OneChunk | null {
    if (!this.isReady || this.#prelude.isMissing) return null
    const entry = this.#entries[this.#sent] as OutMessage
    const offset = this.#sentOffset
    const size = fittingBytes(entry, offset, budget, least)
    if (size === null) return null
    this.#advance(entry, size)
    this.#followTree()
    return chunkOf(this.stream, entry, offset, size)
  }

  /** Broadcasts reach this recipient by the tree; what is for it alone goes on from here. */
  get isByTree(): boolean {
    return this.#isByTree
  }

  /** The last broadcast that the window has taken. */
  get admittedBroadcast(): number {
    return this.#admittedBroadcast
  }

  /** The last broadcast that the tree may carry for this recipient; 0 while its window is full. */
  get treeLimit(): number {
    return this.unacknowledgedBytes < this.#credit ? this.#admittedBroadcast : 0
  }

  /** Leaves broadcasts to the tree from where it is, unless some that it has carried are yet to be sent from here. */
  joinTree(tree: TreePosition): void {
    let next = this.#sent
    while (this.#entries[next]?.to === 'one') next++
    const { number } = this.#entries[next] ?? { number: Infinity }
    const offset = next === this.#sent ? this.#sentOffset : 0
    if (this.#credit < this.terms.windowBytes || !this.#prelude.isAnswered) return
    if (number < tree.number || (number === tree.number && offset < tree.offset)) return
    this.#tree = tree
    this.#isByTree = true
  }

  /** Sends broadcasts from here again, and all that is not acknowledged. */
  leaveTree(): void {
    if (!this.#isByTree) return
    this.#isByTree = false
    this.#sendFromHead()
  }

  /** The tree has carried more. Also those that do not follow it may get it that way. */
  passed(tree: TreePosition): void {
    this.#tree = tree
    this.#followTree()
  }

  #followTree(): void {
    if (!this.#isByTree) return
    const { number, offset } = this.#tree
    for (let entry = this.#entries[this.#sent]; entry?.to === 'all'; entry = this.#entries[this.#sent]) {
      const carried = entry.number < number ? entry.bytes.length : entry.number === number ? offset : -1
      if (carried < this.#sentOffset || (carried === this.#sentOffset && entry.number >= number)) return
      this.#advance(entry, carried - this.#sentOffset)
    }
  }

  /** How much was ever sent, by index: what the tree has carried counts. */
  get #reach(): number {
    let reach = this.#furthest
    for (let entry = this.#entries[reach]; entry?.to === 'all'; entry = this.#entries[reach]) {
      if (entry.number >= this.#tree.number) break
      reach++
    }
    return reach
  }

  /** Takes an acknowledgement; `false` when it names what was never sent. A late one changes nothing. */
  acknowledge(nextBroadcast: number, nextPrivate: number, offset: number, credit: number): boolean {
    // By another path, one may come after a later one; its offset is of a message that is long gone.
    if (nextBroadcast < this.#nextBroadcast || nextPrivate < this.#nextPrivate) return true
    let index = this.#head
    let passed = 0
    for (; index < this.#entries.length; index++) {
      const entry = this.#entries[index] as OutMessage
      if (entry.number >= (entry.to === 'all' ? nextBroadcast : nextPrivate)) break
      passed += costOf(entry)
    }
    const beyond = this.#isBeyond(index, offset)
    if (beyond || (offset > 0 && offset >= (this.#entries[index]?.bytes.length ?? 0))) return false
    if (index === this.#head && offset < this.#headOffset) return true
    this.#credit = Math.min(credit, this.terms.windowBytes)
    this.#isHeldBack = credit === 0
    this.#prelude.answered()
    this.#nextBroadcast = nextBroadcast
    this.#nextPrivate = nextPrivate
    this.#ackedTotal += passed + offset - this.#headOffset
    this.#goneBytes += passed
    for (; this.#head < index; this.#head++) {
      const { receipt, end } = this.#entries[this.#head] as OutMessage
      receipt?.delivered(this.#recipient)
      this.#isEnded ||= end
    }
    this.#headOffset = offset
    this.#noteReach(index, offset)
    if (index > this.#sent || (index === this.#sent && offset > this.#sentOffset)) this.#sendFromHead()
    this.#compact()
    this.#admit()
    // Who must be spared, or says so, waits for itself alone: the tree carries for all, or for none.
    if (this.#credit < this.terms.windowBytes) this.leaveTree()
    return true
  }

  /** Whether so much was never sent. */
  #isBeyond(index: number, offset: number): boolean {
    if (index < this.#furthest || (index === this.#furthest && offset <= this.#furthestOffset)) return false
    const reach = this.#reach
    const next = this.#entries[reach]
    const carried = next?.to === 'all' && next.number === this.#tree.number ? this.#tree.offset : 0
    return index > reach || (index === reach && offset > carried)
  }

  /** Sends again all that is not acknowledged. */
  rewind(): void {
    this.#sendFromHead()
  }

  /**
   * Sends one piece again; the rest follows once anything is acknowledged. More would feed what chokes the path. Whoever takes
   * no more for now is only told once more where it stands, which it answers: a piece would be more than it takes.
   */
  probe(): void {
    this.#isByTree = false
    this.#sendFromHead()
    if (this.#isHeldBack) this.#prelude.ask()
    else this.#credit = 1
  }

  /** Lets go of everything, for good: what was not acknowledged. A message to all no longer waits for this recipient. */
  clear(): Unsettled[] {
    const unsettled = this.restart(Infinity, Infinity)
    // No number is left that it could be told to go on at.
    this.#prelude.close()
    return unsettled
  }

  /**
   * The recipient has stalled: lets go of everything, all of it before these numbers, and tells it to go on from them.
   * What it has said of its credit stands: it is of what it has, not of what it was sent.
   */
  fail(nextBroadcast: number, nextPrivate: number): Unsettled[] {
    const isHeldBack = this.#isHeldBack
    this.#prelude.giveUp()
    this.#failedBroadcast = nextBroadcast
    this.#failedPrivate = nextPrivate
    const unsettled = this.restart(nextBroadcast, nextPrivate)
    this.#prelude.ask()
    this.#isHeldBack = isHeldBack
    if (isHeldBack) this.#credit = 0
    return unsettled
  }

  /** The recipient's stream starts anew at these numbers: lets go of what comes before, sends the rest again. */
  restart(firstBroadcast: number, firstPrivate: number): Unsettled[] {
    const furthest = this.#furthest - this.#head
    const isStarted = this.#furthestOffset > 0
    const unsettled: Unsettled[] = []
    const entries = this.#entries.slice(this.#head)
    const admitted = this.#admitted - this.#head
    this.#entries = []
    this.#head = this.#headOffset = this.#sent = this.#sentOffset = this.#furthest = this.#furthestOffset = 0
    this.#goneBytes = 0
    this.#isByTree = false
    this.#admitted = this.#ackedTotal = this.#sentTotal = this.#admittedTotal = 0
    this.#credit = this.terms.firstCredit
    this.#isHeldBack = false
    // What has failed since these numbers were named leaves a gap, which the recipient would wait for.
    const isBeyond = this.#failedBroadcast > firstBroadcast || this.#failedPrivate > firstPrivate
    this.#prelude.restart(isBeyond)
    this.#nextBroadcast = Math.max(firstBroadcast, this.#failedBroadcast)
    this.#nextPrivate = Math.max(firstPrivate, this.#failedPrivate)
    entries.forEach((message, index) => {
      const isKept = message.number >= (message.to === 'all' ? firstBroadcast : firstPrivate)
      const isWaiting = index >= admitted
      if (isKept) {
        this.#entries.push(isWaiting ? message : { ...message, submission: null })
        return
      }
      // The tree may bring a broadcast yet, for the sake of others.
      const isCarried = message.to === 'all' && this.#tree.number > 0
      const isSent = isCarried || index < furthest || (index === furthest && isStarted)
      unsettled.push({ message, isWaiting, isSent })
      if (isWaiting && message.to === 'all') this.#release(message)
    })
    this.#admit()
    return unsettled
  }

  #sendFromHead(): void {
    this.#prelude.again()
    this.#sent = this.#head
    this.#sentOffset = this.#headOffset
    this.#sentTotal = this.#ackedTotal
    this.#followTree()
  }

  #advance(entry: OutMessage, size: number): void {
    this.#sentOffset += size
    this.#sentTotal += size
    if (this.#sentOffset === entry.bytes.length) {
      this.#sent++
      this.#sentOffset = 0
      this.#sentTotal += MESSAGE_COST
    }
    this.#noteReach(this.#sent, this.#sentOffset)
  }

  /** So much was sent, from here or by the tree. */
  #noteReach(index: number, offset: number): void {
    if (index < this.#furthest || (index === this.#furthest && offset <= this.#furthestOffset)) return
    this.#furthest = index
    this.#furthestOffset = offset
  }

  #admit(): void {
    while (this.#admitted < this.#entries.length && this.#admittedTotal - this.#ackedTotal < this.terms.windowBytes) {
      const message = this.#entries[this.#admitted++] as OutMessage
      this.#admittedTotal += costOf(message)
      if (message.to === 'all') this.#admittedBroadcast = message.number
      this.#release(message)
    }
  }

  #release(message: OutMessage): void {
    if (message.submission === null) return
    message.submission.waiting--
    this.terms.onAdmitted(message.submission)
  }

  #compact(): void {
    const isLittle = this.#head < MAX_GONE_ENTRIES && this.#goneBytes < MAX_GONE_BYTES
    if (isLittle && this.#head < this.#entries.length) return
    const gone = this.#head
    this.#entries = this.#entries.slice(gone)
    this.#head = this.#goneBytes = 0
    this.#sent -= gone
    this.#furthest -= gone
    this.#admitted -= gone
  }
}
