import type { CryptoSuite } from '../crypto/suite.js'
import { decodeCertificate } from '../protocol/certificate.js'
import type { Lane } from '../protocol/carrier.js'
import { encodeBase64url } from '../util/base64url.js'
import type { Log } from '../util/log.js'
import type { CarrierId, Effects, EngineNotice } from './events.js'
import type { Link } from './link.js'
import type { DropReason, EngineOptions } from './options.js'
import type { Peer } from './peer.js'
import { Roster } from './roster/roster.js'
import type { Session } from './session/session.js'
import { issueCertificate, memberIdBytes } from './session/certificates.js'

/** Counts for `stats()`. */
export interface Counters {
  framesForwarded: number
  bytesForwarded: number
  framesDropped: number
  readonly dropped: Record<DropReason, number>
  relayedFramesSent: number
  relayedBytesSent: number
  relayedFramesReceived: number
  relayedBytesReceived: number
  bytesSent: number
  bytesReceived: number
  serverFramesSent: number
  serverFramesReceived: number
  serverBytesSent: number
  serverBytesReceived: number
  messagesSent: number
  messagesDelivered: number
}

/** How long records of a large group are gathered before routes are worked out anew: the larger, the more come. */
const RECORDS_MS_A_MEMBER = 4
const RECORDS_MOST_MS = 1_000

/** What the parts of one engine share: who I am, whom I know, the time of this step and the way out. */
export class Core {
  readonly options: EngineOptions
  readonly suite: CryptoSuite
  readonly log: Log | undefined
  readonly idBytes: Uint8Array
  readonly id: string
  /** Of my session key, the newest. */
  certificate: Uint8Array
  readonly roster: Roster
  readonly peers = new Map<string, Peer>()
  /**
   * Members for whom something is or may be due: streams with anything to send, to await or to acknowledge, and what
   * goes along their path before all that. Of a large group these are few, and they alone are looked at in every step.
   */
  readonly busy = new Set<Peer>()
  /** Every link, from the moment it is asked for. */
  readonly links = new Map<CarrierId, Link>()
  readonly counters: Counters = {
    framesForwarded: 0,
    bytesForwarded: 0,
    framesDropped: 0,
    dropped: { unwilling: 0, noWay: 0, wayBack: 0, hopLimit: 0, repeat: 0, quota: 0 },
    relayedFramesSent: 0,
    relayedBytesSent: 0,
    relayedFramesReceived: 0,
    relayedBytesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    serverFramesSent: 0,
    serverFramesReceived: 0,
    serverBytesSent: 0,
    serverBytesReceived: 0,
    messagesSent: 0,
    messagesDelivered: 0,
  }
  nowMs: number
  effects!: Effects
  /** Routes, paths and membership must be looked at again before anything is written. */
  isTopologyDirty = false
  /** How many others are here. */
  hereCount = 0
  /** No member or message is told of after leave() begins. */
  isLeaving = false
  #nextCarrier: CarrierId = 1
  #wakeMs = Infinity
  #tickMs = Infinity
  #recordsDueMs = Infinity

  constructor(options: EngineOptions, nowMs: number) {
    this.options = options
    this.suite = options.suite
    this.log = options.log
    this.nowMs = nowMs
    this.idBytes = memberIdBytes(options.suite, options.session.publicKey, options.identity.publicKey)
    this.id = encodeBase64url(this.idBytes)
    this.certificate = issueCertificate(
      options.suite,
      { identity: options.identity, session: options.session, topic: options.keys.topic },
      nowMs,
    )
    this.roster = new Roster(options.suite, options.keys.topic, (id) => id === this.id || this.#hasProved(id))
  }

  /** There is somebody behind these records. */
  #hasProved(id: string): boolean {
    return (this.peers.get(id)?.session ?? null) !== null
  }

  /** Issues a newer certificate for the same session key. Where the clock went back, it is newer all the same. */
  renewCertificate(): void {
    const { suite, options } = this
    const { identity, session, keys } = options
    const issuedAt = Math.max(this.nowMs, decodeCertificate(this.certificate).issuedAt + 1)
    this.certificate = issueCertificate(suite, { identity, session, topic: keys.topic }, issuedAt)
  }

  notify(notice: EngineNotice): void {
    if (!this.isLeaving) this.effects.emit(notice)
  }

  nextCarrier(): CarrierId {
    return this.#nextCarrier++
  }

  /** Uniform in [0, 1). */
  random(): number {
    const bytes = this.suite.random(4)
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 0x1_0000_0000
  }

  /** Something is to be written at this time; the earliest wins. */
  wakeAt(atMs: number): void {
    // Whole milliseconds, as the clock gives them: a timer must not come before its time and ask again. Never in the
    // past: a timer that comes after its time is how I know that I slept.
    const wakeMs = Math.max(this.nowMs, Math.ceil(atMs))
    // A timer that is late, as they are in hidden pages, must not hold up what can be done now.
    const isHeldUp = wakeMs === this.nowMs && this.#wakeMs < this.nowMs
    if (wakeMs >= this.#wakeMs && !isHeldUp) return
    this.#wakeMs = Math.min(this.#wakeMs, wakeMs)
    this.effects.wake(wakeMs)
  }

  /** What waits goes out once the current task's events are in, packed together. */
  wakeNow(): void {
    this.wakeAt(this.nowMs)
  }

  /** A deadline falls due at this time: every part is asked what it has to do. */
  tickAt(atMs: number): void {
    if (atMs < this.#tickMs) this.#tickMs = Math.ceil(atMs)
    this.wakeAt(atMs)
  }

  /** The time asked for, now forgotten; `Infinity` for none. */
  takeWake(): number {
    const wakeMs = this.#wakeMs
    this.#wakeMs = Infinity
    return wakeMs
  }

  /** Whether a deadline is due; if so, it is forgotten. */
  takeTick(): boolean {
    if (this.nowMs < this.#tickMs) {
      // A wake for something else must not lose the deadline's own.
      if (this.#tickMs !== Infinity) this.wakeAt(this.#tickMs)
      return false
    }
    this.#tickMs = Infinity
    return true
  }

  /** Sends a frame to the member at the other end. Goodbyes alone may go beyond the room. */
  write(link: Link, lane: Lane, frame: Uint8Array): void {
    // A socket has one lane, and its frames are counted.
    if (link.cipher !== null && lane === 'unreliable') return
    const bytes = link.cipher === null ? frame : link.cipher.seal(frame)
    if (lane === 'reliable') link.pace.written(bytes.length, this.nowMs)
    else link.unreliableRoom -= bytes.length
    this.counters.bytesSent += bytes.length
    this.effects.write(link.carrier, lane, bytes)
  }

  /** Records for a member with whom I have a session, as the frame that others carry. */
  sealRelayed(peer: Peer, session: Session, records: Uint8Array): Uint8Array {
    const frame = session.sealRelay(peer.idBytes, this.idBytes, records)
    this.counters.relayedFramesSent++
    this.counters.relayedBytesSent += frame.length
    return frame
  }

  countForwarded(frame: Uint8Array): void {
    this.counters.framesForwarded++
    this.counters.bytesForwarded += frame.length
  }

  countDropped(reason: DropReason): void {
    this.counters.framesDropped++
    this.counters.dropped[reason]++
  }

  /** Whoever was busy and has nothing left to do is no longer. */
  rest(): void {
    for (const peer of this.busy) {
      if (!peer.isAtRest && this.peers.get(peer.id) === peer) continue
      peer.dropControl()
      this.busy.delete(peer)
    }
  }

  topologyChanged(): void {
    this.isTopologyDirty = true
    this.wakeNow()
  }

  /** Records, sessions or acquaintances have changed, and no link. In a large group they keep changing, and routes can wait for several. */
  recordsChanged(): void {
    if (!this.isLarge) return this.topologyChanged()
    const gatherMs = Math.min(RECORDS_MS_A_MEMBER * this.hereCount, RECORDS_MOST_MS)
    this.#recordsDueMs = Math.min(this.#recordsDueMs, this.nowMs + gatherMs)
    this.wakeAt(this.#recordsDueMs)
  }

  /** Whether routes, paths and membership are to be looked at again now; if so, that is forgotten. */
  takeTopologyDirty(): boolean {
    const isDue = this.isTopologyDirty || this.nowMs >= this.#recordsDueMs
    if (isDue) this.forgetTopology()
    // A wake for something else must not lose this one's own.
    else if (this.#recordsDueMs !== Infinity) this.wakeAt(this.#recordsDueMs)
    return isDue
  }

  forgetTopology(): void {
    this.isTopologyDirty = false
    this.#recordsDueMs = Infinity
  }

  /** How many there are or may soon be; those to members that have left do not count. */
  get linkCount(): number {
    let count = 0
    for (const link of this.links.values()) if (link.state !== 'kept') count++
    return count
  }

  /** More members are here than I may have links, so most pairs have none. */
  get isLarge(): boolean {
    return this.hereCount > this.options.limits.maxLinks
  }

  /**
   * Without a link to me in a large group: those who have one watch it, and the roster says when its last chain ends. If
   * everyone pinged everyone, that would be most of what such a group says.
   */
  isWatchedByOthers(peer: Peer): boolean {
    return this.isLarge && peer.link === null && peer.path.kind === 'relayed'
  }

  *boundLinks(): Generator<Link> {
    for (const link of this.links.values()) if (link.state === 'bound') yield link
  }
}
