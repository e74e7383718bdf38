import type { CryptoSuite, HandshakeRole, KeyPair, SessionSecrets } from '../../sdk/crypto/suite.js'
import { Engine } from '../../sdk/mesh/engine.js'
import type {
  Acknowledged,
  CarrierId,
  DeliveryFailure,
  DeliveryReport,
  Effects,
  EngineEvent,
  EngineNotice,
  MessageKind,
  Delivery,
} from '../../sdk/mesh/events.js'
import type { EngineOptions } from '../../sdk/mesh/options.js'
import { issueCertificate, memberIdBytes } from '../../sdk/mesh/session/certificates.js'
import type { Lane } from '../../sdk/protocol/carrier.js'
import {
  decodeClientFrame,
  encodeServerFrame,
  type Introduction,
  type ServerFrame,
} from '../../sdk/protocol/server-frames.js'
import { compareBytes, encodeUtf8 } from '../../sdk/util/bytes.js'
import { createSimulatedCrypto, type GroupKeys } from '../simulation/crypto.js'
import { Random } from './random.js'

/** Far from zero, so that a time taken for "never" shows. */
const BEGIN_MS = 1_700_000_000_000
const LATENCY_MS = 1
const ROOM = 1_048_576
const MAX_EVENTS = 400_000

/** The keys of one handshake, as its two ends know them. */
export interface CapturedSession {
  readonly role: HandshakeRole
  readonly secrets: SessionSecrets
}

interface MemberKeys {
  readonly session: KeyPair
  readonly identity: KeyPair
}

interface LinkEnd {
  readonly member: TestMember
  readonly carrier: CarrierId
  readonly id: number
  other: LinkEnd | null
  state: 'new' | 'open' | 'closed'
  readonly isSocket?: boolean
}

/** What engines are made with beyond the usual, each for itself if need be. */
type OptionsOf = Partial<EngineOptions> | ((name: string) => Partial<EngineOptions>)

type Tamper = (bytes: Uint8Array, lane: Lane) => readonly Uint8Array[]

/**
 * A few real engines, links and a signaling server in memory, under virtual time: everything takes a millisecond and
 * arrives. Tests put frames of their own in, hold or change those on their way, and read what the engines do. An
 * engine that throws fails the test.
 */
export class MeshWorld {
  nowMs = BEGIN_MS
  readonly random: Random
  readonly suite: CryptoSuite
  readonly keys: GroupKeys
  readonly members: TestMember[] = []
  readonly server = new TestServer()
  readonly #refused = new Set<string>()
  readonly #stalled = new Map<string, (() => void)[]>()
  readonly ends = new Map<number, LinkEnd>()
  #queue: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = []
  #order = 0
  nextEnd = 1
  /** Somebody sits in between every link: each end sees the certificate of that one. */
  isTapped = false

  constructor(seed: number | string = 1) {
    this.random = new Random(seed)
    const { suite, keys } = createSimulatedCrypto(this.random)
    this.suite = suite
    this.keys = keys
  }

  /** Members that began and are not joined yet. `ids` sorts: the first has the smallest id, so it begins handshakes. */
  add(names: readonly string[], options: OptionsOf = {}): TestMember[] {
    const members = this.create(names, options)
    for (const member of members) member.step({ type: 'start' })
    return members
  }

  /** As `add`, but nothing has begun. */
  create(names: readonly string[], options: OptionsOf = {}): TestMember[] {
    const pairs = names.map(() => ({ session: this.suite.sessionKeys(), identity: this.suite.identityKeys() }))
    const idOf = ({ session, identity }: MemberKeys): Uint8Array =>
      memberIdBytes(this.suite, session.publicKey, identity.publicKey)
    pairs.sort((a, b) => compareBytes(idOf(a), idOf(b)))
    return names.map((name, index) => {
      const own = typeof options === 'function' ? options(name) : options
      const member = new TestMember(this, name, pairs[index] as MemberKeys, own)
      this.members.push(member)
      return member
    })
  }

  /** Members that all see each other. */
  static joined(names: readonly string[], options: Partial<EngineOptions> = {}, seed: number | string = 1): MeshWorld {
    const world = new MeshWorld(seed)
    world.add(names, options)
    world.runUntil(() => world.isWhole, 30_000)
    world.run(1_000)
    return world
  }

  get isWhole(): boolean {
    return this.members.every((member) => member.engine.members().length === this.members.length)
  }

  named(name: string): TestMember {
    const member = this.members.find((candidate) => candidate.name === name)
    if (!member) throw new Error(`no member ${name}`)
    return member
  }

  refuse(a: TestMember, b: TestMember): void {
    this.refuseNew(a, b)
    for (const end of this.ends.values()) if (end.member === a && end.other?.member === b) this.cut(end)
  }

  /** The link that they have stays, and no other one comes up. */
  refuseNew(a: TestMember, b: TestMember): void {
    this.#refused.add(`${a.name} ${b.name}`).add(`${b.name} ${a.name}`)
  }

  allow(a: TestMember, b: TestMember): void {
    this.#refused.delete(`${a.name} ${b.name}`)
    this.#refused.delete(`${b.name} ${a.name}`)
  }

  /** From now on links between the two are silent, both ways, and neither is told. */
  stall(a: TestMember, b: TestMember): void {
    this.#stalled.set(pairName(a, b), [])
  }

  /** What was written meanwhile arrives. */
  resume(a: TestMember, b: TestMember): void {
    const held = this.#stalled.get(pairName(a, b)) ?? []
    this.#stalled.delete(pairName(a, b))
    for (const arrive of held) this.later(arrive)
  }

  /** Between the two: now, or once the pair is no longer stalled. */
  carry(from: TestMember, to: TestMember, arrive: () => void): void {
    const held = this.#stalled.get(pairName(from, to))
    if (held) held.push(arrive)
    else this.later(arrive, LATENCY_MS + from.latencyMs + to.latencyMs)
  }

  isRefused(a: TestMember, b: TestMember): boolean {
    return this.#refused.has(`${a.name} ${b.name}`)
  }

  cut(end: LinkEnd): void {
    for (const side of [end, end.other]) {
      if (side === null || side.state === 'closed') continue
      side.state = 'closed'
      this.later(() => {
        side.member.step({ type: 'carrier:closed', carrier: side.carrier, reason: 'cut' })
      })
    }
  }

  later(run: () => void, inMs = LATENCY_MS): void {
    this.#queue.push({ atMs: this.nowMs + inMs, order: this.#order++, run })
    this.#queue.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
  }

  run(forMs: number): void {
    this.#runTo(this.nowMs + forMs, () => false)
  }

  runUntil(isDone: () => boolean, withinMs = 30_000): void {
    this.#runTo(this.nowMs + withinMs, isDone)
    if (!isDone()) throw new Error(`not so within ${String(withinMs)} ms`)
  }

  #runTo(untilMs: number, isDone: () => boolean): void {
    for (let count = 0; !isDone(); count++) {
      if (count > MAX_EVENTS) throw new Error('the world runs in circles')
      const next = this.#queue[0]
      if (next === undefined || next.atMs > untilMs) {
        this.nowMs = untilMs
        return
      }
      this.#queue.shift()
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.run()
    }
  }
}

/** One engine and what hosts it. */
export class TestMember {
  readonly world: MeshWorld
  readonly name: string
  readonly engine: Engine
  readonly session: KeyPair
  readonly identity: KeyPair
  readonly received: Delivery[] = []
  readonly streams: Parameters<Effects['streamOpened']>[0][] = []
  readonly bound: { readonly carrier: CarrierId; readonly memberId: string }[] = []
  readonly notices: EngineNotice[] = []
  readonly admitted: number[] = []
  readonly acknowledged: Acknowledged[] = []
  readonly reports: { readonly submission: number; readonly report: DeliveryReport }[] = []
  readonly failures: { readonly submission: number; readonly failure: DeliveryFailure }[] = []
  /** Carriers that this engine closed by itself. */
  readonly closed: CarrierId[] = []
  /** Those of them that it closed for what came over them. */
  readonly blamed: CarrierId[] = []
  /** Those of them that it leaves to the other end to close. */
  readonly leftToOther: CarrierId[] = []
  /** How many it has begun, or taken up to look whether they are any. */
  handshakes = 0
  /** Every handshake of this member, the newest last. */
  readonly sessions: CapturedSession[] = []
  readonly signaled: { readonly carrier: CarrierId; readonly bytes: Uint8Array }[] = []
  /** Sees what this member writes on links, and says what leaves instead. */
  tamper: Tamper | null = null
  /** The same for one carrier. */
  /** Its links fail before they have described themselves. */
  lacksEngine = false
  /** Whom it was to make a link ready for, each time. */
  readonly expected: string[] = []
  tamperLink: ((carrier: CarrierId, bytes: Uint8Array) => readonly Uint8Array[]) | null = null
  /** How often it asked for a timer. */
  wakes = 0
  /** It takes the trouble of reading a handshake message. */
  onRead: () => void = () => undefined
  /** Nothing happens to it any more, and nobody is told. */
  isDead = false
  /** How much longer what it writes and what it gets takes. */
  latencyMs = 0
  /** No timer that lies ahead comes sooner, as in a page that is hidden. */
  slowTimersMs = 0
  /** While it does not read, the others' links to it report no more room. */
  isReading = true
  /** Where it answers; at first what it shows. */
  addresses: readonly string[]
  readonly certificate: Uint8Array
  readonly dialed: string[] = []
  readonly #ends = new Map<CarrierId, LinkEnd>()
  #server: CarrierId | null = null
  #timerMs = Infinity
  readonly #effects: Effects

  constructor(world: MeshWorld, name: string, { session, identity }: MemberKeys, options: Partial<EngineOptions>) {
    this.world = world
    this.name = name
    this.session = session
    this.identity = identity
    this.addresses = options.addresses ?? []
    const { suite, keys } = world
    this.certificate = issueCertificate(suite, { identity: this.identity, session, topic: keys.topic }, world.nowMs)
    this.#effects = this.#createEffects()
    this.engine = new Engine(
      {
        suite: this.#captureSessions(world.suite),
        keys: world.keys,
        identity: this.identity,
        session,
        profile: encodeUtf8(`{"name":"${name}"}`),
        bot: false,
        addresses: [],
        dials: false,
        relay: true,
        server: true,
        canLink: () => true,
        limits: { messageBytes: 1_048_576, maxLinks: 32, stallMs: 5_000 },
        lingerMs: 10_000,
        ...options,
      },
      world.nowMs,
    )
  }

  get id(): string {
    return this.engine.id
  }

  get texts(): string[] {
    return this.received.map(({ bytes }) => new TextDecoder().decode(bytes))
  }

  get left(): string[] {
    return this.notices.flatMap((notice) => (notice.type === 'member:leave' ? [notice.id] : []))
  }

  step(event: EngineEvent): void {
    if (this.isDead) return
    this.engine.step(event, this.world.nowMs, this.#effects)
  }

  send(text: string, to: TestMember | 'all' = 'all'): void {
    this.sendBytes(encodeUtf8(text), to, 'text')
  }

  sendBytes(bytes: Uint8Array, to: TestMember | 'all' = 'all', kind: MessageKind = 'binary'): void {
    this.step({ type: 'submit', submission: 0, to: to === 'all' ? 'all' : to.id, kind, bytes })
  }

  /** Sends a message whose report, or failure, goes by this number. */
  sendConfirmed(submission: number, bytes: Uint8Array, to: TestMember | 'all' = 'all'): void {
    const id = to === 'all' ? 'all' : to.id
    this.step({ type: 'submit', submission, to: id, kind: 'binary', bytes, confirm: true })
  }

  reportOf(submission: number): DeliveryReport | null {
    return this.reports.find((entry) => entry.submission === submission)?.report ?? null
  }

  /** The open link to a member. */
  link(other: TestMember): LinkEnd {
    const ends = [...this.#ends.values()].filter((end) => end.state === 'open' && end.other?.member === other)
    const end = ends.at(-1)
    if (end === undefined) throw new Error(`${this.name} has no link to ${other.name}`)
    return end
  }

  openLinks(other: TestMember): LinkEnd[] {
    return [...this.#ends.values()].filter((end) => end.state === 'open' && end.other?.member === other)
  }

  /** Cuts one carrier for both of its ends. */
  cutCarrier(carrier: CarrierId): void {
    const end = this.#ends.get(carrier)
    if (end) this.world.cut(end)
  }

  hasLink(other: TestMember): boolean {
    return [...this.#ends.values()].some((end) => end.state === 'open' && end.other?.member === other)
  }

  /** Puts bytes on the link to another member, as if this one had written them. The engine here knows nothing of it. */
  inject(other: TestMember, bytes: Uint8Array, lane: Lane = 'reliable'): void {
    const { other: far } = this.link(other)
    if (far) this.#carry(far, lane, bytes)
  }

  /** Reads again, and the others hear of it. */
  read(): void {
    this.isReading = true
    for (const { other, state } of this.#ends.values()) {
      if (state === 'open' && other !== null) other.member.#giveRoom(other.carrier)
    }
  }

  /** The keys that this member and another agreed on last. */
  sessionWith(other: TestMember): CapturedSession {
    const marks = new Set(other.sessions.map(({ secrets }) => hex(secrets.hash)))
    const shared = this.sessions.filter(({ secrets }) => marks.has(hex(secrets.hash)))
    const last = shared.at(-1)
    if (last === undefined) throw new Error(`${this.name} and ${other.name} have no session`)
    return last
  }

  /** A socket that another end has opened. */
  accept(other: LinkEnd): void {
    const carrier = this.engine.newCarrier()
    const end: LinkEnd = { member: this, carrier, id: this.world.nextEnd++, other, state: 'open', isSocket: true }
    other.other = end
    this.#ends.set(carrier, end)
    this.world.ends.set(end.id, end)
    this.step({ type: 'carrier:arrived', carrier, room: ROOM })
  }

  /** A socket between the two that neither engine has asked for: an invitation. */
  connectSocket(bot: TestMember): void {
    const carrier = this.engine.newCarrier()
    const end: LinkEnd = { member: this, carrier, id: this.world.nextEnd++, other: null, state: 'open', isSocket: true }
    this.#ends.set(carrier, end)
    this.world.ends.set(end.id, end)
    bot.accept(end)
    this.step({ type: 'carrier:arrived', carrier, room: ROOM })
  }

  fromServer(bytes: Uint8Array): void {
    this.world.later(() => {
      if (this.#server !== null) {
        this.step({ type: 'carrier:bytes', carrier: this.#server, lane: 'reliable', bytes })
      }
    })
  }

  #captureSessions(suite: CryptoSuite): CryptoSuite {
    return {
      ...suite,
      start: (role, ...rest) => {
        this.handshakes++
        const handshake = suite.start(role, ...rest)
        return {
          write: (payload) => handshake.write(payload),
          read: (message) => {
            this.onRead()
            return handshake.read(message)
          },
          get remoteStatic() {
            return handshake.remoteStatic
          },
          split: () => {
            const secrets = handshake.split()
            this.sessions.push({ role, secrets })
            return secrets
          },
        }
      },
    }
  }

  #createEffects(): Effects {
    const { world } = this
    return {
      openServer: (carrier) => {
        this.#server = carrier
        world.later(() => {
          if (this.#server !== carrier) return
          world.server.opened(this)
          this.step({ type: 'carrier:open', carrier, room: { reliable: ROOM, unreliable: 0 }, binding: null })
        })
      },
      openLink: (carrier, _memberId, remote) => {
        if (this.lacksEngine) {
          world.later(() => {
            this.step({ type: 'carrier:closed', carrier, reason: 'no engine' })
          })
          return
        }
        const end: LinkEnd = { member: this, carrier, id: world.nextEnd++, other: null, state: 'new' }
        this.#ends.set(carrier, end)
        world.ends.set(end.id, end)
        const offerer = remote === null ? null : (world.ends.get(endOf(remote)) ?? null)
        if (offerer) {
          end.other = offerer
          offerer.other = end
        }
        world.later(() => {
          if (end.state !== 'new') return
          this.step({ type: 'link:signal', carrier, kind: 'description', bytes: describe(end.id) })
        })
      },
      expectLink: (id) => this.expected.push(id),
      dialLink: (carrier, address) => {
        this.dialed.push(address)
        const end: LinkEnd = { member: this, carrier, id: world.nextEnd++, other: null, state: 'new', isSocket: true }
        this.#ends.set(carrier, end)
        world.ends.set(end.id, end)
        world.later(() => {
          const other = world.members.find(({ addresses }) => addresses.includes(address))
          if (other === undefined || end.state !== 'new') return world.cut(end)
          end.state = 'open'
          other.accept(end)
          this.step({ type: 'carrier:open', carrier, room: { reliable: ROOM, unreliable: 0 }, binding: null })
        })
      },
      signalLink: (carrier, bytes) => {
        this.signaled.push({ carrier, bytes })
        const end = this.#ends.get(carrier)
        if (bytes[0] === DESCRIPTION && end) this.#connect(end, world.ends.get(endOf(bytes)) ?? null)
      },
      write: (carrier, lane, bytes) => {
        if (carrier === this.#server) {
          const frame = bytes.slice()
          world.later(() => {
            world.server.take(this, frame)
          })
          this.#giveRoom(carrier)
          return
        }
        const end = this.#ends.get(carrier)
        if (end?.state !== 'open') return
        // Some tests keep it.
        const frame = bytes.slice()
        const frames = this.tamperLink?.(carrier, frame) ?? this.tamper?.(frame, lane) ?? [frame]
        for (const sent of frames) if (end.other) this.#carry(end.other, lane, sent)
        this.#giveRoom(carrier)
      },
      close: (carrier, how) => {
        this.closed.push(carrier)
        if (how === 'misconduct') this.blamed.push(carrier)
        if (how === 'by-other') this.leftToOther.push(carrier)
        if (carrier === this.#server) {
          this.#server = null
          world.server.closed(this)
          return
        }
        const end = this.#ends.get(carrier)
        if (!end || end.state === 'closed') return
        end.state = 'closed'
        // What is on its way comes first.
        world.later(() => {
          if (end.other) world.cut(end.other)
        })
      },
      linkBound: (carrier, memberId) => {
        this.bound.push({ carrier, memberId })
      },
      deliver: (message) => {
        this.received.push(message)
      },
      streamOpened: (opened) => {
        this.streams.push(opened)
      },
      acknowledged: (acknowledged) => {
        this.acknowledged.push(acknowledged)
      },
      admitted: (submission) => {
        this.admitted.push(submission)
      },
      reported: (submission, report) => {
        this.reports.push({ submission, report })
      },
      failed: (submission, failure) => {
        this.failures.push({ submission, failure })
      },
      emit: (notice) => {
        this.notices.push(notice)
      },
      wake: (atMs) => {
        this.wakes++
        if (atMs <= world.nowMs && this.#timerMs < world.nowMs) this.#timerMs = Infinity
        const timer = Math.max(world.nowMs, atMs)
        if (timer >= this.#timerMs) return
        this.#timerMs = timer
        world.later(
          () => {
            // An earlier one was asked for meanwhile.
            if (this.#timerMs !== timer) return
            this.#timerMs = Infinity
            this.step({ type: 'timer' })
          },
          timer === world.nowMs ? 0 : Math.max(this.slowTimersMs, timer - world.nowMs),
        )
      },
    }
  }

  #connect(end: LinkEnd, other: LinkEnd | null): void {
    const { world } = this
    if (other === null || end.state !== 'new' || other.state !== 'new') return
    if (world.isRefused(this, other.member)) {
      world.cut(end)
      return
    }
    end.other = other
    other.other = end
    for (const side of [end, other]) {
      side.state = 'open'
      const far = world.isTapped ? TAP : (side.other as LinkEnd).id
      const binding = { local: fingerprint(side.id), remote: fingerprint(far) }
      world.later(() => {
        if (side.state !== 'open') return
        const room = { reliable: ROOM, unreliable: ROOM }
        side.member.step({ type: 'carrier:open', carrier: side.carrier, room, binding })
      })
    }
  }

  #carry(far: LinkEnd, lane: Lane, bytes: Uint8Array): void {
    const frame = bytes.slice()
    this.world.carry(this, far.member, () => {
      if (far.state !== 'open') return
      far.member.step({ type: 'carrier:bytes', carrier: far.carrier, lane, bytes: frame })
    })
  }

  #giveRoom(carrier: CarrierId): void {
    const { other } = this.#ends.get(carrier) ?? { other: null }
    if (other?.member.isReading === false) return
    this.world.later(() => {
      if (other?.member.isReading !== false) this.step({ type: 'carrier:room', carrier, lane: 'reliable', bytes: ROOM })
    })
  }
}

/** A signaling server in its simplest form; tests make it lie. */
class TestServer {
  readonly #present = new Map<TestMember, Introduction | null>()
  #next = 1
  /** Sees what members send it and answers whether it is dealt with. */
  tamper: ((member: TestMember, frame: ReturnType<typeof decodeClientFrame>) => boolean) | null = null
  /** Payloads of SIGNAL, in order. */
  readonly signals: { readonly from: TestMember; readonly to: TestMember; readonly payload: Uint8Array }[] = []

  opened(member: TestMember): void {
    this.#present.set(member, null)
  }

  closed(member: TestMember): void {
    this.#present.delete(member)
  }

  isPresent(member: TestMember): boolean {
    return this.#present.has(member) && this.#present.get(member) !== null
  }

  introductionOf(member: TestMember): Introduction {
    const introduction = this.#present.get(member)
    if (!introduction) throw new Error(`${member.name} is not at the server`)
    return introduction
  }

  take(member: TestMember, bytes: Uint8Array): void {
    const frame = decodeClientFrame(bytes)
    if (!this.#present.has(member) || this.tamper?.(member, frame)) return
    if (frame.type === 'join') {
      const connection = new Uint8Array(16).fill(this.#next++)
      const introductions = this.#others(member)
      this.#present.set(member, { connection, bot: frame.bot, full: frame.full, hello: frame.hello })
      this.send(member, { type: 'welcome', connection, empty: introductions.length === 0, introductions })
      for (const [other, introduction] of this.#present) {
        if (other === member || introduction === null) continue
        this.send(other, { type: 'introduced', ...this.introductionOf(member) })
      }
    } else if (frame.type === 'signal') this.#signal(member, frame.connection, frame.payload)
    else if (frame.type === 'ask') {
      this.send(member, { type: 'introductions', empty: false, introductions: this.#others(member) })
    }
  }

  send(member: TestMember, frame: ServerFrame): void {
    member.fromServer(encodeServerFrame(frame))
  }

  /** Passes a payload on, as if one member had sent it to another. */
  pass(from: TestMember, to: TestMember, payload: Uint8Array): void {
    this.send(to, { type: 'signal', connection: this.introductionOf(from).connection, payload })
  }

  #signal(member: TestMember, connection: Uint8Array, payload: Uint8Array): void {
    for (const [other, introduction] of this.#present) {
      if (introduction === null || hex(introduction.connection) !== hex(connection)) continue
      this.signals.push({ from: member, to: other, payload })
      this.pass(member, other, payload)
    }
  }

  #others(member: TestMember): Introduction[] {
    const others = [...this.#present].flatMap(([other, introduction]) =>
      other === member || introduction === null ? [] : [introduction],
    )
    return others.slice(0, 3)
  }
}

const pairName = (a: TestMember, b: TestMember): string => [a.name, b.name].sort().join(' ')

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const DESCRIPTION = 1
const TAP = 200

const describe = (id: number): Uint8Array => Uint8Array.of(DESCRIPTION, id & 0xff, id >> 8)

const endOf = (description: Uint8Array): number => (description[1] as number) | ((description[2] as number) << 8)

const fingerprint = (id: number): Uint8Array => new Uint8Array(32).fill(id)
