import type { Core } from '../core.js'
import type { Peer } from '../peer.js'
import { WINDOW_BYTES } from './peer-stream.js'

/** All messages under way to me together may hold so many times the largest message. */
const SENDERS_AT_ONCE = 4

/**
 * Keeps what unfinished messages hold within bounds: when it is spent, only the message begun first gets credit to go
 * on, and the others wait their turn.
 */
export class Reassembly {
  readonly #core: Core
  /** Senders of unfinished messages, the one that began first in front. */
  readonly #senders = new Set<Peer>()
  readonly #starved = new Set<Peer>()

  constructor(core: Core) {
    this.#core = core
  }

  creditFor(peer: Peer): number {
    const isFirst = this.#senders.size === 0 || this.#senders.values().next().value === peer
    const hasRoom = peer.stream?.isHolding === false && (isFirst || this.#heldBytes() < this.#limit)
    if (hasRoom) this.#starved.delete(peer)
    else this.#starved.add(peer)
    return hasRoom ? WINDOW_BYTES : 0
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
    }
  }

  get #limit(): number {
    return SENDERS_AT_ONCE * this.#core.options.limits.messageBytes
  }

  #heldBytes(): number {
    let held = 0
    for (const sender of this.#senders) held += sender.stream?.inbox.heldBytes ?? 0
    return held
  }
}
