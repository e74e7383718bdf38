import { MAX_CHUNK_BYTES } from '../../protocol/limits.js'
import type { Core } from '../core.js'
import type { Peer } from '../peer.js'
import type { Incoming } from './incoming.js'

/** All messages under way to me together may hold so many times the largest message. */
const SENDERS_AT_ONCE = 4
/** While others wait for its memory, the message begun first has to go on: by so much in so long. */
const TURN_MS = 30_000
const TURN_BYTES = 65_536

/** What one member may have under way to me on all its streams, before only the message begun first goes on. */
const PAIR_BYTES = 16_777_216
/** What an honest one may still have under way then, on streams that it was not told of yet. */
const SLACK_BYTES = 134_217_728

/** How far the message in front was when its sender's time began. */
interface Turn {
  readonly incoming: Incoming
  readonly offset: number
  readonly endsMs: number
}

/**
 * Keeps what unfinished messages hold within bounds: when it is spent, only the message begun first gets credit to go
 * on, and the others wait their turn. Whoever has none begun may send on, as long as what it sends is whole in a piece.
 */
export class Reassembly {
  readonly #core: Core
  readonly #expel: (peer: Peer) => void
  /** Streams with unfinished messages, the one that began first in front. */
  readonly #unfinished = new Set<Incoming>()
  readonly #starved = new Set<Incoming>()
  #turn: Turn | null = null

  /** `expel`: this member keeps the others' memory and does nothing with it. */
  constructor(core: Core, expel: (peer: Peer) => void) {
    this.#core = core
    this.#expel = expel
  }

  creditFor(incoming: Incoming): number {
    const { wantedBytes } = incoming
    if (wantedBytes === 0) return 0
    if (!incoming.isHolding && this.#hasRoom(incoming)) {
      this.#starved.delete(incoming)
      return wantedBytes
    }
    this.#starved.add(incoming)
    return incoming.isHolding || this.#unfinished.has(incoming) ? 0 : MAX_CHUNK_BYTES
  }

  #hasRoom(incoming: Incoming): boolean {
    const { peer } = incoming
    const isPairSpent = (peer.streams?.heldBytes ?? 0) >= PAIR_BYTES && this.#isTurnOfAnother(incoming, peer)
    return !isPairSpent && (!this.#isTurnOfAnother(incoming) || !this.#isSpent())
  }

  /** More of this member's messages is held than it can have been given credit for. */
  isBeyond({ streams }: Peer): boolean {
    return (streams?.heldBytes ?? 0) > this.#core.options.limits.messageBytes + SLACK_BYTES
  }

  /** Something was taken of this stream, or it starts anew: what others may send can have changed. */
  update(incoming: Incoming): void {
    if (incoming.inbox.heldBytes > 0) {
      this.#unfinished.add(incoming)
      return
    }
    this.#unfinished.delete(incoming)
    this.release()
  }

  /** The stream is no more. */
  forget(incoming: Incoming): void {
    this.#unfinished.delete(incoming)
    this.#starved.delete(incoming)
    this.release()
  }

  /** Those that were told to wait are told to go on. */
  release(): void {
    for (const starved of this.#starved) {
      this.#starved.delete(starved)
      starved.oweAck(this.#core.nowMs)
      this.#core.busy.add(starved.peer)
    }
  }

  /**
   * Ends the turn of a sender that does not use it; answers when to look again. That memory is spent is seen with whatever
   * falls due next: while anybody is here, something does every two seconds.
   */
  tick(): number {
    const { nowMs } = this.#core
    const front = this.#front()
    if (front === undefined || !this.#isSpent()) {
      this.#turn = null
      return Infinity
    }
    const { offset } = front.inbox.position
    const isSame = this.#turn?.incoming === front && offset >= this.#turn.offset
    if (this.#turn === null || !isSame || offset >= this.#turn.offset + TURN_BYTES) {
      this.#turn = { incoming: front, offset, endsMs: nowMs + TURN_MS }
    } else if (nowMs >= this.#turn.endsMs) {
      this.#turn = null
      this.#expel(front.peer)
      return nowMs
    }
    return this.#turn.endsMs
  }

  #isTurnOfAnother(incoming: Incoming, peer?: Peer): boolean {
    const front = this.#front(peer)
    return front !== undefined && front !== incoming
  }

  /** Of all streams, or of this member's, the one that began first of those that are to go on: what is paused does not. */
  #front(peer?: Peer): Incoming | undefined {
    for (const incoming of this.#unfinished) {
      if (incoming.wantedBytes > 0 && (peer === undefined || incoming.peer === peer)) return incoming
    }
    return undefined
  }

  #isSpent(): boolean {
    let held = 0
    for (const { inbox } of this.#unfinished) held += inbox.heldBytes
    return held >= SENDERS_AT_ONCE * this.#core.options.limits.messageBytes
  }
}
