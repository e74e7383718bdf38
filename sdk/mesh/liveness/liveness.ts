import { encodeRecord } from '../../protocol/records.js'
import type { Core } from '../core.js'
import type { Link } from '../link.js'
import type { Peer } from '../peer.js'

/** A member that is silent for so long is pinged, and again as often. */
const IDLE_MS = 2_000
/** One that is heard by others alone is pinged all the same: they may have held back what comes. */
const PROOF_MS = 60_000
const PROOF_AGAIN_MS = 10_000
/** A ping without an answer for so long makes its link suspect. */
const SUSPICION_MS = 4_000
/** A timer that is so late means that this page slept, and that its silence was my own. */
const SLEEP_MS = 2_000

/** Watches for silence: pings, suspects links, and says when a member has been silent for too long. */
export class Liveness {
  readonly #core: Core
  readonly #leave: (peer: Peer) => void
  #nextPing = 1

  constructor(core: Core, leave: (peer: Peer) => void) {
    this.#core = core
    this.#leave = leave
  }

  heard(peer: Peer, link: Link | null): void {
    const now = this.#core.nowMs
    if (link === null) return peer.showed(now)
    peer.heard(now)
    link.lastHeardMs = now
    if (!link.isSuspect) return
    link.isSuspect = false
    this.#core.topologyChanged()
  }

  /** Measures the round trip, over the link or along the path. */
  ping(peer: Peer, link: Link | null): void {
    const id = this.#nextPing
    this.#nextPing = (this.#nextPing % 0xffff_ffff) + 1
    peer.ping = { id, sentMs: this.#core.nowMs }
    peer.unansweredSinceMs ??= this.#core.nowMs
    const { control } = link ?? peer
    control.push(encodeRecord({ type: 'ping', id }))
    this.#core.wakeNow()
  }

  handlePing(peer: Peer, link: Link | null, id: number): void {
    const { control } = link ?? peer
    if (control.takesAnswers) control.push(encodeRecord({ type: 'pong', id }))
    this.#core.wakeNow()
  }

  handlePong(peer: Peer, id: number): void {
    if (peer.ping?.id !== id) return
    const sampleMs = this.#core.nowMs - peer.ping.sentMs
    peer.rttMs = peer.rttMs === null ? sampleMs : peer.rttMs * 0.75 + sampleMs * 0.25
    peer.ping = null
    peer.unansweredSinceMs = null
    peer.heard(this.#core.nowMs)
  }

  /** A timer came `lateMs` after its time: whoever seems silent may have spoken to a page that slept. */
  slept(lateMs: number): void {
    if (lateMs < SLEEP_MS) return
    for (const peer of this.#core.peers.values()) {
      peer.slept(lateMs, this.#core.nowMs)
      peer.unansweredSinceMs = null
      if (peer.link !== null) peer.link.lastHeardMs = Math.min(peer.link.lastHeardMs + lateMs, this.#core.nowMs)
    }
    this.probe()
  }

  /** Asks everyone at once whether they are there. */
  probe(): void {
    for (const peer of this.#core.peers.values()) if (peer.session !== null) this.ping(peer, peer.link)
    this.#core.tickAt(this.#core.nowMs)
  }

  tick(): number {
    let next = Infinity
    for (const peer of [...this.#core.peers.values()]) {
      if (peer.session === null && !peer.isHere) continue
      next = Math.min(next, this.#watch(peer))
    }
    return next
  }

  #watch(peer: Peer): number {
    const now = this.#core.nowMs
    const leaveMs = peer.lastHeardMs + this.#core.options.lingerMs
    if (now >= leaveMs) {
      this.#leave(peer)
      return Infinity
    }
    const { link } = peer
    const silentSinceMs = link === null ? peer.lastHeardMs : Math.min(link.lastHeardMs, peer.lastHeardMs)
    const pingedMs = peer.ping?.sentMs ?? -Infinity
    const proofMs = Math.max(peer.provedMs + PROOF_MS, pingedMs + PROOF_AGAIN_MS)
    const pingMs = Math.min(Math.max(silentSinceMs, pingedMs) + IDLE_MS, proofMs)
    if (now >= pingMs) this.#probe(peer)
    if (link !== null && !link.isSuspect && peer.unansweredSinceMs !== null) {
      const suspectMs = Math.max(peer.unansweredSinceMs, link.lastHeardMs) + SUSPICION_MS
      if (now < suspectMs) return Math.min(leaveMs, Math.max(pingMs, now + 1), suspectMs)
      link.isSuspect = true
      this.#core.topologyChanged()
    }
    return Math.min(leaveMs, now >= pingMs ? now + IDLE_MS : pingMs)
  }

  #probe(peer: Peer): void {
    if (peer.link !== null) this.ping(peer, peer.link)
    // Along the path as well where that is another way: it answers for the member when the link cannot.
    if (peer.path.kind === 'relayed') this.ping(peer, null)
  }
}
