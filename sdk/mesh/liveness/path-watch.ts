import type { Core } from '../core.js'
import type { Peer, Waiting } from '../peer.js'
import type { Paths } from '../route/paths.js'
import type { Liveness } from './liveness.js'
import type { Probes } from './probes.js'

/** Data unanswered for so long, or for four round trips, leaves its path. */
const SILENCE_MS = 500
const SILENCE_ROUND_TRIPS = 4
/** In a group where most pairs have no link, so that few are asked for nothing. */
const FAR_SILENCE_MS = 2_000
/** Until the round trip is known. */
const FIRST_SILENCE_MS = 2_000
/** Each doubt of late doubles that, up to eight times. */
const MAX_DOUBLINGS = 3
const DOUBTS_COUNT_MS = 60_000
/** Where the link is well and no acknowledgement comes, one was lost by another way: a piece is sent again. */
const UNACKNOWLEDGED_MS = 4_000
/** A timer that comes later says more of me than of others. */
const LATE_MS = 50

/**
 * Watches paths while data on them is unacknowledged: one on which nothing comes back is left for the next best, long
 * before anyone is suspected of being gone. Halfway the member is asked, since a page in the background, whose timers
 * are slow, answers at once and acknowledges with it.
 */
export class PathWatch {
  readonly #core: Core
  readonly #paths: Paths
  readonly #liveness: Liveness
  readonly #probes: Probes

  constructor(core: Core, paths: Paths, liveness: Liveness, probes: Probes) {
    this.#core = core
    this.#paths = paths
    this.#liveness = liveness
    this.#probes = probes
  }

  /** After everything was written that there was room for, by a timer that came `lateMs` after its time. */
  watch(lateMs: number): void {
    for (const peer of this.#core.busy) this.#watch(peer, lateMs > LATE_MS)
  }

  #watch(peer: Peer, isLate: boolean): void {
    const { streams } = peer
    const isWaiting = streams !== null && (streams.unacknowledgedBytes > 0 || streams.isReady)
    if (!isWaiting || peer.path.kind === 'none') {
      peer.waiting = null
      return
    }
    const isFar = this.#core.isWatchedByOthers(peer)
    if (!isFar) this.#probes.measure(peer)
    // There is no other way, or it would be taken.
    if (peer.path.kind === 'direct' && peer.link?.isDoubted !== false) return
    const waiting = this.#waitingOn(peer)
    const silenceMs = this.#silenceMs(peer)
    const halfMs = silenceMs / 2
    this.#reviewAcks(peer, waiting, silenceMs)
    if (waiting.askedMs !== null && isLate && !waiting.isDeferred) {
      // What has come meanwhile may be read only after this.
      waiting.isDeferred = true
      waiting.askedMs = this.#core.nowMs
    }
    const dueMs = (waiting.askedMs ?? waiting.sinceMs) + halfMs
    if (this.#core.nowMs < dueMs) return this.#core.wakeAt(dueMs)
    if (waiting.askedMs === null) {
      waiting.askedMs = this.#core.nowMs
      this.#liveness.ping(peer, peer.path.kind === 'direct' ? peer.link : null)
      return this.#core.wakeAt(this.#core.nowMs + halfMs)
    }
    peer.waiting = null
    this.#doubt(peer)
  }

  #waitingOn(peer: Peer): Waiting {
    const { nowMs } = this.#core
    const acknowledgedBytes = peer.streams?.acknowledgedBytes ?? 0
    const acknowledged = { acknowledgedBytes, unacknowledgedSinceMs: nowMs }
    if (peer.waiting?.pathNumber !== peer.pathNumber) {
      const { pathNumber } = peer
      peer.waiting = { pathNumber, sinceMs: nowMs, ...acknowledged, askedMs: null, isDeferred: false }
    }
    const { waiting } = peer
    if (waiting.acknowledgedBytes !== acknowledgedBytes) Object.assign(waiting, acknowledged)
    // Of what others carry, an acknowledgement alone shows that mine arrives.
    const heardMs = peer.path.kind === 'direct' ? (peer.link?.lastHeardMs ?? 0) : peer.acknowledgedMs
    if (heardMs > waiting.sinceMs) {
      Object.assign(waiting, { sinceMs: heardMs, askedMs: null, isDeferred: false })
      if (peer.relayNext !== null) this.#paths.vouch(peer, peer.relayNext)
    }
    return waiting
  }

  /** An acknowledgement may come by others and be lost there, though my own path is a link, where nothing is. */
  #reviewAcks(peer: Peer, waiting: Waiting, silenceMs: number): void {
    if (peer.path.kind !== 'direct' || waiting.sinceMs <= waiting.unacknowledgedSinceMs) return
    if (this.#core.nowMs < waiting.unacknowledgedSinceMs + Math.max(UNACKNOWLEDGED_MS, silenceMs)) return
    waiting.unacknowledgedSinceMs = this.#core.nowMs
    peer.streams?.probe()
    this.#core.wakeNow()
  }

  #silenceMs(peer: Peer): number {
    const isDirect = peer.path.kind === 'direct'
    const link = isDirect ? peer.link : (this.#core.peers.get(peer.relayNext ?? '')?.link ?? null)
    const doubts = isDirect ? this.#recentDoubts(peer) : (peer.ways?.get(peer.relayNext ?? '')?.doubts ?? 0)
    const tripsMs = peer.rttMs === null ? FIRST_SILENCE_MS : SILENCE_ROUND_TRIPS * peer.rttMs
    // From afar acknowledgements come a few times a second at most.
    const quietMs = this.#core.isWatchedByOthers(peer) ? FAR_SILENCE_MS : SILENCE_MS
    const leastMs = Math.max(quietMs, tripsMs) * 2 ** Math.min(doubts, MAX_DOUBLINGS)
    return leastMs + (link?.pace.drainMs ?? 0)
  }

  #recentDoubts({ link }: Peer): number {
    if (link === null || this.#core.nowMs - link.doubtedMs > DOUBTS_COUNT_MS) return 0
    return link.doubts
  }

  #doubt(peer: Peer): void {
    const { link, relayNext, path } = peer
    this.#core.log?.('warn', 'path:doubted', { member: peer.id, path: path.kind })
    if (path.kind !== 'direct') {
      if (relayNext !== null) this.#paths.doubt(peer, relayNext)
      return
    }
    if (link === null) return
    link.doubts = this.#recentDoubts(peer) + 1
    link.doubtedMs = this.#core.nowMs
    link.isDoubted = true
    this.#core.topologyChanged()
  }
}
