import { FRAME } from '../../protocol/codes.js'
import { encodeRecord, readRecord, type MemberRecord } from '../../protocol/records.js'
import { Reader } from '../../protocol/reader.js'
import { decodeRelayAddress, encodeRelayedSetup, relayedSetup } from '../../protocol/relay-frames.js'
import { concatBytes, equalBytes } from '../../util/bytes.js'
import type { Core } from '../core.js'
import type { CarrierId } from '../events.js'
import type { Link } from '../link.js'
import type { Peer, Way } from '../peer.js'
import { ProtocolViolation } from '../violation.js'

export interface KeptLinkHandlers {
  /** A link to this member, with which I begin, carries again: it may be used to set up another. */
  recovered(peer: Peer): void
  /** A set-up frame of the member has come. */
  setup(frame: Uint8Array, way: Way, from: Peer): void
}

/** Most transports find out sooner that nothing gets through. */
const KEPT_MS = 120_000
/** How often a member on the other end is called, and told that it must begin. */
const CALL_MS = 2_000
/** Set-up frames go over a link that spoke so lately. */
const RECENT_MS = 4_000
/** What the other side has written on the old link when the new one is bound is on its way for no longer. */
const REPLACED_MS = 1_000

/**
 * Links to members that were silent for so long that they have left. A network that was down, or a page that was
 * frozen, often comes back before the link knows; it is kept for that, and carries calls and set-up frames only. So two
 * members find each other again without anyone's help, also when the server is gone.
 */
export class KeptLinks {
  readonly #core: Core
  readonly #handlers: KeptLinkHandlers
  /** With the time until which each is kept. */
  readonly #links = new Map<Link, { untilMs: number; calledMs: number; toldMs: number }>()

  constructor(core: Core, handlers: KeptLinkHandlers) {
    this.#core = core
    this.#handlers = handlers
  }

  /**
   * The member at the other end has left by its silence. As many are kept as there may be others: whoever falls silent and comes
   * anew, again and again, would heap them up.
   */
  keep(link: Link): void {
    const { nowMs } = this.#core
    link.state = 'kept'
    link.control.clear()
    this.#links.set(link, { untilMs: nowMs + KEPT_MS, calledMs: nowMs, toldMs: -Infinity })
    this.#core.tickAt(nowMs + CALL_MS)
    const [oldest] = this.#links.keys()
    if (oldest !== undefined && this.#links.size > this.#core.options.limits.maxLinks) this.#close(oldest)
  }

  /** A link to this member that has come back to life. */
  carrierTo(peer: Peer): CarrierId | null {
    for (const link of this.#links.keys()) {
      const isAlive = this.#core.nowMs - link.lastHeardMs < RECENT_MS
      if (link.peer === peer && isAlive && this.#core.links.has(link.carrier)) return link.carrier
    }
    return null
  }

  /** Sends a set-up frame; `false` when the link is gone, or full. */
  send(carrier: CarrierId, frame: Uint8Array): boolean {
    const link = this.#core.links.get(carrier)
    if (link?.state !== 'kept') return false
    return this.#write(link, encodeRelayedSetup(link.peer.idBytes, this.#core.idBytes, frame))
  }

  /** A frame has come over such a link. Throws on what no member would send. */
  handle(link: Link, frame: Uint8Array): void {
    const wasSilent = this.#core.nowMs - link.lastHeardMs >= CALL_MS
    link.lastHeardMs = this.#core.nowMs
    if (frame[0] === FRAME.PACK) this.#answerCalls(link, frame)
    else if (frame[0] === FRAME.RHS) this.#passSetup(link, frame)
    else if (frame[0] !== FRAME.RLY) throw new ProtocolViolation('unknown frame')
    const { peer } = link
    if (peer.link !== null) return
    if (peer.isInitiator && wasSilent) this.#handlers.recovered(peer)
    else if (!peer.isInitiator && peer.setup.type === 'idle') this.#tellToBegin(link)
  }

  /** Another link to this member is there, or it wants none. */
  drop(peer: Peer, isReplaced: boolean): void {
    for (const [link, kept] of this.#links) {
      if (link.peer !== peer) continue
      if (!isReplaced) this.#close(link)
      else {
        kept.untilMs = Math.min(kept.untilMs, this.#core.nowMs + REPLACED_MS)
        this.#core.tickAt(kept.untilMs)
      }
    }
  }

  /** Closes all: I go away. */
  clear(): void {
    for (const link of this.#links.keys()) this.#close(link)
  }

  /** Calls; the time of the next look. */
  tick(): number {
    const { nowMs } = this.#core
    let next = Infinity
    for (const [link, kept] of this.#links) {
      if (!this.#core.links.has(link.carrier)) this.#links.delete(link)
      else if (nowMs >= kept.untilMs) this.#close(link)
      else {
        if (nowMs >= kept.calledMs + CALL_MS) {
          kept.calledMs = nowMs
          this.#writeRecord(link, { type: 'ping', id: 0 })
        }
        next = Math.min(next, kept.untilMs, kept.calledMs + CALL_MS)
      }
    }
    return next
  }

  #answerCalls(link: Link, frame: Uint8Array): void {
    const reader = new Reader(frame.subarray(1))
    let call: MemberRecord | null = null
    while (reader.left > 0) {
      const record = readRecord(reader)
      if (record.type === 'ping') call = record
    }
    if (call?.type === 'ping') this.#writeRecord(link, { type: 'pong', id: call.id })
  }

  #passSetup(link: Link, frame: Uint8Array): void {
    const { src, dst } = decodeRelayAddress(frame)
    if (!equalBytes(dst, this.#core.idBytes) || !equalBytes(src, link.peer.idBytes)) return
    this.#handlers.setup(relayedSetup(frame), { type: 'kept', carrier: link.carrier }, link.peer)
  }

  /** It may not know that it has left: then it is content with the link as it is. */
  #tellToBegin(link: Link): void {
    const kept = this.#links.get(link)
    if (kept === undefined || this.#core.nowMs < kept.toldMs + CALL_MS) return
    kept.toldMs = this.#core.nowMs
    this.#writeRecord(link, { type: 'again' })
  }

  #writeRecord(link: Link, record: MemberRecord): void {
    this.#write(link, concatBytes(Uint8Array.of(FRAME.PACK), encodeRecord(record)))
  }

  #write(link: Link, frame: Uint8Array): boolean {
    if (frame.length > link.room) return false
    this.#core.write(link, 'reliable', frame)
    return true
  }

  #close(link: Link): void {
    this.#links.delete(link)
    if (this.#core.links.delete(link.carrier)) this.#core.effects.close(link.carrier, 'now')
  }
}
