import type { Binding } from '../protocol/carrier.js'
import { ControlQueue } from './control-queue.js'
import type { CarrierId } from './events.js'
import { Pace } from './pace.js'
import type { Peer } from './peer.js'
import type { Session } from './session/session.js'
import type { SocketCipher } from './session/socket-cipher.js'
import { SEALED_OVERHEAD_BYTES } from '../protocol/limits.js'

/** All records of a full roster, 1,024 cards and links records, take about a third of this. */
const CONTROL_BYTES = 16_777_216

/** A frame that waits to be passed on, and the link that it came over and whose quota it takes. */
export interface Forward {
  readonly frame: Uint8Array
  readonly from: Link
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
  boundMs = 0
  /** When the last authentic frame came over it. */
  lastHeardMs: number
  /** Unanswered for too long: others are tried, and it is kept. */
  isSuspect = false
  readonly control = new ControlQueue(CONTROL_BYTES)
  /** Set-up frames go before sealed ones. */
  readonly setupForwards: Forward[] = []
  readonly forwards: Forward[] = []
  /** Members whose relayed frames leave over it. */
  relayed: Peer[] = []
  /** What came over it and still waits to be passed on. */
  forwardedBytes = 0

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
}
