import type { Binding } from '../protocol/carrier.js'
import { ControlQueue } from './control-queue.js'
import type { CarrierId } from './events.js'
import { Pace } from './pace.js'
import type { Peer } from './peer.js'
import type { Session } from './session/session.js'
import type { SocketCipher } from './session/socket-cipher.js'
import { SEALED_OVERHEAD_BYTES } from '../protocol/limits.js'
import { Queue } from '../util/queue.js'

/** All records of a full roster, 1,024 cards and links records, take about a third of this. */
const CONTROL_BYTES = 16_777_216

/**
 * A frame that waits to be passed on, and the link that it came over, whose member's quota it takes; of what I
 * broadcast myself, `null`.
 */
export interface Forward {
  readonly frame: Uint8Array
  readonly from: Link | null
}

/**
 * A direct way to one member, as the engine sees it. `opening` until its channels are open, `binding` until the other
 * end has proved to be the member of the session that set it up, then `bound`; `kept` when that member has left by its
 * silence, for the case that it is heard again.
 */
export class Link {
  readonly carrier: CarrierId
  readonly peer: Peer
  state: 'opening' | 'binding' | 'bound' | 'kept' = 'opening'
  /** The session that set it up, known once the handshake is through. */
  session: Session | null = null
  binding: Binding | null = null
  /** Seals every frame where nothing below does: on sockets. */
  cipher: SocketCipher | null = null
  readonly pace = new Pace()
  /** What may be written on its unreliable lane now; 0 where it has none. */
  unreliableRoom = 0
  /** It has shown a lane for what promises nothing. */
  hasUnreliable = false
  boundMs = 0
  /** When the last authentic frame came over it. */
  lastHeardMs: number
  /** When the first ping of an unanswered run went out over it. */
  unansweredSinceMs: number | null = null
  /** Unanswered for too long: others are tried, and it is kept. */
  isSuspect = false
  /** Data waits on it and nothing comes: my own data goes through others meanwhile, and nobody is told. */
  isDoubted = false
  /** How often of late, and when last: one that is often silent for a moment is given longer. */
  doubts = 0
  doubtedMs = -Infinity
  readonly control = new ControlQueue(CONTROL_BYTES)
  /** Set-up frames and what is asked by way of others go before sealed ones. */
  readonly setupForwards = new Queue<Forward>()
  readonly forwards = new Queue<Forward>()
  /** How much of that came from whom. */
  readonly #waitingFrom = new Map<Peer, number>()
  /** Something of mine went last. */
  isTurnOfForwards = false
  /** What I broadcast and waits to leave over it, and since when that is too much. */
  treeBytes = 0
  treeBlockedMs: number | null = null

  constructor(carrier: CarrierId, peer: Peer, nowMs: number) {
    this.carrier = carrier
    this.peer = peer
    this.lastHeardMs = nowMs
  }

  /** What each frame takes on the carrier beside its own bytes. */
  get overheadBytes(): number {
    return this.cipher === null ? 0 : SEALED_OVERHEAD_BYTES
  }

  /** The largest frame that may be written now, were its size of no matter to others. */
  get room(): number {
    return this.pace.room - this.overheadBytes
  }

  /** The same for what can wait: bulk, and what is passed on for others. */
  get bulkRoom(): number {
    return this.pace.bulkRoom - this.overheadBytes
  }

  /** Something waits for room on it, beside what its member or those behind it are sent. */
  get isAwaited(): boolean {
    return !this.control.isEmpty || this.setupForwards.length > 0 || this.forwards.length > 0
  }

  reportUnreliable(room: number): void {
    this.unreliableRoom = room
    this.hasUnreliable ||= room > 0
  }

  /** Puts a frame where it waits for room. */
  queue(waiting: Queue<Forward>, forward: Forward): void {
    waiting.push(forward)
    this.#count(forward, 1)
  }

  /** The first that waits, if it fits; it is gone from there. */
  takeFitting(waiting: Queue<Forward>): Uint8Array | null {
    const next = waiting.first
    if (next === undefined || next.frame.length > this.bulkRoom) return null
    waiting.shift()
    this.#count(next, -1)
    return next.frame
  }

  /** What this member has waiting here to be passed on, in bytes. */
  waitingFrom(peer: Peer): number {
    return this.#waitingFrom.get(peer) ?? 0
  }

  dropForwards(): void {
    for (const waiting of [this.setupForwards, this.forwards]) {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) this.#count(next, -1)
    }
  }

  #count({ frame, from }: Forward, sign: 1 | -1): void {
    const bytes = sign * frame.length
    if (from === null) {
      this.treeBytes += bytes
      return
    }
    from.peer.forwardedBytes += bytes
    const waiting = this.waitingFrom(from.peer) + bytes
    if (waiting === 0) this.#waitingFrom.delete(from.peer)
    else this.#waitingFrom.set(from.peer, waiting)
  }
}
