import { FRAME } from '../protocol/codes.js'
import { DecodeError } from '../protocol/decode-error.js'
import { readRecord, encodeRecord, type AllChunk, type MemberRecord, type OneChunk } from '../protocol/records.js'
import { decodeRelaySession, encodeRelayedSetup, relayedSetup } from '../protocol/relay-frames.js'
import { Reader } from '../protocol/reader.js'
import type { Lane } from '../protocol/carrier.js'
import type { Introduction } from '../protocol/server-frames.js'
import { encodeBase64url } from '../util/base64url.js'
import { concatBytes, equalBytes } from '../util/bytes.js'
import { Core } from './core.js'
import type { CarrierId, Effects, EngineEvent, LeaveReason } from './events.js'
import type { Link } from './link.js'
import { Liveness } from './liveness/liveness.js'
import { Membership } from './membership.js'
import type { EngineOptions, EngineStats, PeerView } from './options.js'
import { noPath, type AgreedSession, type Peer, type StreamStart, type Way } from './peer.js'
import { Publisher } from './roster/publisher.js'
import { rttClassOf, rttOfClass } from './roster/rtt-class.js'
import { CAPABILITY } from '../protocol/roster-record.js'
import { Forwarder } from './route/forwarder.js'
import { Router } from './route/router.js'
import { openHello } from './session/hello.js'
import { Connector } from './setup/connector.js'
import { ServerConnection } from './setup/server-connection.js'
import { Inbox, type InMessage } from './stream/inbox.js'
import { PeerStream } from './stream/peer-stream.js'
import { Reassembly } from './stream/reassembly.js'
import { Sender } from './stream/sender.js'
import { Writer } from './stream/writer.js'
import { ProtocolViolation } from './violation.js'

/** How long the members that the first neighbor knows may take to confirm before `joined` comes all the same. */
const JOIN_GRACE_MS = 500
/** How long a leave waits for what is not acknowledged. */
const DRAIN_MS = 500

type Phase =
  | { readonly type: 'made' }
  /** `expected` are the members that the first neighbor knew of, once it has said so. */
  | { readonly type: 'joining'; readonly graceMs: number; expected: readonly string[] | null }
  | { readonly type: 'joined' }
  | { readonly type: 'draining'; readonly untilMs: number }
  | { readonly type: 'left' }

/**
 * One member's part of a group, without any input or output of its own: events go in through `step`, effects come out
 * of it, and the same events at the same times always give the same effects.
 *
 * This class owns the order of things: it takes each event to the part that knows what to do, and what parts need of
 * each other goes through here. It holds no rule about sessions, routes or streams itself.
 */
export class Engine {
  readonly #core: Core
  readonly #router: Router
  readonly #forwarder: Forwarder
  readonly #connector: Connector
  readonly #server: ServerConnection
  readonly #publisher: Publisher
  readonly #membership: Membership
  readonly #liveness: Liveness
  readonly #sender: Sender
  readonly #reassembly: Reassembly
  readonly #writer: Writer
  #phase: Phase = { type: 'made' }

  constructor(options: EngineOptions, nowMs: number) {
    const core = new Core(options, nowMs)
    this.#core = core
    this.#router = new Router(core.roster, core.id)
    this.#forwarder = new Forwarder(core, this.#router)
    this.#sender = new Sender(core)
    this.#reassembly = new Reassembly(core)
    this.#writer = new Writer(core, this.#reassembly)
    this.#publisher = new Publisher(core, (record) => {
      this.#spread(record, null)
    })
    this.#liveness = new Liveness(core, (peer) => {
      this.#leave(peer, 'timeout')
    })
    this.#membership = new Membership(core, this.#router, {
      joined: (peer) => {
        this.#memberJoined(peer)
      },
      pathChanged: (peer, previous) => {
        this.#emitToMember({ type: 'path:change', id: peer.id, path: peer.path, previous })
      },
    })
    this.#connector = new Connector(core, {
      send: (peer, way, frame) => this.#sendSetup(peer, way, frame),
      findWay: (peer) => this.#findWay(peer),
      prepareStream: (peer) => this.#prepareStream(peer),
      abandonStream: (peer) => {
        this.#abandonStream(peer)
      },
      confirmed: (peer, agreed) => {
        this.#confirmed(peer, agreed)
      },
      linkBound: (link) => {
        this.#linkBound(link)
      },
      linkLost: (link) => {
        this.#linkLost(link)
      },
    })
    this.#server = new ServerConnection(core, {
      introduced: (introduction) => {
        this.#introduced(introduction)
      },
      signal: (connection, payload) => {
        this.#connector.handleSetup(payload, { type: 'server', connection }, this.#peerAt(connection))
      },
      gone: (connection) => {
        const peer = this.#peerAt(connection)
        if (peer !== null) peer.connection = null
      },
      alone: () => {
        if (this.#phase.type === 'joining') this.#joined()
      },
      unlinked: () =>
        [...core.peers.values()].flatMap((peer) => (peer.link === null && peer.connection ? [peer.connection] : [])),
    })
  }

  get id(): string {
    return this.#core.id
  }

  get idBytes(): Uint8Array {
    return this.#core.idBytes
  }

  members(): readonly string[] {
    const here = [...this.#core.peers.values()].filter((peer) => peer.isHere)
    here.sort((a, b) => (a.arrival ?? 0) - (b.arrival ?? 0))
    return [this.id, ...here.map((peer) => peer.id)]
  }

  neighbors(): readonly string[] {
    return this.members().filter((id) => this.#core.peers.get(id)?.path.kind === 'direct')
  }

  peer(id: string): PeerView | null {
    const peer = this.#core.peers.get(id)
    const entry = this.#core.roster.get(id)
    if (!peer?.isHere || entry === undefined) return null
    return {
      id,
      identity: peer.certificate.identity,
      profile: entry.card.content.profile,
      bot: (entry.card.content.capabilities & CAPABILITY.BOT) !== 0,
      path: peer.path,
      rttMs: rttOfClass(rttClassOf(peer.rttMs)),
    }
  }

  stats(): EngineStats {
    const peers = [...this.#core.peers.values()]
    return {
      members: this.members().length,
      links: [...this.#core.boundLinks()].length,
      sessions: peers.filter((peer) => peer.session !== null).length,
      pendingHandshakes: peers.filter((peer) => peer.setup.type !== 'idle').length,
      ...this.#core.counters,
      bytesUnacknowledged: peers.reduce((sum, peer) => sum + (peer.stream?.outbox.unacknowledgedBytes ?? 0), 0),
    }
  }

  step(event: EngineEvent, nowMs: number, effects: Effects): void {
    if (this.#phase.type === 'left') return
    this.#core.nowMs = Math.max(this.#core.nowMs, nowMs)
    this.#core.effects = effects
    switch (event.type) {
      case 'start':
        return this.#start()
      case 'carrier:open':
        return this.#carrierOpen(event)
      case 'carrier:closed':
        return this.#carrierClosed(event.carrier, event.code, event.reason)
      case 'carrier:bytes':
        return this.#carrierBytes(event.carrier, event.lane, event.bytes)
      case 'carrier:room':
        return this.#carrierRoom(event.carrier, event.lane, event.bytes)
      case 'link:signal':
        return this.#connector.handleLocalSignal(event.carrier, event.kind, event.bytes)
      case 'submit':
        return this.#sender.submit(event)
      case 'hint':
        return this.#hint()
      case 'leave':
        return this.#beginLeave(event.now)
      case 'timer':
        return this.#timer()
    }
  }

  // Carriers

  #start(): void {
    if (this.#phase.type !== 'made') return
    this.#phase = { type: 'joining', graceMs: Infinity, expected: null }
    this.#publisher.start()
    if (this.#core.options.server) this.#server.start()
    this.#core.tickAt(this.#core.nowMs)
  }

  #carrierOpen(event: EngineEvent & { type: 'carrier:open' }): void {
    if (this.#server.owns(event.carrier)) return this.#server.handleOpen(event.room.reliable)
    const link = this.#core.links.get(event.carrier)
    if (link?.state !== 'opening') return
    link.pace.report(event.room.reliable, this.#core.nowMs)
    link.binding = event.binding
    this.#connector.handleLinkOpen(link)
  }

  #carrierClosed(carrier: CarrierId, code: number | undefined, reason: string): void {
    if (this.#server.owns(carrier)) {
      for (const peer of this.#core.peers.values()) peer.connection = null
      return this.#server.handleClosed(code, reason)
    }
    const link = this.#core.links.get(carrier)
    if (link) this.#connector.handleLinkClosed(link)
  }

  #carrierRoom(carrier: CarrierId, lane: Lane, bytes: number): void {
    if (this.#server.owns(carrier)) return this.#server.handleRoom(bytes)
    const link = this.#core.links.get(carrier)
    if (!link) return
    // Only goodbyes go by the unreliable lane, and they ask for no room.
    if (lane === 'unreliable') return
    link.pace.report(bytes, this.#core.nowMs)
    this.#core.wakeNow()
  }

  #carrierBytes(carrier: CarrierId, lane: Lane, bytes: Uint8Array): void {
    if (this.#server.owns(carrier)) return this.#server.handleBytes(bytes)
    const link = this.#core.links.get(carrier)
    if (!link) return
    this.#core.counters.bytesReceived += bytes.length
    try {
      this.#linkBytes(link, lane, bytes)
    } catch (error) {
      if (!(error instanceof DecodeError) && !(error instanceof ProtocolViolation)) throw error
      this.#core.effects.close(link.carrier, false)
      this.#connector.handleLinkClosed(link)
    }
  }

  #linkBytes(link: Link, lane: Lane, bytes: Uint8Array): void {
    if (link.state !== 'bound') {
      // The unreliable lane may be ahead of BIND; nothing on it matters enough to be kept.
      if (lane === 'reliable') this.#connector.handleBind(link, bytes)
      return
    }
    this.#liveness.heard(link.peer, link)
    switch (bytes[0]) {
      case FRAME.PACK:
        return this.#records(link.peer, link, bytes.subarray(1), link.session?.epoch === link.peer.epoch)
      case FRAME.RLY:
        {
          const address = this.#forwarder.take(bytes, link)
          if (address !== null) this.#relayed(encodeBase64url(address.src), bytes)
        }
        return
      case FRAME.RHS: {
        const address = this.#forwarder.take(bytes, link)
        if (address === null) return
        const from = this.#core.peers.get(encodeBase64url(address.src)) ?? null
        return this.#connector.handleSetup(relayedSetup(bytes), { type: 'mesh' }, from)
      }
      default:
        throw new ProtocolViolation('unknown frame')
    }
  }

  /** A sealed frame for me. Whatever is wrong with it may be a relay's doing: it is dropped, and no link is blamed. */
  #relayed(src: string, frame: Uint8Array): void {
    const peer = this.#core.peers.get(src)
    const session = peer?.sessionOf(decodeRelaySession(frame).session, equalBytes) ?? null
    const records = session?.openRelay(frame) ?? null
    if (!peer || session === null || records === null) return
    this.#connector.confirm(peer, session)
    this.#liveness.heard(peer, null)
    try {
      this.#records(peer, null, records, session.epoch === peer.epoch)
    } catch (error) {
      if (!(error instanceof DecodeError) && !(error instanceof ProtocolViolation)) throw error
      this.#leave(peer, 'removed')
    }
  }

  // Records

  #records(peer: Peer, link: Link | null, bytes: Uint8Array, isThisEpoch: boolean): void {
    const reader = new Reader(bytes)
    while (reader.left > 0) this.#record(peer, link, readRecord(reader), isThisEpoch)
  }

  #record(peer: Peer, link: Link | null, record: MemberRecord, isThisEpoch: boolean): void {
    switch (record.type) {
      case 'ping':
        return this.#liveness.handlePing(peer, link, record.id)
      case 'pong':
        return this.#liveness.handlePong(peer, record.id)
      case 'digest':
      case 'roster':
        if (link === null) throw new ProtocolViolation('roster record through a relay')
        return record.type === 'digest' ? this.#digest(link, record) : this.#rosterRecord(link, record.record)
      case 'ack':
        if (isThisEpoch) this.#acknowledged(peer, record)
        return
      case 'all':
      case 'one':
        if (isThisEpoch) this.#chunk(peer, record)
    }
  }

  #acknowledged(peer: Peer, ack: MemberRecord & { type: 'ack' }): void {
    if (ack.stream !== 0) throw new ProtocolViolation('stream was never opened')
    if (peer.stream === null) return
    if (!peer.stream.acknowledge(ack)) throw new ProtocolViolation('acknowledges what was never sent')
    this.#sender.resume()
    this.#core.wakeNow()
    if (this.#phase.type === 'draining') this.#core.tickAt(this.#core.nowMs)
  }

  #chunk(peer: Peer, chunk: AllChunk | OneChunk): void {
    if (chunk.stream !== 0) throw new ProtocolViolation('stream was never opened')
    const { stream } = peer
    if (stream === null) return
    const message = stream.receive(chunk, this.#core.nowMs)
    this.#reassembly.update(peer)
    this.#core.wakeAt(stream.ackDueMs ?? Infinity)
    if (message === null) return
    if (peer.isHere) this.#deliver(peer, message)
    else stream.held.push(message)
  }

  #deliver(peer: Peer, message: InMessage): void {
    if (this.#phase.type === 'draining') return
    this.#core.counters.messagesDelivered++
    this.#core.effects.deliver({ from: peer.id, ...message })
  }

  // Roster

  #spread(record: Uint8Array, except: Link | null): void {
    const encoded = encodeRecord({ type: 'roster', record })
    for (const link of this.#core.boundLinks()) if (link !== except) link.control.push(encoded)
    this.#core.wakeNow()
  }

  #digest(link: Link, digest: MemberRecord & { type: 'digest' }): void {
    for (const record of this.#core.roster.newerThan(digest.entries)) {
      link.control.push(encodeRecord({ type: 'roster', record }))
    }
    if (this.#phase.type === 'joining') {
      this.#phase.expected ??= digest.entries.map((entry) => encodeBase64url(entry.id))
    }
    this.#core.topologyChanged()
  }

  #rosterRecord(link: Link, bytes: Uint8Array): void {
    const change = this.#core.roster.accept(bytes, this.#core.nowMs)
    if (change === null) return
    this.#spread(bytes.slice(), link)
    const { entry } = change
    if (entry.links?.gone === true) this.#memberGone(entry.id)
    else {
      const peer = this.#connector.learn(entry.certificate)
      if (change.type === 'card' && !change.isNew && peer?.isHere === true) {
        this.#emitToMember({ type: 'member:update', id: entry.id })
      }
      // A record is signed: whoever signs is alive.
      if (peer !== null && change.type === 'links') peer.lastHeardMs = this.#core.nowMs
    }
    this.#core.topologyChanged()
  }

  #memberGone(id: string): void {
    const peer = this.#core.peers.get(id)
    if (!peer) return
    this.#leave(peer, 'goodbye')
    this.#core.peers.delete(id)
  }

  // Setting up

  #introduced(introduction: Introduction): void {
    const { suite, options } = this.#core
    const certificate = openHello(suite, options.keys, introduction.hello)
    const peer = certificate && this.#connector.learn(certificate)
    if (!peer) return
    peer.connection = introduction.connection.slice()
    this.#connector.consider(peer)
  }

  #peerAt(connection: Uint8Array): Peer | null {
    for (const peer of this.#core.peers.values()) {
      if (peer.connection !== null && equalBytes(peer.connection, connection)) return peer
    }
    return null
  }

  #findWay(peer: Peer): Way | null {
    if (this.#forwarder.linkTowards(peer.id) !== null) return { type: 'mesh' }
    if (peer.connection === null || !this.#server.isOpen) return null
    return { type: 'server', connection: peer.connection }
  }

  #sendSetup(peer: Peer, way: Way, frame: Uint8Array): boolean {
    if (way.type === 'server') return this.#server.signal(way.connection, frame)
    const link = this.#forwarder.linkTowards(peer.id)
    if (link === null) return false
    this.#forwarder.queue(link, { frame: encodeRelayedSetup(peer.idBytes, this.#core.idBytes, frame), from: link })
    return true
  }

  #prepareStream(peer: Peer): StreamStart {
    peer.stream ??= new PeerStream(
      this.#inbox({ firstBroadcast: 1, firstPrivate: 1 }),
      peer.nextPrivate,
      this.#sender.onAdmitted,
    )
    return { firstBroadcast: this.#sender.nextBroadcast, firstPrivate: peer.nextPrivate }
  }

  #inbox(start: StreamStart): Inbox {
    return new Inbox({
      maxBytes: this.#core.options.limits.messageBytes,
      myTag: this.#core.idBytes.subarray(0, 4),
      ...start,
    })
  }

  #abandonStream(peer: Peer): void {
    const { stream } = peer
    peer.stream = null
    this.#reassembly.update(peer)
    stream?.outbox.clear()
    this.#sender.resume()
  }

  #confirmed(peer: Peer, agreed: AgreedSession): void {
    this.#core.topologyChanged()
    if (agreed.session.epoch === peer.epoch || peer.stream === null) return
    // The other side lost what it had of me, so for both of us this is a new stay.
    if (peer.isHere) this.#notHere(peer, 'timeout')
    peer.epoch = agreed.session.epoch
    peer.stream.outbox.restart(agreed.own.firstBroadcast, agreed.own.firstPrivate)
    peer.stream.inbox = this.#inbox(agreed.theirs)
    peer.stream.held.length = 0
    this.#reassembly.update(peer)
  }

  #linkBound(link: Link): void {
    const { peer } = link
    const entry = this.#core.roster.get(this.#core.id)
    for (const record of [entry?.card.bytes, entry?.links?.bytes]) {
      if (record) link.control.push(encodeRecord({ type: 'roster', record }))
    }
    link.control.push(encodeRecord({ type: 'digest', entries: this.#core.roster.digest() }))
    this.#liveness.heard(peer, link)
    this.#liveness.ping(peer, link)
    this.#publisher.gained()
    if (this.#phase.type === 'joining' && this.#phase.graceMs === Infinity) {
      this.#phase = { ...this.#phase, graceMs: this.#core.nowMs + JOIN_GRACE_MS }
    }
    this.#core.tickAt(this.#core.nowMs)
    this.#core.topologyChanged()
  }

  #linkLost(link: Link): void {
    this.#forwarder.forget(link)
    this.#publisher.lost()
    this.#core.topologyChanged()
  }

  // Members

  #memberJoined(peer: Peer): void {
    this.#emitToMember({ type: 'member:join', id: peer.id })
    for (const message of peer.stream?.held.splice(0) ?? []) this.#deliver(peer, message)
    this.#reassembly.release()
  }

  #leave(peer: Peer, reason: LeaveReason): void {
    this.#connector.drop(peer)
    if (peer.isHere) this.#notHere(peer, reason)
    peer.path = noPath
    peer.pathKey = ''
    peer.ping = null
    peer.unansweredSinceMs = null
    peer.control.length = 0
    this.#server.askSoon()
    this.#core.topologyChanged()
  }

  #notHere(peer: Peer, reason: LeaveReason): void {
    peer.arrival = null
    this.#emitToMember({ type: 'member:leave', id: peer.id, reason })
  }

  /** No member events after leave() begins. */
  #emitToMember(notice: Parameters<Effects['emit']>[0]): void {
    if (this.#phase.type !== 'draining') this.#core.effects.emit(notice)
  }

  #joined(): void {
    this.#phase = { type: 'joined' }
    this.#core.effects.emit({ type: 'joined' })
  }

  #checkJoined(): void {
    if (this.#phase.type !== 'joining' || this.#phase.graceMs === Infinity) return
    const { expected } = this.#phase
    const isComplete = expected?.every((id) => this.#isSettled(id)) ?? false
    if (isComplete || this.#core.nowMs >= this.#phase.graceMs) this.#joined()
  }

  /** Here, or known to be no longer. */
  #isSettled(id: string): boolean {
    if (id === this.#core.id || this.#core.peers.get(id)?.isHere === true) return true
    const entry = this.#core.roster.get(id)
    return entry?.links !== null && entry !== undefined && !this.#core.roster.isFresh(entry, this.#core.nowMs)
  }

  // Time

  #hint(): void {
    this.#server.hurry()
    this.#connector.hurry()
    this.#liveness.probe()
  }

  #timer(): void {
    const wakeMs = this.#core.takeWake()
    if (wakeMs !== Infinity) this.#liveness.slept(this.#core.nowMs - wakeMs)
    if (this.#core.takeTick()) this.#tick()
    if (this.#core.isTopologyDirty) this.#refresh()
    this.#checkJoined()
    this.#writer.flush()
    this.#checkDrained()
  }

  #tick(): void {
    const hasLinks = !this.#core.boundLinks().next().done
    const deadlines = [
      this.#liveness.tick(),
      this.#connector.tick(),
      this.#server.tick(hasLinks),
      this.#publisher.tick(),
      this.#phase.type === 'joining' ? this.#phase.graceMs : Infinity,
      this.#phase.type === 'draining' ? this.#phase.untilMs : Infinity,
    ]
    this.#core.roster.prune(this.#core.nowMs, (id) => id === this.#core.id || this.#core.peers.has(id))
    const next = Math.min(...deadlines)
    if (next !== Infinity) this.#core.tickAt(next)
  }

  #refresh(): void {
    this.#core.isTopologyDirty = false
    this.#membership.refresh()
    for (const peer of [...this.#core.peers.values()]) this.#connector.consider(peer)
  }

  // Leaving

  #beginLeave(now: boolean): void {
    const untilMs = now ? this.#core.nowMs : this.#core.nowMs + DRAIN_MS
    this.#phase = { type: 'draining', untilMs }
    if (now || !this.#owes()) this.#finishLeave()
    else this.#core.tickAt(untilMs)
  }

  #owes(): boolean {
    return [...this.#core.peers.values()].some((peer) => peer.isHere && peer.stream?.outbox.isEmpty === false)
  }

  #checkDrained(): void {
    if (this.#phase.type !== 'draining') return
    if (!this.#owes() || this.#core.nowMs >= this.#phase.untilMs) this.#finishLeave()
  }

  /**
   * Says goodbye on both lanes of every link, whatever room they have: on the reliable one it comes after what is on
   * its way, on the other one it comes even when that is stuck.
   */
  #finishLeave(): void {
    this.#writer.flush()
    const goodbye = encodeRecord({ type: 'roster', record: this.#publisher.goodbye() })
    const frame = concatBytes(Uint8Array.of(FRAME.PACK), goodbye)
    for (const link of [...this.#core.links.values()]) {
      if (link.state === 'bound') {
        this.#core.effects.write(link.carrier, 'reliable', frame)
        this.#core.effects.write(link.carrier, 'unreliable', frame)
      }
      this.#core.effects.close(link.carrier, link.state === 'bound')
    }
    this.#server.leave()
    this.#phase = { type: 'left' }
    for (const peer of this.#core.peers.values()) peer.stream?.outbox.clear()
    this.#core.peers.clear()
    this.#core.links.clear()
    this.#core.links.clear()
    this.#core.peers.clear()
    this.#core.effects.emit({ type: 'left' })
  }
}
