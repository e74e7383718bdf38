import type { Handshake } from '../crypto/suite.js'
import { ControlQueue } from './control-queue.js'
import type { CarrierId, Path } from './events.js'
import type { Link } from './link.js'
import { LINKS_LIFETIME_MS } from './roster/roster.js'
import type { Introduced, VerifiedCertificate } from './session/certificates.js'
import type { Session } from './session/session.js'
import type { PeerStream } from './stream/peer-stream.js'

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

/** There are few at a time, and none is worth keeping for long. */
const CONTROL_BYTES = 1_024
const NO_PATH: Path = Object.freeze({ kind: 'none', via: Object.freeze([]) })

/** Another member, from the moment I learn of it. Whether it is here is `isHere`; the rest is how far we have come. */
export class Peer {
  /** The newest that I have seen. */
  certificate: VerifiedCertificate
  /** Ids of its auth providers, best first. */
  providers: readonly string[]
  /** Who said that there will be no session, since the last one. */
  refusedBy: 'me' | 'them' | null = null
  /** The last HS1 in its name that I could not open, by its mark: it is refused once the member says that it was its own. */
  unopened: Uint8Array | null = null
  readonly id: string
  readonly idBytes: Uint8Array
  readonly tag: Uint8Array
  /** The smaller id begins every handshake. */
  readonly isInitiator: boolean
  readonly learntMs: number

  /** Counts arrivals at me; `null` while the member is not here. */
  arrival: number | null = null
  /** Its name at the signaling server, while I know it. */
  connection: Uint8Array | null = null
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
  readonly unanswered = new Map<Way['type'], number>()
  /** Highest attempt made or accepted. */
  attempt = 0
  /** Agreed number of the pair's streams; 0 before the first. */
  epoch = 0
  nextPrivate = 1
  stream: PeerStream | null = null

  /** The one in use; another one that is bound waits for the initiator to say which. */
  link: Link | null = null
  path: Path = NO_PATH
  /** The neighbor that takes what is relayed. */
  relayNext: string | null = null
  /** Tells one path from the next, also between two links or two sets of relays. */
  pathKey = ''

  /** The last authentic frame on any path, or the end of its last chain. */
  lastHeardMs: number
  #provedMs: number
  wasReachable = false
  rttMs: number | null = null
  /** The newest ping, while it is unanswered. */
  ping: { readonly id: number; readonly sentMs: number } | null = null
  /** When the first ping of an unanswered run went out. */
  unansweredSinceMs: number | null = null
  /** Pings and their answers that go where the path leads. */
  readonly control = new ControlQueue(CONTROL_BYTES)

  constructor(introduced: Introduced, isInitiator: boolean, nowMs: number) {
    const { certificate, providers } = introduced
    this.certificate = certificate
    this.providers = providers
    this.id = certificate.member
    this.idBytes = certificate.memberBytes
    this.tag = certificate.memberBytes.subarray(0, 4)
    this.isInitiator = isInitiator
    this.learntMs = nowMs
    this.lastHeardMs = this.#provedMs = nowMs
    this.setup = { type: 'idle', nextTryMs: nowMs, failures: 0 }
  }

  get isHere(): boolean {
    return this.arrival !== null
  }

  /** It is alive: it has answered, or something of it has come over a link between us. */
  heard(nowMs: number): void {
    this.lastHeardMs = this.#provedMs = nowMs
  }

  /**
   * A frame or a new record of it has come by others. They could have held it back, so it is a sign of life for a while
   * only, after the last that nobody else can have kept.
   */
  showed(nowMs: number): void {
    if (nowMs - this.#provedMs < LINKS_LIFETIME_MS) this.lastHeardMs = nowMs
  }

  /** When it last gave a sign of life that nobody else can have kept. */
  get provedMs(): number {
    return this.#provedMs
  }

  /** So long was nothing heard because I slept. */
  slept(lateMs: number, nowMs: number): void {
    this.lastHeardMs = Math.min(this.lastHeardMs + lateMs, nowMs)
    this.#provedMs = Math.min(this.#provedMs + lateMs, nowMs)
  }

  /** It has turned to the server or to me: wherever it was, it is back. */
  began(nowMs: number): void {
    this.beganMs = nowMs
    this.isAway = false
  }

  noteUnanswered({ type }: Way): void {
    this.unanswered.set(type, (this.unanswered.get(type) ?? 0) + 1)
  }

  /** The session that a frame's mark names. */
  sessionOf(mark: Uint8Array, matches: (a: Uint8Array, b: Uint8Array) => boolean): Session | null {
    for (const session of [this.session, this.unconfirmed?.session, this.previous]) {
      if (session && matches(session.mark, mark)) return session
    }
    return null
  }
}

export const noPath = NO_PATH
