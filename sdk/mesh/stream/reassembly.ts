import { MAX_CHUNK_BYTES } from '../../protocol/limits.js'
import type { Core } from '../core.js'
import type { Peer } from '../peer.js'
import { WINDOW_BYTES } from './peer-stream.js'

/** All messages under way to me together may hold so many times the largest message. */
const SENDERS_AT_ONCE = 4
/** While others wait for its memory, the message begun first has to go on: by so much in so long. */
const TURN_MS = 30_000
const TURN_BYTES = 65_536

/** How far the message in front was when its sender's time began. */
interface Turn {
  readonly peer: Peer
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
  /** Senders of unfinished messages, the one that began first in front. */
  readonly #senders = new Set<Peer>()
  readonly #starved = new Set<Peer>()
  #turn: Turn | null = null

  /** `expel`: this member keeps the others' memory and does nothing with it. */
  constructor(core: Core, expel: (peer: Peer) => void) {
    this.#core = core
    this.#expel = expel
  }

  creditFor(peer: Peer): number {
    const hasRoom = peer.stream?.isHolding === false && (this.#isFirst(peer) || !this.#isSpent())
    if (hasRoom) {
      this.#starved.delete(peer)
      return WINDOW_BYTES
    }
    this.#starved.add(peer)
    return peer.stream?.isHolding === true || this.#senders.has(peer) ? 0 : MAX_CHUNK_BYTES
  }

  /** A chunk of this member was taken, or the member is gone: what others may send can have changed. */
  update(peer: Peer): void {
    if ((peer.stream?.inbox.heldBytes ?? 0) > 0) {
      this.#senders.add(peer)
      return
    }
    this.#senders.delete(peer)
    this.release()
  }

  /** Those that were told to wait are told to go on. */
  release(): void {
    for (const starved of this.#starved) {
      this.#starved.delete(starved)
      starved.stream?.oweAck(this.#core.nowMs)
      this.#core.busy.add(starved)
    }
  }

  /**
   * Ends the turn of a sender that does not use it; answers when to look again. That memory is spent is seen with whatever
   * falls due next: while anybody is here, something does every two seconds.
   */
  tick(): number {
    const { nowMs } = this.#core
    const front = this.#senders.values().next().value
    if (front === undefined || !this.#isSpent()) {
      this.#turn = null
      return Infinity
    }
    const offset = front.stream?.inbox.position.offset ?? 0
    const isSame = this.#turn?.peer === front && offset >= this.#turn.offset
    if (this.#turn === null || !isSame || offset >= this.#turn.offset + TURN_BYTES) {
      this.#turn = { peer: front, offset, endsMs: nowMs + TURN_MS }
    } else if (nowMs >= this.#turn.endsMs) {
      this.#turn = null
      this.#expel(front)
      return nowMs
    }
    return this.#turn.endsMs
  }

  #isFirst(peer: Peer): boolean {
    return this.#senders.size === 0 || this.#senders.values().next().value === peer
  }

  #isSpent(): boolean {
    let held = 0
    for (const sender of this.#senders) held += sender.stream?.inbox.heldBytes ?? 0
    return held >= SENDERS_AT_ONCE * this.#core.options.limits.messageBytes
  }
}
