import { FRAME } from '../../protocol/codes.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { decodeAttach, decodeGreeting, encodeGreeting } from '../../protocol/socket-frames.js'
import { equalBytes } from '../../util/bytes.js'
import type { Core } from '../core.js'
import type { CarrierId, Closing } from '../events.js'
import { Link } from '../link.js'
import type { Peer, Way } from '../peer.js'
import { openHello, sealHello } from '../session/hello.js'
import type { Introduced } from '../session/certificates.js'
import type { Session } from '../session/session.js'
import type { SocketCipher } from '../session/socket-cipher.js'
import { ProtocolViolation } from '../violation.js'

export interface DoorstepHandlers {
  /** The member that a greeting shows; `null` for one that may not come. */
  learn(introduced: Introduced): Peer | null
  /** A set-up frame has come by the socket. */
  setup(frame: Uint8Array, way: Way, from: Peer): void
  /** The socket may be used to set up a session with this member, which I initiate. */
  begin(peer: Peer): void
  confirm(peer: Peer, session: Session): void
  /** The socket is a link; `waiting` are set-up frames that now go through the mesh. */
  attached(link: Link, waiting: readonly Uint8Array[]): void
  lost(carrier: CarrierId): void
}

type Stage =
  | { readonly type: 'dialing' }
  /** My greeting is written. */
  | { readonly type: 'greeting'; readonly hello: Uint8Array }
  /** Both are; a session is to be agreed, over the socket or otherwise. */
  | { readonly type: 'greeted'; readonly peer: Peer; readonly hellos: Hellos }
  /** Initiator: ATTACH is written, and nothing else goes out before its answer. */
  | {
      readonly type: 'attaching'
      readonly peer: Peer
      readonly session: Session
      readonly cipher: SocketCipher
      readonly waiting: Uint8Array[]
    }

interface Hellos {
  readonly initiator: Uint8Array
  readonly responder: Uint8Array
}

interface Visitor {
  readonly carrier: CarrierId
  readonly deadlineMs: number
  room: number
  stage: Stage
}

const SETUP_FRAMES: ReadonlySet<number | undefined> = new Set([FRAME.HS1, FRAME.HS2, FRAME.SIG, FRAME.REFUSE])
/** From the open socket to the link. */
const ATTACH_MS = 15_000
/** Each is somebody whom nobody has vouched for yet. */
const MAX_VISITORS = 64

/**
 * Sockets that are to become links: those that were dialled by the address in a member's card, those that were accepted
 * by a bot, and the one by which a bot was invited. Each end greets the other with its hello; then the two set up a
 * session over the socket, unless another one is under way, and tie the socket to it.
 */
export class Doorstep {
  readonly #core: Core
  readonly #handlers: DoorstepHandlers
  readonly #visitors = new Map<CarrierId, Visitor>()

  constructor(core: Core, handlers: DoorstepHandlers) {
    this.#core = core
    this.#handlers = handlers
  }

  owns(carrier: CarrierId): boolean {
    return this.#visitors.has(carrier)
  }

  /** Asks for a socket to this address; whoever answers there will greet. */
  dial(address: string): CarrierId {
    const carrier = this.#core.nextCarrier()
    this.#add(carrier, 0)
    this.#core.effects.dialLink(carrier, address)
    return carrier
  }

  handleArrived(carrier: CarrierId, room: number): void {
    const taken = this.#core.linkCount + this.#visitors.size
    if (this.#visitors.size >= MAX_VISITORS || taken >= this.#core.options.limits.maxLinks) {
      return this.#core.effects.close(carrier, 'now')
    }
    this.#greet(this.#add(carrier, room))
  }

  handleOpen(carrier: CarrierId, room: number): void {
    const visitor = this.#visitors.get(carrier)
    if (visitor?.stage.type !== 'dialing') return
    visitor.room = room
    this.#greet(visitor)
  }

  handleRoom(carrier: CarrierId, room: number): void {
    const visitor = this.#visitors.get(carrier)
    if (visitor) visitor.room = room
  }

  handleBytes(carrier: CarrierId, bytes: Uint8Array): void {
    const visitor = this.#visitors.get(carrier)
    if (visitor === undefined) return
    try {
      this.#handle(visitor, bytes)
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof ProtocolViolation)) throw error
      this.#core.log?.('warn', 'socket:misconduct', { carrier, what: error.message })
      this.#close(visitor, 'misconduct')
    }
  }

  handleClosed(carrier: CarrierId): void {
    if (this.#visitors.delete(carrier)) this.#handlers.lost(carrier)
  }

  /** A socket over which a handshake with this member may go. */
  carrierTo(peer: Peer): CarrierId | null {
    for (const { carrier, stage } of this.#visitors.values()) {
      if (stage.type === 'greeted' && stage.peer === peer) return carrier
    }
    return null
  }

  /** Sends a set-up frame by a socket; `false` when that is none any more. */
  send(carrier: CarrierId, frame: Uint8Array): boolean {
    const visitor = this.#visitors.get(carrier)
    if (visitor === undefined) return false
    if (visitor.stage.type === 'attaching') {
      visitor.stage.waiting.push(frame)
      return true
    }
    return this.#write(visitor, frame)
  }

  /** A session with this member is in use: sockets that waited for one are tied to it. */
  handleSession(peer: Peer): void {
    if (!peer.isInitiator || peer.session === null) return
    for (const visitor of [...this.#visitors.values()]) {
      if (visitor.stage.type === 'greeted' && visitor.stage.peer === peer) this.#attach(visitor, peer.session)
    }
  }

  /** The member is gone. */
  drop(peer: Peer): void {
    for (const visitor of [...this.#visitors.values()]) {
      if ('peer' in visitor.stage && visitor.stage.peer === peer) this.#close(visitor)
    }
  }

  /** Closes all: I leave. */
  clear(): void {
    for (const { carrier } of this.#visitors.values()) this.#core.effects.close(carrier, 'now')
    this.#visitors.clear()
  }

  tick(): number {
    let next = Infinity
    for (const visitor of [...this.#visitors.values()]) {
      if (this.#core.nowMs >= visitor.deadlineMs) this.#close(visitor)
      else next = Math.min(next, visitor.deadlineMs)
    }
    return next
  }

  #add(carrier: CarrierId, room: number): Visitor {
    const deadlineMs = this.#core.nowMs + ATTACH_MS
    const visitor: Visitor = { carrier, deadlineMs, room, stage: { type: 'dialing' } }
    this.#visitors.set(carrier, visitor)
    this.#core.tickAt(deadlineMs)
    return visitor
  }

  #greet(visitor: Visitor): void {
    const { suite, options, certificate } = this.#core
    const hello = sealHello(suite, options.keys, certificate)
    visitor.stage = { type: 'greeting', hello }
    this.#write(visitor, encodeGreeting({ topic: options.keys.topic, hello }))
  }

  #handle(visitor: Visitor, bytes: Uint8Array): void {
    const { stage } = visitor
    if (stage.type === 'greeting') return this.#handleGreeting(visitor, stage.hello, bytes)
    if (stage.type === 'dialing') throw new ProtocolViolation('speaks before it is open')
    if (bytes[0] === FRAME.ATTACH) return this.#handleAttach(visitor, stage, bytes)
    if (!SETUP_FRAMES.has(bytes[0])) throw new ProtocolViolation('frame out of turn')
    this.#handlers.setup(bytes, { type: 'socket', carrier: visitor.carrier }, stage.peer)
  }

  #handleGreeting(visitor: Visitor, ownHello: Uint8Array, bytes: Uint8Array): void {
    const { suite, options } = this.#core
    const { topic, hello } = decodeGreeting(bytes)
    const introduced = equalBytes(topic, options.keys.topic) ? openHello(suite, options.keys, hello) : null
    const peer = introduced && this.#handlers.learn(introduced)
    if (!peer) throw new ProtocolViolation('nobody of this group')
    // The newest socket of a member is the one that it means.
    this.drop(peer)
    const theirHello = hello.slice()
    const hellos = peer.isInitiator
      ? { initiator: ownHello, responder: theirHello }
      : { initiator: theirHello, responder: ownHello }
    visitor.stage = { type: 'greeted', peer, hellos }
    if (!peer.isInitiator) return
    // Under way already, or well: then the session of that is used. One that I alone remember would not do.
    const isAgreed = peer.setup.type === 'linking' || (peer.link !== null && !peer.link.isSuspect)
    if (isAgreed && peer.session !== null) this.#attach(visitor, peer.session)
    else this.#handlers.begin(peer)
  }

  #attach(visitor: Visitor, session: Session): void {
    if (visitor.stage.type !== 'greeted') return
    const { peer, hellos } = visitor.stage
    const cipher = session.socketCipher(hellos)
    visitor.stage = { type: 'attaching', peer, session, cipher, waiting: [] }
    if (!this.#write(visitor, cipher.writeAttach())) this.#close(visitor)
  }

  #handleAttach(visitor: Visitor, stage: Stage & { type: 'greeted' | 'attaching' }, frame: Uint8Array): void {
    const { mark } = decodeAttach(frame)
    const { peer } = stage
    const session = stage.type === 'attaching' ? stage.session : peer.sessionOf(mark, equalBytes)
    if (session === null || (stage.type === 'greeted' && peer.isInitiator))
      throw new ProtocolViolation('no such session')
    const cipher = stage.type === 'attaching' ? stage.cipher : session.socketCipher(stage.hellos)
    if (!cipher.checkAttach(frame)) throw new ProtocolViolation('socket does not belong to the session')
    if (stage.type === 'greeted' && !this.#write(visitor, cipher.writeAttach())) return this.#close(visitor)
    this.#visitors.delete(visitor.carrier)
    this.#handlers.confirm(peer, session)
    const link = new Link(visitor.carrier, peer, this.#core.nowMs)
    link.session = session
    link.cipher = cipher
    link.pace.report(visitor.room, this.#core.nowMs)
    this.#core.links.set(link.carrier, link)
    this.#handlers.attached(link, stage.type === 'attaching' ? stage.waiting : [])
  }

  /** `false` when there is no room, which an honest end always leaves for so little. */
  #write(visitor: Visitor, frame: Uint8Array): boolean {
    if (frame.length > visitor.room) return false
    visitor.room -= frame.length
    this.#core.effects.write(visitor.carrier, 'reliable', frame)
    return true
  }

  #close(visitor: Visitor, how: Closing = 'now'): void {
    this.#visitors.delete(visitor.carrier)
    this.#core.effects.close(visitor.carrier, how)
    this.#handlers.lost(visitor.carrier)
  }
}
