import { FRAME } from '../../protocol/codes.js'
import { ABOUT_NO_OFFER } from '../../protocol/refusal.js'
import { encodeBase64url } from '../../util/base64url.js'
import { equalBytes } from '../../util/bytes.js'
import { Alarm } from '../alarm.js'
import type { Core } from '../core.js'
import type { CarrierId, Closing } from '../events.js'
import { Link } from '../link.js'
import type { Peer, AgreedSession, Setup, StreamStart, Way } from '../peer.js'
import type { Introduced } from '../session/certificates.js'
import { answerHandshake, beginHandshake, finishHandshake, writeHandshake } from '../session/handshake.js'
import { Session, setupSessionMark } from '../session/session.js'
import { Acquaintances } from './acquaintances.js'
import { Admissions } from './admissions.js'
import { Candidates } from './candidates.js'
import type { LinkChoice } from './link-choice.js'
import type { LinkPlan } from './link-plan.js'
import { backoffMs, MAX_FAILURES, type Backoff } from './backoff.js'
import { ProtocolViolation } from '../violation.js'

export interface ConnectorHandlers {
  /** Sends a set-up frame to a member; `false` when there is no way now. */
  send(peer: Peer, way: Way, frame: Uint8Array): boolean
  /** A way for set-up frames, or `null`. */
  findWay(peer: Peer): Way | null
  /** How long an answer by this way is waited for, in milliseconds, after so many tries that came to nothing. */
  patienceMs(peer: Peer, way: Way, failures: number): number
  /** Where my streams to this member would start; from now on it gets what is sent to all. */
  prepareStream(peer: Peer): StreamStart
  /** No session came of it. */
  abandonStream(peer: Peer): void
  /** The session is in use from now on. */
  confirmed(peer: Peer, agreed: AgreedSession): void
  linkLost(link: Link): void
  /** I did not know of this member before. */
  learnt(peer: Peer): void
}

/** How long this side's link has for its own description. */
const DESCRIBE_MS = 5_000
/** How long a link has for opening and binding. */
const LINK_MS = 15_000
/** After a failed try: doubling from base to cap, half of it random. A pair without a session is in more of a hurry. */
const RETRY_LINK: Backoff = { baseMs: 1_000, capMs: 15_000, jitter: 0.5 }
/** Who is not let in would have to come as another member; but rules may change. */
const RETRY_REFUSED: Backoff = { baseMs: 30_000, capMs: 120_000, jitter: 0.5 }
const RETRY_SESSION: Backoff = { baseMs: 500, capMs: 4_000, jitter: 0.5 }
/** For a better link beside one that works. */
const RETRY_BESIDE: Backoff = { baseMs: 5_000, capMs: 120_000, jitter: 0.5 }
/** Whoever gets hold of the keys of a session reads no more than this. */
const SESSION_MS = 24 * 3_600_000
/** Whoever is told to begin anew waits no longer than this for it. */
const AGAIN_MS = 4_000
/** Whom to link with can change with time alone: everyone is looked at so often at least. */
const LOOK_MS = 2_000
/** How often a link is given up while there are too many. */
const SHED_MS = 500
/** A link that lived no longer is not made again at once. */
const BRIEF_MS = 2_000
/** Who was introduced so lately may have come back before the news that it went away was here. */
const RETURN_MS = 5_000
/** For so long after one move at the server a member is not begun with anew for another one. */
const MOVE_LEAST_MS = 1_000

/**
 * Makes sessions and links: decides with whom to begin, runs the handshake over the server or through members, opens
 * links, binds them, and tries again. The smaller id begins, so two never begin with each other at once.
 */
export class Connector {
  readonly #core: Core
  readonly #handlers: ConnectorHandlers
  readonly #links: LinkChoice
  readonly #plan: LinkPlan
  readonly #candidates: Candidates
  readonly #alarm: Alarm
  readonly #admissions: Admissions
  readonly #acquaintances: Acquaintances
  /** One count for all: a member that I forgot and met again must not take my next try for an old one. */
  #attempts = 0

  constructor(core: Core, links: LinkChoice, plan: LinkPlan, handlers: ConnectorHandlers) {
    this.#core = core
    this.#handlers = handlers
    this.#links = links
    this.#plan = plan
    this.#admissions = new Admissions(core)
    this.#acquaintances = new Acquaintances(core, {
      learnt: (peer) => {
        handlers.learnt(peer)
      },
      drop: (peer) => {
        this.drop(peer)
      },
    })
    this.#alarm = new Alarm(core)
    this.#candidates = new Candidates(core, this.#alarm, (peer, way, frame) => handlers.send(peer, way, frame))
  }

  /** See {@link Acquaintances.learn}. */
  learn(introduced: Introduced): Peer | null {
    return this.#acquaintances.learn(introduced)
  }

  /**
   * Begins with this member if it is my part, it is time, and there is a way; for a session alone only if there is none,
   * or if it `needsSession` all the same.
   */
  consider(peer: Peer, needsSession = peer.session === null): void {
    const { setup } = peer
    if (peer.isAway || setup.type !== 'idle' || this.#core.nowMs < setup.nextTryMs) return
    if (!peer.isInitiator) return
    if (peer.session === null && this.#admissions.of(peer) === null)
      return this.#refuse(peer, this.#handlers.findWay(peer))
    if (this.#isOld(peer)) return this.#begin(peer, false)
    const wantsLink = this.#wantsLink(peer)
    // A link that nothing comes over any more is replaced before it is given up, and a socket by what needs no proxy.
    if (peer.link !== null && !peer.link.isSuspect && (peer.link.cipher === null || !wantsLink)) return
    // It is asked again whenever links or records have changed.
    if (!wantsLink && !needsSession && !this.#isUnanswered(peer)) return
    this.#begin(peer, wantsLink)
  }

  /** Whether it is the member's part to begin a link, and it has reason to. */
  isExpected(peer: Peer): boolean {
    return (
      !peer.isInitiator &&
      peer.link === null &&
      peer.setup.type === 'idle' &&
      this.admits(peer) &&
      this.#wantsLink(peer)
    )
  }

  /** Its keys have been in use for long enough: another handshake gives new ones, and nothing else changes. */
  #isOld({ session, sessionMs }: Peer): boolean {
    return session !== null && this.#core.nowMs >= sessionMs + SESSION_MS
  }

  /** Its records come by others, and under our session it says nothing: it may have let me go, and cannot begin. */
  #isUnanswered({ unansweredSinceMs, sessionMs }: Peer): boolean {
    if (unansweredSinceMs === null) return false
    return this.#core.nowMs >= Math.max(unansweredSinceMs, sessionMs) + this.#core.options.lingerMs
  }

  #begin(peer: Peer, wantsLink: boolean): void {
    const { failures } = peer.setup as Setup & { type: 'idle' }
    const way = this.#handlers.findWay(peer)
    if (way === null) return
    const attempt = (peer.attempt = ++this.#attempts)
    this.#core.log?.('debug', 'setup:begin', { member: peer.id, way: way.type, wantsLink, attempt, failures })
    if (!wantsLink) return this.#offer(peer, way, attempt, null, null, failures)
    const carrier = this.#openLink(peer)
    const deadlineMs = this.#core.nowMs + LINK_MS
    this.#set(peer, { type: 'describing', attempt, carrier, way, failures, deadlineMs })
    this.#core.effects.openLink(carrier, peer.id, null)
  }

  /** The network changed: what waited to try again tries now. */
  hurry(): void {
    for (const peer of this.#core.peers.values()) if (peer.refusedBy === null) this.#ready(peer)
  }

  /** Whether this member and I would have a session, or have one. */
  admits(peer: Peer): boolean {
    return peer.session !== null || (peer.refusedBy === null && this.#admissions.of(peer) !== null)
  }

  /** Members are there, and none of them and me will have a session. */
  get isShutOut(): boolean {
    const peers = [...this.#core.peers.values()]
    return peers.length > 0 && peers.every(({ refusedBy }) => refusedBy !== null)
  }

  /** A socket leads to this member: no wait holds any longer, and it is tied to a session of its own. */
  begin(peer: Peer): void {
    peer.began(this.#core.nowMs)
    this.#ready(peer)
    this.consider(peer, true)
  }

  /** A link that was given up leads to it again: what went another way and is not answered goes by that one. */
  handleRecovered(peer: Peer): void {
    if (peer.setup.type === 'describing' || peer.setup.type === 'offered') this.#reset(peer)
    this.begin(peer)
  }

  /** The member's card has come, or a newer one: what was said against it may be wrong. */
  handleCard(peer: Peer): void {
    if (peer.refusedBy === 'me' && this.#admissions.of(peer) !== null) this.#ready(peer)
  }

  #ready(peer: Peer): void {
    if (peer.setup.type === 'idle') this.#set(peer, { type: 'idle', nextTryMs: this.#core.nowMs, failures: 0 })
  }

  /** The server knows this member no more: what was under way by it will not come through. */
  handleGone(peer: Peer): void {
    peer.connection = null
    if (peer.setup.type !== 'idle' && peer.setup.way.type === 'server') this.#fail(peer)
  }

  /** The server knows it by another name now: what went out to the one before and is not answered goes out again. */
  handleMoved(peer: Peer): void {
    const { setup } = peer
    // A server may say so as often as it likes; each time costs a link.
    if (this.#core.nowMs < peer.movedMs + MOVE_LEAST_MS) return
    peer.movedMs = this.#core.nowMs
    // Nothing leads to it but the server, and what was not answered before says nothing of it now.
    const isBack = peer.path.kind === 'none'
    if (isBack) peer.noteAnswered()
    if (setup.type !== 'describing' && setup.type !== 'offered') return
    if (setup.way.type === 'server' || isBack) this.#reset(peer)
  }

  /** The server is lost: an answer that was to come by it will not. */
  handleServerLost(): void {
    for (const peer of this.#core.peers.values()) {
      const { setup } = peer
      if ((setup.type === 'describing' || setup.type === 'offered') && setup.way.type === 'server') this.#fail(peer)
    }
  }

  /** A socket is lost: what was to come by it will not. */
  handleSocketLost(carrier: CarrierId): void {
    for (const peer of this.#core.peers.values()) {
      const { setup } = peer
      if (setup.type === 'idle' || setup.type === 'linking' || setup.way.type !== 'socket') continue
      if (setup.way.carrier === carrier) this.#fail(peer)
    }
  }

  /** HS1, HS2, SIG or REFUSE, however it came. */
  handleSetup(frame: Uint8Array, way: Way, from: Peer | null): void {
    if (frame[0] === FRAME.HS1) return this.#handleOffer(frame, way, from)
    if (from === null) return
    if (frame[0] === FRAME.HS2) return this.#handleAnswer(from, way, frame)
    if (frame[0] === FRAME.SIG) return this.#handleSealed(from, frame)
    if (frame[0] === FRAME.REFUSE) this.#handleRefusal(from, frame)
  }

  /**
   * One that begins heeds the answer to what it wrote, and nothing else: anybody can have a member refuse an HS1 in its
   * name, by a damaged one or an old one. It says that the HS1 was its own, and so the other one knows as well.
   */
  #handleRefusal(peer: Peer, frame: Uint8Array): void {
    const { setup } = peer
    if (peer.session !== null || (peer.isInitiator && setup.type !== 'offered')) return
    const about = this.#admissions.read(peer, frame)
    if (about === null) return
    if (!peer.isInitiator) {
      const isKnown = equalBytes(about, ABOUT_NO_OFFER) || (peer.unopened !== null && equalBytes(about, peer.unopened))
      if (isKnown) this.#refused(peer, 'them')
    } else if (setup.type === 'offered' && equalBytes(about, setup.mark)) {
      this.#handlers.send(peer, setup.way, this.#admissions.write(peer, about))
      this.#refused(peer, 'them')
    }
  }

  /** The owner's link has a description or a candidate of its own. */
  handleLocalSignal(carrier: CarrierId, kind: 'description' | 'candidate', bytes: Uint8Array): void {
    const peer = this.#core.links.get(carrier)?.peer
    if (!peer) return
    const { setup } = peer
    if (setup.type === 'idle' || setup.carrier !== carrier) return
    if (kind === 'candidate') return this.#candidates.hold(setup, bytes)
    if (setup.type === 'describing') {
      return this.#offer(peer, setup.way, setup.attempt, carrier, bytes, setup.failures)
    }
    if (setup.type === 'answering') this.#answer(peer, setup, bytes)
  }

  handleLinkOpen(link: Link): void {
    const { setup } = link.peer
    if (setup.type !== 'linking' || setup.carrier !== link.carrier) return this.#links.close(link)
    link.session = setup.session
    link.state = 'binding'
    this.#core.write(link, 'reliable', setup.session.writeBind(link.binding))
  }

  /** The first frame of a link. */
  handleBind(link: Link, frame: Uint8Array): void {
    const { peer, session } = link
    if (session === null || !session.checkBind(frame, link.binding)) {
      throw new ProtocolViolation('link is not bound to its session')
    }
    this.confirm(peer, session)
    this.#set(peer, { type: 'idle', nextTryMs: this.#core.nowMs, failures: 0 })
    this.#links.adopt(link)
  }

  /** The other end had let me go before it heard me again: what this link belongs to is over, and I begin anew. */
  handleAgain(link: Link): void {
    const { peer } = link
    if (peer.link !== link || !peer.isInitiator || peer.setup.type !== 'idle') return
    if (this.#core.nowMs < link.boundMs + BRIEF_MS) return
    if (this.#core.nowMs < peer.setup.nextTryMs) {
      // What failed before failed while little got through. It is told again, and then it is time.
      const nextTryMs = Math.min(peer.setup.nextTryMs, this.#core.nowMs + AGAIN_MS)
      return this.#set(peer, { ...peer.setup, nextTryMs })
    }
    if (this.#wantsLink(peer)) return this.#begin(peer, true)
    this.#links.close(link)
    this.handleLinkClosed(link)
  }

  /** Something arrived under the keys of a session that I had agreed to: it is in use. */
  confirm(peer: Peer, session: Session): void {
    const agreed = peer.unconfirmed
    if (agreed === null || agreed.session !== session) return
    peer.unconfirmed = null
    // Whoever uses it has read my answer.
    if (!this.#isStranded(peer)) peer.heard(this.#core.nowMs)
    this.#use(peer, agreed)
  }

  /** A link has ended, by whatever side, or I end it. */
  handleLinkClosed(link: Link): void {
    this.#core.links.delete(link.carrier)
    const { peer } = link
    if (peer.link === link) {
      peer.link = this.#links.boundTo(peer)[0] ?? null
      // A link that replaces it may be under way already.
      if (peer.setup.type === 'idle') this.#linkAgain(peer, this.#core.nowMs - link.boundMs)
      this.#handlers.linkLost(link)
    } else if (peer.setup.type !== 'idle' && peer.setup.carrier === link.carrier) this.#goOnWithout(peer, peer.setup)
  }

  /** A link that could not even be described is no reason to have no session. */
  #goOnWithout(peer: Peer, setup: Exclude<Setup, { type: 'idle' }>): void {
    if (setup.type === 'answering') return this.#answer(peer, setup, null)
    if (setup.type !== 'describing' || peer.session !== null) return this.#fail(peer)
    this.#offer(peer, setup.way, setup.attempt, null, null, setup.failures)
  }

  /** At once, unless the link was gone as soon as it was there: then something is wrong with one of its ends. */
  #linkAgain(peer: Peer, livedMs: number): void {
    if (livedMs < BRIEF_MS || peer.link !== null) this.#retryLater(peer, 1)
    else this.#set(peer, { type: 'idle', nextTryMs: this.#core.nowMs, failures: 0 })
  }

  /** The member has closed everything on its side. Its session and streams stay for when it comes back. */
  handleAway(peer: Peer): void {
    this.#unlink(peer, 'by-other')
    // What it has begun itself since then goes on; what I have begun it may never have heard of.
    if (peer.isInitiator) this.#reset(peer)
    peer.isAway = this.#core.nowMs - peer.beganMs >= RETURN_MS
    if (peer.isAway) peer.connection = null
  }

  /** I go away myself: ends every link and all that is under way. */
  suspend(): void {
    for (const peer of this.#core.peers.values()) {
      this.#unlink(peer)
      this.#reset(peer)
    }
  }

  /** The member has left, or never came: nothing of it is kept but what the roster knows. Its links are closed so, or taken by that. */
  drop(peer: Peer, links: Closing | ((link: Link) => void) = 'now'): void {
    this.#reset(peer)
    this.#unlink(peer, links)
    peer.session = peer.previous = null
    peer.unconfirmed = null
    this.#handlers.abandonStream(peer)
  }

  /** Does what is due; the time of the next look. */
  tick(): number {
    if (!this.#alarm.take()) return this.#alarm.atMs
    const now = this.#core.nowMs
    let next = now + LOOK_MS
    for (const peer of this.#core.peers.values()) {
      if (peer.unconfirmed !== null && now >= peer.unconfirmed.expiresMs) this.#expire(peer)
      if (peer.setup.type === 'idle') {
        this.consider(peer)
        this.#acquaintances.review(peer)
      } else if (now >= peer.setup.deadlineMs) this.#fail(peer)
      else if (peer.setup.type === 'linking' && now >= peer.setup.sendAtMs) this.#candidates.send(peer)
      next = Math.min(next, this.#dueMs(peer))
    }
    this.#alarm.at(Math.min(next, this.#shed()))
    return this.#alarm.atMs
  }

  /** Gives up a link that others are worth more than; the time of the next look. */
  #shed(): number {
    const link = this.#plan.surplus()
    if (link !== null) {
      this.#links.close(link, 'drained')
      this.handleLinkClosed(link)
    }
    return this.#plan.hasSurplus ? this.#core.nowMs + SHED_MS : Infinity
  }

  #isStranded(peer: Peer): boolean {
    return peer.isStranded(this.#core.nowMs, this.#core.options.lingerMs)
  }

  #expire(peer: Peer): void {
    peer.unconfirmed = null
    if (peer.session === null && peer.setup.type === 'idle') this.#handlers.abandonStream(peer)
  }

  #dueMs(peer: Peer): number {
    if (peer.setup.type === 'linking') return Math.min(peer.setup.sendAtMs, peer.setup.deadlineMs)
    if (peer.setup.type !== 'idle') return peer.setup.deadlineMs
    if (peer.unconfirmed !== null) return peer.unconfirmed.expiresMs
    const lacksLink = peer.link === null || peer.link.isSuspect || peer.link.cipher !== null
    const waits = peer.isInitiator && lacksLink && peer.setup.nextTryMs > this.#core.nowMs
    return waits ? peer.setup.nextTryMs : Infinity
  }

  #wantsLink(peer: Peer): boolean {
    return this.#core.options.canLink(peer.id) && this.#plan.hasPlaceFor(peer)
  }

  #openLink(peer: Peer): CarrierId {
    const carrier = this.#core.nextCarrier()
    this.#core.links.set(carrier, new Link(carrier, peer, this.#core.nowMs))
    return carrier
  }

  #offer(
    peer: Peer,
    way: Way,
    attempt: number,
    carrier: CarrierId | null,
    description: Uint8Array | null,
    failures: number,
  ): void {
    const { suite, options, certificate } = this.#core
    const admission = this.#admissions.of(peer)
    if (admission === null) return this.#refuse(peer, way)
    const fresh = peer.streams === null || peer.session === null
    const own = this.#handlers.prepareStream(peer)
    const keys = { topic: options.keys.topic, psk: admission.psk }
    const handshake = beginHandshake(suite, keys, options.session, peer.certificate.session)
    const frame = writeHandshake(handshake, FRAME.HS1, {
      certificate,
      attempt,
      epoch: peer.epoch,
      fresh,
      ...own,
      description,
    })
    const deadlineMs = this.#core.nowMs + this.#handlers.patienceMs(peer, way, failures)
    this.#set(peer, {
      type: 'offered',
      attempt,
      carrier,
      way,
      handshake,
      mark: this.#admissions.markOf(frame),
      own,
      candidates: [],
      failures,
      deadlineMs,
    })
    if (!this.#handlers.send(peer, way, frame)) this.#fail(peer)
  }

  #handleOffer(frame: Uint8Array, way: Way, from: Peer | null): void {
    const { suite, options } = this.#core
    if (this.#admissions.isFlooded(way, from)) return
    const received = answerHandshake(suite, options.keys, options.session, frame)
    if (typeof received === 'string') {
      this.#core.log?.('warn', 'setup:unread', { member: from?.id, way: way.type, frame: 'offer', received })
    }
    if (received === 'forged') {
      this.#admissions.noteForged(way, from)
      if (from !== null) this.#answerUnopened(from, way, frame)
      return
    }
    if (received === 'unfit') return
    const { payload, handshake, admission, certificate } = received
    const peer = this.learn({ certificate, providers: [admission.id] })
    if (peer === null || peer.isInitiator || payload.attempt <= peer.attempt) return
    this.#core.log?.('debug', 'setup:offered', { member: peer.id, way: way.type, attempt: payload.attempt })
    if (way.type === 'server') peer.connection = encodeBase64url(way.connection)
    peer.attempt = payload.attempt
    if (!admission.admits(certificate.identity)) return this.#refuse(peer, way, this.#admissions.markOf(frame))
    if (!peer.isHere) peer.heard(this.#core.nowMs)
    else if (!this.#isStranded(peer)) peer.showed(this.#core.nowMs)
    peer.began(this.#core.nowMs)
    // Naming an epoch that I was the first to name shows that my last answer arrived and is in use over there.
    const agreed = peer.unconfirmed?.session
    const isNewEpoch = agreed?.epoch !== peer.epoch
    if (agreed && isNewEpoch && agreed.epoch === payload.epoch && !payload.fresh) this.confirm(peer, agreed)
    // The member begins again, so whatever was under way is dead at its side.
    this.#reset(peer)
    const fresh = peer.streams === null || peer.session === null || payload.fresh
    const newest = Math.max(peer.epoch, payload.epoch)
    const theirs = { firstBroadcast: payload.firstBroadcast, firstPrivate: payload.firstPrivate }
    const answering = {
      type: 'answering' as const,
      attempt: payload.attempt,
      carrier: 0,
      way,
      handshake,
      theirs,
      epoch: fresh || peer.epoch !== payload.epoch ? newest + 1 : newest,
      fresh,
      deadlineMs: this.#core.nowMs + DESCRIBE_MS,
    }
    if (payload.description === null || !this.#wantsLink(peer)) return this.#answer(peer, answering, null)
    const carrier = this.#openLink(peer)
    this.#set(peer, { ...answering, carrier })
    this.#core.effects.openLink(carrier, peer.id, payload.description)
  }

  #answer(peer: Peer, setup: Setup & { type: 'answering' }, description: Uint8Array | null): void {
    const { suite, certificate } = this.#core
    this.#core.log?.('debug', 'setup:answer', { member: peer.id, way: setup.way.type, hasLink: description !== null })
    const own = this.#handlers.prepareStream(peer)
    const { attempt, epoch, fresh, way, handshake, theirs } = setup
    const frame = writeHandshake(handshake, FRAME.HS2, { certificate, attempt, epoch, fresh, ...own, description })
    const session = new Session(suite, 'responder', handshake.split(), { epoch, attempt })
    const deadlineMs = this.#core.nowMs + LINK_MS
    peer.unconfirmed = { session, own, theirs, expiresMs: deadlineMs }
    if (description === null) this.#set(peer, { type: 'idle', nextTryMs: this.#core.nowMs, failures: 0 })
    else this.#beginLinking(peer, { carrier: setup.carrier, way, session, candidates: [], failures: 0 })
    if (!this.#handlers.send(peer, way, frame)) this.#fail(peer)
  }

  #handleAnswer(peer: Peer, from: Way, frame: Uint8Array): void {
    const { setup } = peer
    if (setup.type !== 'offered' || this.#admissions.isFlooded(from, peer)) return
    const { suite, options } = this.#core
    const received = finishHandshake(suite, options.keys, setup.handshake, frame)
    if (typeof received === 'string') {
      this.#core.log?.('warn', 'setup:unread', { member: peer.id, way: from.type, frame: 'answer', received })
    }
    if (received === 'forged') return this.#admissions.noteForged(from, peer)
    if (received === 'unfit' || received.certificate.member !== peer.id) return this.#fail(peer)
    const { payload } = received
    if (payload.attempt !== setup.attempt) return this.#fail(peer)
    peer.noteAnswered()
    if (!this.#isStranded(peer)) peer.heard(this.#core.nowMs)
    const { epoch, attempt } = payload
    const session = new Session(suite, 'initiator', setup.handshake.split(), { epoch, attempt })
    const theirs = { firstBroadcast: payload.firstBroadcast, firstPrivate: payload.firstPrivate }
    const { carrier, way, failures, candidates } = setup
    if (carrier === null || payload.description === null) {
      this.#reset(peer)
      this.#use(peer, { session, own: setup.own, theirs, expiresMs: Infinity })
      return this.#retryLater(peer, failures)
    }
    this.#beginLinking(peer, { carrier, way, session, candidates, failures })
    this.#use(peer, { session, own: setup.own, theirs, expiresMs: Infinity })
    this.#core.effects.signalLink(carrier, payload.description)
    this.#candidates.send(peer)
  }

  #handleSealed(peer: Peer, frame: Uint8Array): void {
    const session = peer.sessionOf(setupSessionMark(frame), equalBytes)
    const message = session?.openSetup(frame) ?? null
    if (session === null || message === null) return
    if (!this.#isStranded(peer)) peer.showed(this.#core.nowMs)
    this.confirm(peer, session)
    const { setup } = peer
    // Candidates of a set-up that is over are of no use to anyone.
    if (setup.type === 'linking' && setup.session === session) this.#candidates.receive(setup.carrier, message)
  }

  #beginLinking(peer: Peer, linking: Omit<Setup & { type: 'linking' }, 'type' | 'sendAtMs' | 'deadlineMs'>): void {
    const deadlineMs = this.#core.nowMs + LINK_MS
    this.#set(peer, { type: 'linking', ...linking, sendAtMs: Infinity, deadlineMs })
  }

  #use(peer: Peer, agreed: AgreedSession): void {
    peer.refusedBy = null
    peer.previous = peer.session
    peer.session = agreed.session
    peer.sessionMs = this.#core.nowMs
    this.#core.log?.('debug', 'session:confirmed', { member: peer.id, epoch: agreed.session.epoch })
    this.#handlers.confirmed(peer, agreed)
  }

  /** The set-up under way came to nothing. */
  #fail(peer: Peer): void {
    const failures = 'failures' in peer.setup ? peer.setup.failures : 0
    this.#core.log?.('warn', 'setup:failed', { member: peer.id, at: peer.setup.type, failures })
    if (peer.setup.type === 'offered') peer.noteUnanswered(peer.setup.way)
    this.#reset(peer)
    if (peer.session === null && peer.unconfirmed === null) this.#handlers.abandonStream(peer)
    this.#retryLater(peer, failures)
  }

  /** It has the group key and another secret, or somebody else has written this: it will know. */
  #answerUnopened(peer: Peer, way: Way, offer: Uint8Array): void {
    const isOpen = !peer.isInitiator && peer.session === null && peer.unconfirmed === null
    if (!isOpen || peer.setup.type !== 'idle') return
    peer.unopened = this.#admissions.markOf(offer)
    this.#handlers.send(peer, way, this.#admissions.write(peer, peer.unopened))
  }

  /** I make no session with this member, and tell it so. */
  #refuse(peer: Peer, way: Way | null, about: Uint8Array = ABOUT_NO_OFFER): void {
    if (way !== null) this.#handlers.send(peer, way, this.#admissions.write(peer, about))
    this.#refused(peer, 'me')
  }

  #refused(peer: Peer, by: 'me' | 'them'): void {
    const { setup, refusedBy } = peer
    const failures = 'failures' in setup ? setup.failures : 0
    this.#reset(peer)
    this.#backOff(peer, RETRY_REFUSED, failures)
    this.#core.log?.('warn', 'setup:refused', { member: peer.id, by })
    peer.refusedBy ??= by
    this.#core.notify({ type: 'refused', id: peer.id, by, isNews: refusedBy === null })
    this.#core.wakeNow()
  }

  #retryLater(peer: Peer, failures: number): void {
    const hasLink = peer.link !== null && !peer.link.isSuspect
    const policy = peer.session === null ? RETRY_SESSION : hasLink ? RETRY_BESIDE : RETRY_LINK
    this.#backOff(peer, policy, failures)
  }

  #backOff(peer: Peer, policy: Backoff, failures: number): void {
    const nextTryMs = this.#core.nowMs + backoffMs(policy, failures, this.#core.random())
    this.#core.log?.('debug', 'setup:later', { member: peer.id, inMs: Math.round(nextTryMs - this.#core.nowMs) })
    this.#set(peer, { type: 'idle', nextTryMs, failures: Math.min(failures + 1, MAX_FAILURES) })
  }

  /** Ends the set-up under way, with its link. */
  #reset(peer: Peer): void {
    const { setup } = peer
    this.#set(peer, { type: 'idle', nextTryMs: this.#core.nowMs, failures: 0 })
    if (setup.type === 'idle' || setup.carrier === null) return
    const link = this.#core.links.get(setup.carrier)
    if (link) this.#links.close(link)
  }

  #unlink(peer: Peer, links: Closing | ((link: Link) => void) = 'now'): void {
    peer.link = null
    for (const link of this.#links.boundTo(peer)) {
      if (typeof links !== 'function') this.#links.close(link, links)
      // A socket is tied to a session that is over; whoever dialled it dials again.
      else if (link.cipher !== null) this.#links.close(link)
      else links(link)
      this.#handlers.linkLost(link)
    }
  }

  #set(peer: Peer, setup: Setup): void {
    peer.setup = setup
    this.#alarm.at(setup.type === 'idle' ? setup.nextTryMs : setup.deadlineMs)
  }
}
