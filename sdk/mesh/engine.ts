import { FRAME } from '../protocol/codes.js'
import { encodeRecord } from '../protocol/records.js'
import { CAPABILITY } from '../protocol/roster-record.js'
import type { Introduction } from '../protocol/server-frames.js'
import { encodeBase64url } from '../util/base64url.js'
import { concatBytes } from '../util/bytes.js'
import { Core } from './core.js'
import type { CarrierId, Effects, EngineEvent, LeaveReason } from './events.js'
import { countHoldings, type EngineHoldings } from './holdings.js'
import { Inbound } from './inbound.js'
import type { Link } from './link.js'
import { Liveness } from './liveness/liveness.js'
import { PathWatch } from './liveness/path-watch.js'
import { Predecessors } from './liveness/predecessors.js'
import { Probes } from './liveness/probes.js'
import { Membership } from './membership.js'
import type { EngineOptions, EngineStats, PathView, PeerView } from './options.js'
import { noPath, type AgreedSession, type Peer } from './peer.js'
import { Gossip } from './roster/gossip.js'
import { Publisher } from './roster/publisher.js'
import type { RosterChange } from './roster/roster.js'
import { rttClassOf, rttOfClass } from './roster/rtt-class.js'
import { Forwarder } from './route/forwarder.js'
import { Paths } from './route/paths.js'
import { Router } from './route/router.js'
import { Spreader } from './route/spreader.js'
import { Trees } from './route/tree.js'
import { openHello } from './session/hello.js'
import { Connector } from './setup/connector.js'
import { Dialer } from './setup/dialer.js'
import { Doorstep } from './setup/doorstep.js'
import { LinkChoice } from './setup/link-choice.js'
import { LinkPlan } from './setup/link-plan.js'
import { KeptLinks } from './setup/kept-links.js'
import { ServerConnection } from './setup/server-connection.js'
import { Ways } from './setup/ways.js'
import { Reassembly } from './stream/reassembly.js'
import { Streams } from './stream/streams.js'
import { OwnTree } from './stream/own-tree.js'
import { TreeSender } from './stream/tree-sender.js'
import { Writer } from './stream/writer.js'

/** How long the members that the first neighbor knows may take to confirm before `joined` comes all the same. */
const JOIN_GRACE_MS = 500
/** How long a leave waits for what is not acknowledged. */
const DRAIN_MS = 500

type Phase =
  | { readonly type: 'made' }
  /** Until a first link is bound; then for the others at most until `graceMs`. */
  | { readonly type: 'joining'; readonly graceMs: number }
  | { readonly type: 'joined' }
  /** Members are there, and none makes a session with me: my owner was told. */
  | { readonly type: 'rejected' }
  /** Nothing is open, and nothing is done until a hint. */
  | { readonly type: 'suspended'; readonly sinceMs: number }
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
  readonly #forwarder: Forwarder
  readonly #links: LinkChoice
  readonly #connector: Connector
  readonly #server: ServerConnection
  readonly #doorstep: Doorstep
  readonly #dialer: Dialer
  readonly #kept: KeptLinks
  readonly #ways: Ways
  readonly #gossip: Gossip
  readonly #publisher: Publisher
  readonly #membership: Membership
  readonly #liveness: Liveness
  readonly #predecessors: Predecessors
  readonly #paths: Paths
  readonly #pathWatch: PathWatch
  readonly #reassembly: Reassembly
  readonly #tree: OwnTree
  readonly #streams: Streams
  readonly #inbound: Inbound
  readonly #writer: Writer
  #phase: Phase = { type: 'made' }

  constructor(options: EngineOptions, nowMs: number) {
    const core = new Core(options, nowMs)
    const router = new Router(core.roster, core.id)
    const paths = new Paths(core, router)
    this.#paths = paths
    const trees = new Trees(router)
    const reassembly = new Reassembly(core, (peer) => {
      this.#memberLost(peer, 'removed')
    })
    const plan = new LinkPlan(core)
    this.#core = core
    this.#reassembly = reassembly
    this.#forwarder = new Forwarder(core, router)
    this.#tree = new OwnTree(core, trees, {
      isPartial: () => plan.isPartial,
      admits: (peer) => this.#connector.admits(peer),
    })
    this.#streams = new Streams(core, reassembly, (stream) => new TreeSender(core, this.#tree, this.#forwarder, stream))
    this.#writer = new Writer(core, reassembly, this.#streams)
    this.#gossip = new Gossip(core, (change) => {
      this.#rosterChanged(change)
    })
    this.#publisher = new Publisher(core, {
      spread: (record) => {
        this.#gossip.spread(record)
      },
      renewed: () => {
        this.#server.update()
      },
    })
    const probes = new Probes(core, paths, this.#forwarder)
    this.#liveness = new Liveness(core, paths, probes, (peer) => {
      // Who said goodbye for a while, and stays away, has kept to it.
      const isAway = core.roster.get(peer.id)?.links?.away === true
      this.#memberLost(peer, isAway ? 'goodbye' : 'timeout')
    })
    this.#predecessors = new Predecessors(core, this.#liveness, probes, (peer) => {
      this.#memberLost(peer, 'replaced')
    })
    this.#pathWatch = new PathWatch(core, paths, this.#liveness, probes)
    this.#membership = new Membership(core, router, paths, {
      joined: (peer) => {
        core.notify({ type: 'member:join', id: peer.id })
        this.#streams.release(peer)
      },
      pathChanged: (peer, previous) => {
        core.notify({ type: 'path:change', id: peer.id, path: peer.path, previous })
      },
      unproved: (peer) => {
        this.#liveness.prove(peer)
      },
    })
    this.#server = new ServerConnection(core, {
      introduced: (introduction) => {
        this.#introduced(introduction)
      },
      signal: (connection, payload) => {
        this.#connector.handleSetup(payload, { type: 'server', connection }, this.#ways.peerAt(connection))
      },
      gone: (connection) => {
        const peer = this.#ways.peerAt(connection)
        if (peer !== null) this.#connector.handleGone(peer)
      },
      alone: () => {
        if (this.#phase.type === 'joining') this.#joined()
      },
      reach: () => this.#ways.reach(),
      unlinked: () => this.#ways.unlinked(),
    })
    this.#doorstep = new Doorstep(core, {
      learn: (introduced) => this.#connector.learn(introduced),
      setup: (frame, way, from) => {
        this.#connector.handleSetup(frame, way, from)
      },
      begin: (peer) => {
        this.#connector.begin(peer)
      },
      confirm: (peer, session) => {
        this.#connector.confirm(peer, session)
      },
      attached: (link, waiting) => {
        this.#attached(link, waiting)
      },
      lost: (carrier) => {
        this.#connector.handleSocketLost(carrier)
      },
    })
    this.#dialer = new Dialer(core, this.#doorstep, plan)
    this.#kept = new KeptLinks(core, {
      recovered: (peer) => {
        this.#connector.handleRecovered(peer)
      },
      setup: (frame, way, from) => {
        this.#connector.handleSetup(frame, way, from)
      },
    })
    this.#ways = new Ways(core, this.#forwarder, this.#server, this.#doorstep, this.#kept)
    this.#links = new LinkChoice(core, (link) => {
      this.#linkBound(link)
    })
    this.#connector = new Connector(core, this.#links, plan, {
      send: (peer, way, frame) => this.#ways.send(peer, way, frame),
      findWay: (peer) => this.#ways.find(peer),
      patienceMs: (peer, way, failures) => this.#ways.patienceMs(peer, way, failures),
      prepareStream: (peer) => this.#streams.prepare(peer),
      abandonStream: (peer) => {
        this.#streams.abandon(peer)
      },
      confirmed: (peer, agreed) => {
        this.#sessionConfirmed(peer, agreed)
      },
      linkLost: (link) => {
        this.#linkLost(link)
      },
      learnt: (peer) => {
        this.#predecessors.handleNewcomer(peer)
      },
    })
    this.#inbound = new Inbound({
      core,
      forwarder: this.#forwarder,
      spreader: new Spreader(core, trees, this.#forwarder),
      connector: this.#connector,
      links: this.#links,
      liveness: this.#liveness,
      probes,
      gossip: this.#gossip,
      kept: this.#kept,
      streams: this.#streams,
      expel: (peer) => {
        this.#memberLost(peer, 'removed')
      },
    })
  }

  get id(): string {
    return this.#core.id
  }

  get idBytes(): Uint8Array {
    return this.#core.idBytes
  }

  /** A name for a carrier that arrives. */
  newCarrier(): CarrierId {
    return this.#core.nextCarrier()
  }

  /** Who is here, mine first, then in the order that they came. */
  members(): readonly string[] {
    const here = [...this.#core.peers.values()].filter((peer) => peer.isHere)
    here.sort((a, b) => (a.arrival ?? 0) - (b.arrival ?? 0))
    return [this.id, ...here.map((peer) => peer.id)]
  }

  /** Members reached by a link of my own. */
  neighbors(): readonly string[] {
    return this.members().filter((id) => this.#core.peers.get(id)?.path.kind === 'direct')
  }

  /** Another member that is here, or `null`. */
  peer(id: string): PeerView | null {
    const peer = this.#core.peers.get(id)
    const entry = this.#core.roster.get(id)
    if (!peer?.isHere || entry === undefined) return null
    return {
      id,
      identity: peer.certificate.identity,
      profile: entry.card.content.profile,
      bot: (entry.card.capabilities & CAPABILITY.BOT) !== 0,
      path: peer.path,
      rttMs: rttOfClass(rttClassOf(peer.rttMs)),
    }
  }

  /** How another member that is here is reached, or `null`. */
  path(id: string): PathView | null {
    const peer = this.#core.peers.get(id)
    if (!peer?.isHere) return null
    const spare = this.#paths.spare(peer)
    return { id, rttMs: peer.rttMs, spare: spare && { via: spare.route.via, rttMs: spare.rttMs } }
  }

  stats(): EngineStats {
    const peers = [...this.#core.peers.values()]
    return {
      members: this.members().length,
      links: [...this.#core.boundLinks()].length,
      sessions: peers.filter((peer) => peer.session !== null).length,
      pendingHandshakes: peers.filter((peer) => peer.setup.type !== 'idle').length,
      ...this.#core.counters,
      dropped: { ...this.#core.counters.dropped },
      bytesUnacknowledged: peers.reduce((sum, peer) => sum + (peer.streams?.unacknowledgedBytes ?? 0), 0),
    }
  }

  holdings(): EngineHoldings {
    return countHoldings(this.#core)
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
      case 'carrier:arrived':
        // It was under way when the page was put away.
        if (this.#phase.type === 'suspended') return effects.close(event.carrier, 'now')
        return this.#doorstep.handleArrived(event.carrier, event.room)
      case 'carrier:closed':
        return this.#carrierClosed(event)
      case 'carrier:bytes':
        return this.#carrierBytes(event)
      case 'carrier:room':
        return this.#carrierRoom(event)
      case 'link:signal':
        return this.#connector.handleLocalSignal(event.carrier, event.kind, event.bytes)
      case 'submit':
        return this.#streams.submit(event)
      case 'post':
        return this.#streams.post(event)
      case 'stream:open':
        return this.#streams.open(event)
      case 'stream:pause':
        return this.#streams.pause(this.#core.peers.get(event.from), event.stream, event.isPaused)
      case 'stream:close':
        return this.#streams.close(event.stream)
      case 'stream:cut':
        return this.#streams.cut(event.stream)
      case 'hint':
        return this.#hint()
      case 'suspend':
        return this.#suspend()
      case 'leave':
        return this.#beginLeave(event.now)
      case 'timer':
        return this.#timer()
    }
  }

  #start(): void {
    if (this.#phase.type !== 'made') return
    this.#phase = { type: 'joining', graceMs: Infinity }
    this.#publisher.start()
    if (this.#core.options.server) this.#server.start()
    this.#core.tickAt(this.#core.nowMs)
  }

  #carrierOpen(event: EngineEvent & { type: 'carrier:open' }): void {
    if (this.#server.owns(event.carrier)) return this.#server.handleOpen(event.room.reliable)
    if (this.#doorstep.owns(event.carrier)) return this.#doorstep.handleOpen(event.carrier, event.room.reliable)
    const link = this.#core.links.get(event.carrier)
    if (link?.state !== 'opening') return
    link.pace.report(event.room.reliable, this.#core.nowMs)
    link.reportUnreliable(event.room.unreliable)
    link.binding = event.binding
    this.#connector.handleLinkOpen(link)
  }

  #carrierClosed(event: EngineEvent & { type: 'carrier:closed' }): void {
    if (this.#server.owns(event.carrier)) {
      this.#ways.forgetConnections()
      this.#connector.handleServerLost()
      return this.#server.handleClosed(event.code, event.reason)
    }
    if (this.#doorstep.owns(event.carrier)) return this.#doorstep.handleClosed(event.carrier)
    const link = this.#core.links.get(event.carrier)
    if (link) this.#connector.handleLinkClosed(link)
  }

  #carrierBytes(event: EngineEvent & { type: 'carrier:bytes' }): void {
    if (this.#server.owns(event.carrier)) return this.#server.handleBytes(event.bytes)
    if (this.#doorstep.owns(event.carrier)) return this.#doorstep.handleBytes(event.carrier, event.bytes)
    const link = this.#core.links.get(event.carrier)
    if (link) this.#inbound.handle(link, event.lane, event.bytes)
  }

  #carrierRoom(event: EngineEvent & { type: 'carrier:room' }): void {
    if (this.#server.owns(event.carrier)) return this.#server.handleRoom(event.bytes)
    if (this.#doorstep.owns(event.carrier)) return this.#doorstep.handleRoom(event.carrier, event.bytes)
    const link = this.#core.links.get(event.carrier)
    if (!link) return
    if (event.lane === 'unreliable') link.reportUnreliable(event.bytes)
    else link.pace.report(event.bytes, this.#core.nowMs, event.bulk)
    if (link.isAwaited || this.#core.busy.size > 0) this.#core.wakeNow()
  }

  #introduced(introduction: Introduction): void {
    const { suite, options } = this.#core
    const introduced = openHello(suite, options.keys, introduction.hello)
    const peer = introduced && this.#connector.learn(introduced)
    // Of another group or version, or one too many.
    if (!peer) return this.#core.log?.('warn', 'introduced:unfit', { isReadable: introduced !== null })
    this.#core.log?.('debug', 'introduced', { member: peer.id, isInitiator: peer.isInitiator })
    const connection = encodeBase64url(introduction.connection)
    const isWhereItWas = peer.connection === connection
    peer.connection = connection
    peer.began(this.#core.nowMs)
    if (!isWhereItWas) this.#connector.handleMoved(peer)
    this.#connector.consider(peer)
    if (this.#connector.isExpected(peer)) this.#core.effects.expectLink(peer.id)
  }

  #rosterChanged(change: RosterChange): void {
    const { entry } = change
    if (entry.links?.gone === true) {
      const peer = this.#core.peers.get(entry.id)
      if (peer) this.#memberLost(peer, 'goodbye')
      this.#core.peers.delete(entry.id)
      return
    }
    const { certificate, card } = entry
    const peer = this.#connector.learn({ certificate, providers: card.content.providers })
    if (peer === null) return
    if (change.type === 'card') {
      this.#connector.handleCard(peer)
      if (!change.isNew && peer.isHere) this.#core.notify({ type: 'member:update', id: entry.id })
      return
    }
    peer.showed(this.#core.nowMs)
    if (entry.links?.away === true) this.#memberAway(peer)
    else peer.isAway = false
  }

  #sessionConfirmed(peer: Peer, agreed: AgreedSession): void {
    this.#core.recordsChanged()
    // The other side lost what it had of me, so for both of us this is a new stay.
    if (this.#streams.adopt(peer, agreed) && peer.isHere) {
      this.#notHere(peer, 'timeout')
      this.#core.topologyChanged()
    }
    this.#liveness.handleSession(peer)
    this.#doorstep.handleSession(peer)
  }

  #attached(link: Link, waiting: readonly Uint8Array[]): void {
    this.#dialer.handleAttached(link.peer.id)
    this.#links.adopt(link)
    for (const frame of waiting) this.#ways.send(link.peer, { type: 'mesh' }, frame)
  }

  #linkBound(link: Link): void {
    this.#core.log?.('debug', 'link:bound', { member: link.peer.id, carrier: link.carrier })
    this.#core.effects.linkBound(link.carrier, link.peer.id)
    this.#kept.drop(link.peer, true)
    this.#gossip.greet(link)
    this.#liveness.heard(link.peer, link)
    this.#liveness.ping(link.peer, link)
    if (this.#phase.type === 'joining' && this.#phase.graceMs === Infinity) {
      this.#phase = { type: 'joining', graceMs: this.#core.nowMs + JOIN_GRACE_MS }
    }
    this.#core.tickAt(this.#core.nowMs)
    this.#core.topologyChanged()
  }

  #linkLost(link: Link): void {
    this.#forwarder.forget(link)
    this.#core.topologyChanged()
  }

  /** It keeps its place for as long as one that is silent. */
  #memberAway(peer: Peer): void {
    this.#connector.handleAway(peer)
    this.#kept.drop(peer, false)
    this.#doorstep.drop(peer)
    this.#forwarder.forgetWay(peer.id)
  }

  #memberLost(peer: Peer, reason: LeaveReason): void {
    this.#core.log?.('debug', 'member:lost', { member: peer.id, reason, silentMs: this.#core.nowMs - peer.lastHeardMs })
    // It may be the network that is silent, and then the link may outlast that.
    if (reason === 'timeout' || reason === 'replaced') this.#connector.drop(peer, (link) => this.#kept.keep(link))
    else {
      this.#connector.drop(peer, reason === 'goodbye' ? 'by-other' : 'now')
      this.#kept.drop(peer, false)
    }
    this.#doorstep.drop(peer)
    if (peer.isHere) this.#notHere(peer, reason)
    peer.setPath(noPath, null)
    peer.ping = null
    peer.unansweredSinceMs = null
    peer.dropControl()
    this.#server.askSoon()
    this.#core.topologyChanged()
  }

  #notHere(peer: Peer, reason: LeaveReason): void {
    peer.arrival = null
    this.#core.hereCount--
    this.#core.notify({ type: 'member:leave', id: peer.id, reason })
  }

  #joined(): void {
    this.#phase = { type: 'joined' }
    this.#core.effects.emit({ type: 'joined' })
  }

  #rejected(): void {
    this.#phase = { type: 'rejected' }
    this.#core.effects.emit({ type: 'rejected' })
  }

  #checkJoined(): void {
    if (this.#phase.type !== 'joining') return
    if (this.#phase.graceMs === Infinity) {
      if (this.#connector.isShutOut) this.#rejected()
      return
    }
    const isComplete = this.#gossip.firstDigest?.every((id) => this.#isSettled(id)) ?? false
    if (isComplete || this.#core.nowMs >= this.#phase.graceMs) this.#joined()
  }

  /** Here, or known to be no longer. */
  #isSettled(id: string): boolean {
    if (id === this.#core.id || this.#core.peers.get(id)?.isHere === true) return true
    const entry = this.#core.roster.get(id)
    return entry?.links !== null && entry !== undefined && !this.#core.roster.isFresh(entry, this.#core.nowMs)
  }

  #hint(): void {
    if (this.#phase.type === 'suspended') this.#resume(this.#phase.sinceMs)
    this.#server.hurry()
    this.#connector.hurry()
    this.#liveness.probe()
  }

  #suspend(): void {
    if (this.#phase.type !== 'joined') return
    this.#phase = { type: 'suspended', sinceMs: this.#core.nowMs }
    this.#sayGoodbye(this.#publisher.away())
    this.#doorstep.clear()
    this.#kept.clear()
    this.#predecessors.clear()
    this.#connector.suspend()
    this.#ways.forgetConnections()
    this.#server.suspend()
    for (const peer of this.#core.peers.values()) peer.dropControl()
    this.#core.forgetTopology()
    this.#membership.refresh()
  }

  #resume(sinceMs: number): void {
    this.#phase = { type: 'joined' }
    // What was asked for before lies in the past by now, and would be taken for another sleep.
    this.#core.takeWake()
    this.#liveness.slept(this.#core.nowMs - sinceMs)
    this.#publisher.resume()
    if (this.#core.options.server) this.#server.resume()
    this.#core.tickAt(this.#core.nowMs)
  }

  #timer(): void {
    const wakeMs = this.#core.takeWake()
    if (this.#phase.type === 'suspended') return
    const lateMs = wakeMs === Infinity ? 0 : this.#core.nowMs - wakeMs
    this.#liveness.slept(lateMs)
    this.#predecessors.late(lateMs)
    if (this.#core.takeTick()) this.#tick()
    if (this.#core.takeTopologyDirty()) this.#refresh()
    this.#checkJoined()
    this.#streams.failStalled()
    this.#writer.flush()
    this.#pathWatch.watch(lateMs)
    this.#core.rest()
    this.#checkDrained()
  }

  #tick(): void {
    const next = Math.min(
      this.#liveness.tick(),
      this.#predecessors.tick(),
      this.#connector.tick(),
      this.#server.tick(),
      this.#doorstep.tick(),
      this.#gossip.tick(),
      this.#dialer.tick(),
      this.#kept.tick(),
      this.#publisher.tick(),
      this.#reassembly.tick(),
      this.#phase.type === 'joining' ? this.#phase.graceMs : Infinity,
      this.#phase.type === 'draining' ? this.#phase.untilMs : Infinity,
    )
    this.#core.roster.prune(
      this.#core.nowMs,
      (entry) => entry.id === this.#core.id || this.#core.peers.has(entry.id) || this.#dialer.remembers(entry),
    )
    if (next !== Infinity) this.#core.tickAt(next)
  }

  #refresh(): void {
    if (this.#publisher.review()) this.#gossip.catchUp()
    this.#membership.refresh()
    this.#tree.refresh()
    this.#streams.refreshTrees()
    for (const peer of [...this.#core.peers.values()]) this.#connector.consider(peer)
  }

  #beginLeave(now: boolean): void {
    const untilMs = now ? this.#core.nowMs : this.#core.nowMs + DRAIN_MS
    const isSuspended = this.#phase.type === 'suspended'
    this.#phase = { type: 'draining', untilMs }
    this.#core.isLeaving = true
    if (now || isSuspended || !this.#streams.isOwing) this.#finishLeave()
    else this.#core.tickAt(untilMs)
  }

  #checkDrained(): void {
    if (this.#phase.type !== 'draining') return
    if (!this.#streams.isOwing || this.#core.nowMs >= this.#phase.untilMs) this.#finishLeave()
  }

  #finishLeave(): void {
    this.#sayGoodbye(this.#publisher.goodbye())
    for (const link of this.#core.links.values())
      this.#core.effects.close(link.carrier, link.state === 'bound' ? 'drained' : 'now')
    this.#doorstep.clear()
    this.#server.leave()
    this.#phase = { type: 'left' }
    this.#streams.clear()
    this.#core.peers.clear()
    this.#core.links.clear()
    this.#core.busy.clear()
    this.#core.effects.emit({ type: 'left' })
  }

  /**
   * On both lanes of every link, whatever room they have: on the reliable one it comes after what is on its way, on the
   * other one it comes even when that is stuck.
   */
  #sayGoodbye(record: Uint8Array): void {
    this.#writer.flush()
    const frame = concatBytes(Uint8Array.of(FRAME.PACK), encodeRecord({ type: 'roster', record }))
    for (const link of this.#core.boundLinks()) {
      this.#core.write(link, 'reliable', frame)
      this.#core.write(link, 'unreliable', frame)
    }
  }
}
