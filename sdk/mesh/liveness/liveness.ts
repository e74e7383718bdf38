import { encodeRecord } from '../../protocol/records.js'
import type { ControlQueue } from '../control-queue.js'
import { Alarm } from '../alarm.js'
import type { Core } from '../core.js'
import type { Link } from '../link.js'
import type { Peer } from '../peer.js'
import type { Paths } from '../route/paths.js'
import type { Probes } from './probes.js'

/** A member that is silent for so long is pinged, and again as often. */
const IDLE_MS = 2_000
/** One that is heard by others alone is pinged all the same: they may have held back what comes. */
const PROOF_MS = 60_000
const PROOF_AGAIN_MS = 4_000
const PROOF_AGAIN_ROUND_TRIPS = 5
/** Until the round trip is known. */
const FIRST_PROOF_AGAIN_MS = 8_000
/** Nobody is there to be watched. */
const ALONE_MS = 5_000
/** A ping without an answer for so long makes its link suspect. */
const SUSPICION_MS = 4_000
/** A timer that is so late means that this page slept, and that its silence was my own. */
const SLEEP_MS = 2_000
/** What a member gets beyond its time, once in a silence, when it was asked too little or I seem to be the silent one. */
const REPRIEVE_MS = 1_000

/**
 * Watches for silence: pings, suspects links, asks through others, and says when a member has been silent for too long.
 * I judge by what I hear myself, and first of all doubt myself.
 */
export class Liveness {
  readonly #core: Core
  readonly #paths: Paths
  readonly #probes: Probes
  readonly #leave: (peer: Peer) => void
  readonly #alarm: Alarm

  constructor(core: Core, paths: Paths, probes: Probes, leave: (peer: Peer) => void) {
    this.#core = core
    this.#paths = paths
    this.#probes = probes
    this.#leave = leave
    this.#alarm = new Alarm(core)
  }

  heard(peer: Peer, link: Link | null): void {
    const now = this.#core.nowMs
    if (link === null) return peer.showed(now)
    peer.heard(now)
    link.lastHeardMs = now
    link.unansweredSinceMs = null
    if (!link.isSuspect && !link.isDoubted) return
    link.isSuspect = false
    link.isDoubted = false
    this.#core.topologyChanged()
  }

  /** Measures the round trip, over the link or along the path. */
  ping(peer: Peer, link: Link | null): void {
    const id = this.#probes.nextId()
    peer.ping = { id, sentMs: this.#core.nowMs, pathNumber: link === null ? peer.pathNumber : null }
    peer.unansweredSinceMs ??= this.#core.nowMs
    if (link !== null && link.unansweredSinceMs === null) {
      link.unansweredSinceMs = this.#core.nowMs
      this.#alarm.at(suspicionOf(link))
    }
    if (link === null) this.#core.busy.add(peer)
    const { control } = link ?? peer
    control.push(encodeRecord({ type: 'ping', id }))
    this.#core.wakeNow()
  }

  /**
   * The other side takes a session into use when anything comes under it. Without a link that goes by others, who may lose
   * it: so the initiator asks until it is answered.
   */
  handleSession(peer: Peer): void {
    if (peer.isInitiator && peer.link === null) this.ping(peer, null)
  }

  /** A route has come up to a member whose session is older. */
  prove(peer: Peer): void {
    if (peer.ping?.pathNumber !== peer.pathNumber) this.ping(peer, null)
  }

  /** It sends by others what could come over the link between us: it may have heard nothing over it for a while. */
  check(peer: Peer): void {
    if (peer.link?.state === 'bound' && peer.link.unansweredSinceMs === null) this.ping(peer, peer.link)
  }

  handlePing(peer: Peer, answers: ControlQueue, id: number): void {
    if (answers.takesAnswers) answers.push(encodeRecord({ type: 'pong', id }))
    const { streams } = peer
    // Whoever asks may doubt the path: what is owed goes with the answer, and not by a timer that may be slow here.
    streams?.hurryAcks(this.#core.nowMs)
    this.#core.wakeNow()
  }

  handlePong(peer: Peer, id: number): void {
    if (peer.ping?.id !== id) {
      this.#probes.handlePong(peer, id)
      return
    }
    const { sentMs, pathNumber } = peer.ping
    const sampleMs = this.#core.nowMs - sentMs
    // One that had to wait for a path measures the wait.
    const isOfPath = pathNumber === null || pathNumber === peer.pathNumber
    if (isOfPath) peer.rttMs = peer.rttMs === null ? sampleMs : peer.rttMs * 0.75 + sampleMs * 0.25
    peer.ping = null
    peer.unansweredSinceMs = null
    peer.answeredMs = this.#core.nowMs
    peer.heard(this.#core.nowMs)
    if (!peer.isHere) this.#core.topologyChanged()
  }

  /** A timer came `lateMs` after its time: whoever seems silent may have spoken to a page that slept. */
  slept(lateMs: number): void {
    if (lateMs < SLEEP_MS) return
    this.#core.log?.('warn', 'slept', { lateMs: Math.round(lateMs) })
    this.#core.roster.slept(lateMs, this.#core.nowMs)
    for (const peer of this.#core.peers.values()) {
      peer.slept(lateMs, this.#core.nowMs)
      if (peer.link === null) continue
      peer.link.lastHeardMs = Math.min(peer.link.lastHeardMs + lateMs, this.#core.nowMs)
      peer.link.unansweredSinceMs = null
    }
    this.probe()
  }

  /** Asks everyone at once whether they are there. */
  probe(): void {
    for (const peer of this.#core.peers.values()) if (peer.session !== null) this.ping(peer, peer.link)
    this.#alarm.at(this.#core.nowMs)
  }

  /** Does what is due; the time of the next look. */
  tick(): number {
    if (!this.#alarm.take()) return this.#alarm.atMs
    const isAlone = this.#isAloneSilent()
    // Whoever comes meanwhile may be silent for so long.
    let next = this.#core.nowMs + (this.#core.peers.size === 0 ? ALONE_MS : IDLE_MS)
    for (const peer of [...this.#core.peers.values()]) {
      if (peer.session === null && !peer.isHere) continue
      next = Math.min(next, this.#watch(peer, isAlone))
    }
    this.#alarm.at(next)
    return next
  }

  /** More than half of those here are about to be given up: it is likelier that I am the one who is cut off. */
  #isAloneSilent(): boolean {
    const silentMs = this.#core.options.lingerMs - IDLE_MS
    let here = 0
    let silent = 0
    for (const peer of this.#core.peers.values()) {
      if (!peer.isHere || this.#core.isWatchedByOthers(peer)) continue
      here++
      if (this.#core.nowMs >= peer.lastHeardMs + silentMs) silent++
    }
    return here > 1 && silent * 2 > here
  }

  #watch(peer: Peer, isAlone: boolean): number {
    const now = this.#core.nowMs
    const isFar = this.#core.isWatchedByOthers(peer)
    // Its chain of links is its sign of life, as long as it has proved itself now and then.
    if (isFar) peer.showed(now)
    const leaveMs = peer.reprieveMs ?? peer.lastHeardMs + this.#core.options.lingerMs
    if (now >= leaveMs) {
      if (peer.reprieveMs !== null || !this.#mayWait(peer, isAlone)) {
        this.#leave(peer)
        return Infinity
      }
      peer.reprieveMs = now + REPRIEVE_MS
      this.#probe(peer)
      this.#probes.ask(peer)
      return peer.reprieveMs
    }
    const { link } = peer
    const silentSinceMs = link === null ? peer.lastHeardMs : Math.min(link.lastHeardMs, peer.lastHeardMs)
    const pingedMs = peer.ping?.sentMs ?? -Infinity
    const isUnanswered = peer.unansweredSinceMs !== null
    const againMs = pingedMs + proofAgainMs(peer)
    const proofMs = isUnanswered ? againMs : Math.max(peer.provedMs + PROOF_MS, againMs)
    const pingMs = isFar ? proofMs : Math.min(Math.max(silentSinceMs, pingedMs) + IDLE_MS, proofMs)
    if (now >= pingMs) this.#probe(peer)
    const suspectMs = suspicionOf(link)
    if (link !== null && !link.isSuspect && now >= suspectMs) this.#suspect(peer, link)
    else if (now >= pingMs && now >= suspicionOf(peer)) this.#probes.ask(peer)
    const nextMs = now >= pingMs ? now + IDLE_MS : pingMs
    return Math.min(isFar ? Infinity : leaveMs, nextMs, suspectMs > now ? suspectMs : Infinity)
  }

  /** Nobody is given up before it was asked by every way there is. */
  #mayWait(peer: Peer, isAlone: boolean): boolean {
    return isAlone || (!peer.wasAsked && this.#probes.canAsk(peer))
  }

  #suspect(peer: Peer, link: Link): void {
    this.#core.log?.('warn', 'link:suspect', { member: peer.id, carrier: link.carrier })
    link.isSuspect = true
    this.#core.topologyChanged()
    this.#probes.ask(peer)
  }

  /** A path through others that has left the ping before this one unanswered is no better than any other. */
  #reviewPath(peer: Peer): void {
    const { path, pathNumber, ping, relayNext, rttMs } = peer
    if (path.kind !== 'relayed' || relayNext === null || ping?.pathNumber !== pathNumber) return
    if (this.#core.nowMs - ping.sentMs >= Math.max(IDLE_MS, 4 * (rttMs ?? 0))) this.#paths.doubt(peer, relayNext)
  }

  #probe(peer: Peer): void {
    this.#reviewPath(peer)
    if (peer.link !== null) this.ping(peer, peer.link)
    // Along the path as well where that is another way: it answers for the member when the link cannot.
    if (peer.path.kind === 'relayed') this.ping(peer, null)
    if (peer.path.kind === 'relayed' && !this.#core.isLarge) this.#probes.measure(peer)
  }
}

/** Only the newest ping counts, so that it must have had time to be answered. */
const proofAgainMs = ({ rttMs }: Peer): number =>
  rttMs === null ? FIRST_PROOF_AGAIN_MS : Math.max(PROOF_AGAIN_MS, PROOF_AGAIN_ROUND_TRIPS * rttMs)

/** When what was pinged without an answer is suspect. */
const suspicionOf = (pinged: { readonly unansweredSinceMs: number | null } | null): number =>
  (pinged?.unansweredSinceMs ?? Infinity) + SUSPICION_MS
