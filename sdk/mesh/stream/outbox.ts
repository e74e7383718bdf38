import type { Receipt } from './receipt.js'
import { chunkOverhead, type AllChunk, type OneChunk, type OrderEntry } from '../../protocol/records.js'
import { MAX_CHUNK_BYTES } from '../../protocol/limits.js'

/** One `send`, while it waits for room in the windows of its recipients. */
export interface Submission {
  readonly id: number
  /** Recipients whose window has not taken it yet. */
  waiting: number
}

/** A message on its way; one to all is shared by the outboxes of all its recipients. */
export interface OutMessage {
  readonly to: 'all' | 'one'
  readonly number: number
  /** Of a private message: the last broadcast before it. */
  readonly afterBroadcast: number
  /** Of a broadcast: the private messages before it. */
  readonly order: readonly OrderEntry[]
  readonly text: boolean
  readonly bytes: Uint8Array
  readonly submission: Submission | null
  readonly receipt: Receipt | null
  /** The recipient was here when it was sent. */
  readonly isOwed: boolean
}

/** A message that this recipient will not be sent (again). */
export interface Unsettled {
  readonly message: OutMessage
  /** It had no room yet. */
  readonly isWaiting: boolean
  /** Some of it was sent. */
  readonly isSent: boolean
}

/** What one message holds of the window beside its bytes, so that empty ones are not free. */
export const MESSAGE_COST = 64
/** Acknowledged messages are let go together, so that few copies are made of the list; these many bytes may wait for it. */
const MAX_GONE_BYTES = 1_048_576
const MAX_GONE_ENTRIES = 1_024
/** A piece smaller than this is worth a frame only when it ends its message. */
const LEAST_CHUNK_BYTES = 1_024

const cost = (message: OutMessage): number => message.bytes.length + MESSAGE_COST

/**
 * What one member has yet to acknowledge of the message stream, in the order sent. Kept until acknowledged; `rewind`
 * sends it again from the last acknowledged byte, which is what a change of path does: the new path is ordered from
 * its first frame, so the receiver never meets a gap that it would have to remember.
 */
export class Outbox {
  readonly #windowBytes: number
  readonly #onAdmitted: (submission: Submission) => void
  readonly #onAcknowledged: (receipt: Receipt) => void
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
  /** Acknowledged before these numbers. */
  #nextBroadcast = 0
  #nextPrivate = 0

  constructor(
    windowBytes: number,
    onAdmitted: (submission: Submission) => void,
    onAcknowledged: (receipt: Receipt) => void,
  ) {
    this.#windowBytes = windowBytes
    this.#credit = windowBytes
    this.#onAdmitted = onAdmitted
    this.#onAcknowledged = onAcknowledged
  }

  get isEmpty(): boolean {
    return this.#head === this.#entries.length
  }

  /** Only an acknowledgement can change anything: something is on its way, or may not be sent for want of credit. */
  get isWaiting(): boolean {
    return this.#sentTotal > this.#ackedTotal || (this.#sent < this.#entries.length && !this.isReady)
  }

  /** Something may be sent now. */
  get isReady(): boolean {
    return this.#sent < this.#entries.length && this.#sentTotal - this.#ackedTotal < this.#credit
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

  /** The next piece, at most `budget` bytes with its record, or `null` when nothing fits or waits. */
  next(budget: number): AllChunk | OneChunk | null {
    if (!this.isReady) return null
    const entry = this.#entries[this.#sent] as OutMessage
    const first = this.#sentOffset === 0
    const room = Math.min(MAX_CHUNK_BYTES, budget - chunkOverhead(first ? entry.order.length : 0))
    const left = entry.bytes.length - this.#sentOffset
    const size = Math.min(left, room)
    if (room < 0 || (size < left && size < LEAST_CHUNK_BYTES)) return null
    const chunk = {
      stream: 0,
      number: entry.number,
      offset: this.#sentOffset,
      total: entry.bytes.length,
      first,
      text: entry.text,
      bytes: entry.bytes.subarray(this.#sentOffset, this.#sentOffset + size),
    }
    this.#advance(entry, size)
    return entry.to === 'all'
      ? { type: 'all', ...chunk, order: first ? entry.order : [] }
      : { type: 'one', ...chunk, afterBroadcast: entry.afterBroadcast }
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
      passed += cost(entry)
    }
    const beyond = index > this.#furthest || (index === this.#furthest && offset > this.#furthestOffset)
    if (beyond || (offset > 0 && offset >= (this.#entries[index]?.bytes.length ?? 0))) return false
    if (index === this.#head && offset < this.#headOffset) return true
    this.#credit = Math.min(credit, this.#windowBytes)
    this.#nextBroadcast = nextBroadcast
    this.#nextPrivate = nextPrivate
    this.#ackedTotal += passed + offset - this.#headOffset
    this.#goneBytes += passed
    for (; this.#head < index; this.#head++) {
      const { receipt } = this.#entries[this.#head] as OutMessage
      if (receipt !== null) this.#onAcknowledged(receipt)
    }
    this.#headOffset = offset
    if (index > this.#sent || (index === this.#sent && offset > this.#sentOffset)) this.#sendFromHead()
    this.#compact()
    this.#admit()
    return true
  }

  /** Sends again all that is not acknowledged. */
  rewind(): void {
    this.#sendFromHead()
  }

  /** Sends one piece again; the rest follows once anything is acknowledged. More would feed what chokes the path. */
  probe(): void {
    this.#sendFromHead()
    this.#credit = 1
  }

  /** Lets go of everything: what was not acknowledged. A message to all no longer waits for this recipient. */
  clear(): Unsettled[] {
    return this.restart(Infinity, Infinity)
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
    this.#admitted = this.#ackedTotal = this.#sentTotal = this.#admittedTotal = 0
    this.#credit = this.#windowBytes
    this.#nextBroadcast = firstBroadcast
    this.#nextPrivate = firstPrivate
    entries.forEach((message, index) => {
      const isKept = message.number >= (message.to === 'all' ? firstBroadcast : firstPrivate)
      const isWaiting = index >= admitted
      if (isKept) {
        this.#entries.push(isWaiting ? message : { ...message, submission: null })
        return
      }
      unsettled.push({ message, isWaiting, isSent: index < furthest || (index === furthest && isStarted) })
      if (isWaiting && message.to === 'all') this.#release(message)
    })
    this.#admit()
    return unsettled
  }

  #sendFromHead(): void {
    this.#sent = this.#head
    this.#sentOffset = this.#headOffset
    this.#sentTotal = this.#ackedTotal
  }

  #advance(entry: OutMessage, size: number): void {
    this.#sentOffset += size
    this.#sentTotal += size
    if (this.#sentOffset === entry.bytes.length) {
      this.#sent++
      this.#sentOffset = 0
      this.#sentTotal += MESSAGE_COST
    }
    if (this.#sent > this.#furthest || (this.#sent === this.#furthest && this.#sentOffset > this.#furthestOffset)) {
      this.#furthest = this.#sent
      this.#furthestOffset = this.#sentOffset
    }
  }

  #admit(): void {
    while (this.#admitted < this.#entries.length && this.#admittedTotal - this.#ackedTotal < this.#windowBytes) {
      const message = this.#entries[this.#admitted++] as OutMessage
      this.#admittedTotal += cost(message)
      this.#release(message)
    }
  }

  #release(message: OutMessage): void {
    if (message.submission === null) return
    message.submission.waiting--
    this.#onAdmitted(message.submission)
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
