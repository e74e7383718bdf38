import type { Handshake } from '../crypto/suite.js'
import { ControlQueue } from './control-queue.js'
import type { CarrierId, Path } from './events.js'
import type { Link } from './link.js'
import { LINKS_LIFETIME_MS } from './roster/roster.js'
import type { Introduced, VerifiedCertificate } from './session/certificates.js'
import type { Session } from './session/session.js'
import type { PairStreams } from './stream/pair-streams.js'

/** How a set-up frame travels: the server's connection of that member, members, or a socket that leads to it. */
export type Way =
  | { readonly type: 'server'; readonly connection: Uint8Array }
  /** With the link that it came over. */
  | { readonly type: 'mesh'; readonly carrier?: CarrierId }
  | { readonly type: 'socket'; readonly carrier: CarrierId }
  /** A link that was given up and carries again. */
  | { readonly type: 'kept'; readonly carrier: CarrierId }

/** What this side said of its streams when it proposed or agreed to a session. */
export interface StreamStart {
  readonly firstBroadcast: number
  readonly firstPrivate: number
}

/** A session that is agreed, with all that taking it into use needs. */
export interface AgreedSession {
  readonly session: Session
  readonly own: StreamStart
  readonly theirs: StreamStart
  /** Forgotten then, if nothing arrived under its keys. */
  readonly expiresMs: number
}

/** The one set-up under way with a member, or when the next may begin. */
export type Setup =
  | { readonly type: 'idle'; readonly nextTryMs: number; readonly failures: number }
  /** Initiator: waits for the link's own description. */
  | {
      readonly type: 'describing'
      readonly attempt: number
      readonly carrier: CarrierId
      readonly way: Way
      readonly failures: number
      readonly deadlineMs: number
    }
  /** Initiator: HS1 is on its way. */
  | {
      readonly type: 'offered'
      readonly attempt: number
      readonly carrier: CarrierId | null
      readonly way: Way
      readonly handshake: Handshake
      /** Of the HS1. */
      readonly mark: Uint8Array
      readonly own: StreamStart
      /** Found while there is no session to seal them under. */
      readonly candidates: Uint8Array[]
      readonly failures: number
      readonly deadlineMs: number
    }
  /** Responder: waits for the link's own description. */
  | {
      readonly type: 'answering'
      readonly attempt: number
      readonly carrier: CarrierId
      readonly way: Way
      readonly handshake: Handshake
      readonly theirs: StreamStart
      readonly epoch: number
      readonly fresh: boolean
      readonly deadlineMs: number
    }
  /** Both: descriptions are exchanged, the link is to open and bind. */
  | {
      readonly type: 'linking'
      readonly carrier: CarrierId
      readonly way: Way
      readonly session: Session
      /** Found a moment ago; more may come before `sendAtMs`. */
      readonly candidates: Uint8Array[]
      sendAtMs: number
      readonly failures: number
      readonly deadlineMs: number
    }

/** What is known of one way to a member, by the neighbor that takes the first step. */
export interface WayState {
  /** When data on it was last answered by nothing, and how often that was. */
  doubtedMs: number
  doubts: number
  /** When the member was last asked by this way, and since when it has not answered. */
  askedMs: number
  unansweredSinceMs: number | null
  rttMs: number | null
}

/** Data is on its way by one path, and nothing shows that it arrives. */
export interface Waiting {
  readonly pathNumber: number
  sinceMs: number
  /** What it had acknowledged when I last looked, and since when that is no more, whatever else comes of it. */
  acknowledgedBytes: number
  unacknowledgedSinceMs: number
  /** When the member was asked because of that. */
  askedMs: number | null
  /** My own timer was late once. */
  isDeferred: boolean
}

/** There are few at a time, and none is worth keeping for long. */
const CONTROL_BYTES = 1_024
const TAG_BYTES = 4
export const noPath: Path = Object.freeze({ kind: 'none', via: Object.freeze([]) })
export const directPath: Path = Object.freeze({ kind: 'direct', via: Object.freeze([]) })

/** Another member, from the moment I learn of it. Whether it is here is `isHere`; the rest is how far we have come. */
export class Peer {
  /** The newest that I have seen. */
  certificate: VerifiedCertificate
  /** Ids of its auth providers that I have too. */
  readonly providers: readonly string[]
  /** Who said that there will be no session, since the last one. */
  refusedBy: 'me' | 'them' | null = null
  /** The last HS1 in its name that I could not open, by its mark: it is refused once the member says that it was its own. */
  unopened: Uint8Array | null = null
  readonly id: string
  /** The smaller id begins every handshake. */
  readonly isInitiator: boolean
  readonly learntMs: number

  /** Counts arrivals at me; `null` while the member is not here. */
  arrival: number | null = null
  /** Its name at the signaling server, while I know it, as text: it takes a fifth of what bytes would. */
  connection: string | null = null
  /** It has said goodbye for a while: not to be dialled until it shows itself again. */
  isAway = false
  /** When the server last introduced it, or it last began with me. */
  beganMs = -Infinity
  /** When the server last gave it another name. */
  movedMs = -Infinity
  setup: Setup

  /** In use. */
  session: Session | null = null
  /** Since when. */
  sessionMs = 0
  /** Agreed by me as responder; in use once anything under its keys arrives. */
  unconfirmed: AgreedSession | null = null
  /** The one before, for what was still on its way. */
  previous: Session | null = null
  /** How many of my tries were not answered, since the last that was. */
  #unanswered: Map<Way['type'], number> | null = null
  /** Highest attempt made or accepted. */
  attempt = 0
  /** Agreed number of the pair's streams; 0 before the first. */
  epoch = 0
  nextPrivate = 1
  /**
   * By stream, its broadcasts before this number were handed on. The tree brings them past all streams, so this outlives
   * those.
   */
  heardBroadcasts: Map<number, number> | null = null
  streams: PairStreams | null = null

  /** The one in use; another one that is bound waits for the initiator to say which. */
  link: Link | null = null
  /** What came over links to it and still waits to be passed on: a new link gives it no more. */
  forwardedBytes = 0
  #path = noPath
  /** The neighbor that takes what is relayed. */
  relayNext: string | null = null
  #pathCarrier: CarrierId | null = null
  #pathNumber = 0
  waiting: Waiting | null = null
  /** When it last acknowledged anything. */
  acknowledgedMs = -Infinity
  /** By first step; `null` while there is nothing to remember. */
  ways: Map<string, WayState> | null = null
  /** When its other ways are to be measured next. */
  measureAtMs: number | null = null

  /** The last authentic frame on any path, or the end of its last chain. */
  lastHeardMs: number
  #provedMs: number
  /** Since when a chain of links that carry leads to it; `null` while none does. */
  reachableMs: number | null = null
  /** Since when no chain of links that carry leads to it; `null` while one does. */
  cutOffMs: number | null = null
  rttMs: number | null = null
  /** The newest ping, while it is unanswered, and the path that it was sent along. */
  ping: { readonly id: number; readonly sentMs: number; readonly pathNumber: number | null } | null = null
  /** When it last answered one, and so was known to have the session in use. */
  answeredMs = -Infinity
  /** When the first ping of a run that nothing has answered went out, by whatever way. */
  unansweredSinceMs: number | null = null
  /** In this silence it was asked by way of others. */
  wasAsked = false
  /** In this silence it was given until then, beyond its time. */
  reprieveMs: number | null = null
  #control: ControlQueue | null = null

  constructor(introduced: Introduced, isInitiator: boolean, nowMs: number) {
    const { certificate, providers } = introduced
    this.certificate = certificate
    this.providers = providers
    this.id = certificate.member
    this.isInitiator = isInitiator
    this.learntMs = nowMs
    this.lastHeardMs = this.#provedMs = nowMs
    this.setup = { type: 'idle', nextTryMs: nowMs, failures: 0 }
  }

  get idBytes(): Uint8Array {
    return this.certificate.memberBytes
  }

  /** What an order list names it by. */
  get tag(): Uint8Array {
    return this.idBytes.subarray(0, TAG_BYTES)
  }

  get isHere(): boolean {
    return this.arrival !== null
  }

  /** Pings and their answers that go where the path leads. */
  get control(): ControlQueue {
    return (this.#control ??= new ControlQueue(CONTROL_BYTES))
  }

  get controlBytes(): number {
    return this.#control?.bytes ?? 0
  }

  dropControl(): void {
    this.#control = null
  }

  /** Nothing is under way to it or owed to it. */
  get isAtRest(): boolean {
    return this.#control?.isEmpty !== false && this.streams?.isAtRest !== false
  }

  get path(): Path {
    return this.#path
  }

  /** Of a direct path: its link. */
  get pathCarrier(): CarrierId | null {
    return this.#pathCarrier
  }

  /** Tells one path from the next, also between two links or two sets of relays. */
  get pathNumber(): number {
    return this.#pathNumber
  }

  setPath(path: Path, carrier: CarrierId | null): void {
    this.#path = path
    this.#pathCarrier = carrier
    this.#pathNumber++
  }

  /** It is alive: it has answered, or something of it has come over a link between us. */
  heard(nowMs: number): void {
    this.lastHeardMs = this.#provedMs = nowMs
    this.#calm()
  }

  /**
   * No chain has led to it for a linger. Who comes back shows itself by a set-up frame first, but the server carries
   * these also between members that no link will ever join: from then on they are no sign of life.
   */
  isStranded(nowMs: number, lingerMs: number): boolean {
    return this.isHere && this.cutOffMs !== null && nowMs >= this.cutOffMs + lingerMs
  }

  /** It has answered what was asked then, by others that may have held back the answer. */
  answered(askedMs: number): void {
    this.lastHeardMs = Math.max(this.lastHeardMs, askedMs)
    this.#provedMs = Math.max(this.#provedMs, askedMs)
    this.#calm()
  }

  /**
   * A frame or a new record of it has come by others. They could have held it back, so it is a sign of life for a while
   * only, after the last that nobody else can have kept.
   */
  showed(nowMs: number): void {
    if (nowMs - this.#provedMs >= LINKS_LIFETIME_MS) return
    this.lastHeardMs = nowMs
    this.#calm()
  }

  #calm(): void {
    this.wasAsked = false
    this.reprieveMs = null
  }

  /** When it last gave a sign of life that nobody else can have kept. */
  get provedMs(): number {
    return this.#provedMs
  }

  /** So long was nothing heard because I slept. */
  slept(lateMs: number, nowMs: number): void {
    this.lastHeardMs = Math.min(this.lastHeardMs + lateMs, nowMs)
    this.#provedMs = Math.min(this.#provedMs + lateMs, nowMs)
    this.unansweredSinceMs = null
    this.waiting = null
    this.#calm()
    this.streams?.resume()
  }

  /** It has turned to the server or to me: wherever it was, it is back. */
  began(nowMs: number): void {
    this.beganMs = nowMs
    this.isAway = false
  }

  unanswered({ type }: Way): number {
    return this.#unanswered?.get(type) ?? 0
  }

  noteUnanswered(way: Way): void {
    this.#unanswered ??= new Map()
    this.#unanswered.set(way.type, this.unanswered(way) + 1)
  }

  noteAnswered(): void {
    this.#unanswered = null
  }

  /** The session that a frame's mark names. */
  sessionOf(mark: Uint8Array, matches: (a: Uint8Array, b: Uint8Array) => boolean): Session | null {
    for (const session of [this.session, this.unconfirmed?.session, this.previous]) {
      if (session && matches(session.mark, mark)) return session
    }
    return null
  }
}
