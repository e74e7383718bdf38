import { MESSAGE_STREAM } from '../../sdk/protocol/streams.js'
import type { Sodium } from '../../sdk/crypto/sodium.js'
import type { CryptoSuite, KeyPair } from '../../sdk/crypto/suite.js'
import type { LeaveReason, MessageKind } from '../../sdk/mesh/events.js'
import type { EngineOptions } from '../../sdk/mesh/options.js'
import { encodeUtf8 } from '../../sdk/util/bytes.js'
import { Random } from '../support/random.js'
import { createSimulatedCrypto } from './crypto.js'
import { Ledger } from './ledger.js'
import { Member, type MemberOptions, type Tamper } from './member.js'
import { namedBytes } from './message.js'
import { Network, secretMarker, type PairShape } from './network.js'
import { Postings } from './postings.js'
import { EventQueue } from './queue.js'
import { VirtualServer } from './server.js'
import { Trace } from './trace.js'
import { Violation } from './violation.js'
import { FrameWatch } from './watch-frames.js'
import { watchNonces } from './watch-nonces.js'
import { SessionWatch } from './watch-sessions.js'

export interface SendOptions {
  readonly kind?: MessageKind
  readonly confirm?: boolean
  /** The message stream, or another one that promises to deliver. */
  readonly stream?: number
  /** Nothing follows on that stream. */
  readonly end?: boolean
}

export interface WorldOptions {
  readonly seed: number | string
  readonly shapePair: (a: number, b: number) => PairShape
  /** Nobody parts from anybody: a message that is too small to name itself can be told by what is owed. */
  readonly isSteady: boolean
  /** Whether libsodium does its work, and is watched at it; it takes most of the time. */
  readonly isGenuine: boolean
  readonly print?: ((line: string) => void) | null
}

/** A member that was frozen or slow within this time may not have answered the server. */
const serverPatienceMs = 15_000
/** A member that was suspended for too long may be counted as gone for so long after it is back. */
const goodbyeHeardMs = 15_000
/** What may still be blamed for a silence: an eye on the linger and on what comes after it. */
const recoveredMs = 30_000
/** Messages over a fast and sound link take no longer, whatever else is under way. */
const heldUpMs = 20_000
const fastBytesPerSecond = 1_000_000
/** A crashed member that is still shown after this long breaks a rule. */
const crashShownMs = 25_000

/**
 * Virtual time, a network, a signaling server and the members of one group. Everything that happens follows from the
 * seed; members are named after their place and how many were there before: `A1`, `A2`, `B1`.
 */
export class World {
  readonly queue = new EventQueue()
  readonly random: Random
  readonly network: Network
  readonly server: VirtualServer
  readonly ledger: Ledger
  readonly postings: Postings
  readonly members: Member[] = []
  readonly keys: EngineOptions['keys']
  readonly suite: CryptoSuite
  readonly sessions: SessionWatch | null
  readonly frames: FrameWatch | null
  /** What whoever comes to a place does beyond what its engine does. */
  readonly tampers = new Map<number, (member: Member) => Tamper>()
  /** `madeUp`: members that are nowhere. `timeouts`: of members that were there all the time and counted the other as here. */
  readonly counts = { timeouts: 0, madeUp: 0 }
  /** Told by name, with the reason that each was given. */
  readonly leaves: { readonly at: string; readonly of: string; readonly reason: LeaveReason; readonly atMs: number }[] =
    []
  /** So much later may come what shows a member that has crashed: the last of its records, and its last chain. */
  longestLagMs = 0
  readonly #trace: Trace
  readonly #byId = new Map<string, Member>()
  readonly #isSteady: boolean

  constructor(options: WorldOptions) {
    this.random = new Random(options.seed)
    this.#isSteady = options.isSteady
    this.#trace = new Trace(options.print ?? null)
    const fail = (rule: string, detail: string): never => this.fail(rule, detail)
    const watch = options.isGenuine ? (sodium: Sodium) => watchNonces(sodium, fail) : null
    const { suite, keys } = createSimulatedCrypto(this.random.fork('crypto'), watch)
    this.suite = suite
    this.keys = keys
    this.sessions = options.isGenuine ? new SessionWatch({ partyById: (id) => this.memberById(id), fail }) : null
    this.frames = options.isGenuine ? new FrameWatch({ suite, topic: keys.topic, fail }) : null
    this.network = new Network(this.queue, this.random.fork('network'), options.shapePair)
    this.server = new VirtualServer(this.queue, this.random.fork('server'), (line) => this.trace(line), fail)
    this.server.mayBeSilent = (name) =>
      this.members.some((member) => member.name === name && !member.isWellSince(this.queue.nowMs - serverPatienceMs))
    this.ledger = new Ledger(() => this.queue.nowMs)
    this.postings = new Postings(() => this.queue.nowMs)
  }

  get digest(): string {
    return this.#trace.digest
  }

  get events(): number {
    return this.#trace.notes
  }

  trace(line: () => string): void {
    if (this.#trace.isRead) this.#trace.line(this.queue.nowMs, line())
  }

  /** Something that two runs of a seed must have in common. */
  note(place: number, what: number): void {
    this.#trace.note(this.queue.nowMs, place, what)
  }

  fail(rule: string, detail: string, cause?: unknown): never {
    this.trace(() => `VIOLATION [${rule}] ${detail}`)
    throw new Violation(rule, this.queue.nowMs, detail, { cause })
  }

  profile(name: string): Uint8Array {
    return encodeUtf8(JSON.stringify({ name, mark: secretMarker }))
  }

  identity(): KeyPair {
    return this.suite.identityKeys()
  }

  /** A new member at a place; whoever was there must have gone. */
  join(place: number, options: Partial<MemberOptions> = {}): Member {
    const before = this.members.filter((member) => member.place === place)
    const name = `${String.fromCharCode(65 + place)}${before.length + 1}`
    const member = new Member(this, name, place, this.suite, {
      identity: options.identity ?? this.identity(),
      bot: options.bot ?? false,
      relay: options.relay ?? true,
      messageBytes: options.messageBytes ?? 64 * 1024 * 1024,
      maxLinks: options.maxLinks ?? 32,
      isDialable: options.isDialable ?? false,
      dials: options.dials ?? false,
      server: options.server ?? true,
      isStranger: options.isStranger ?? false,
      clockMs: options.clockMs ?? 0,
    })
    if (this.#byId.has(member.id)) this.fail('id', `${name} has an id that was used before`)
    if (member.isStranger) this.counts.madeUp++
    else this.members.push(member)
    this.server.secrets.push(Buffer.from(member.options.identity.publicKey))
    member.tamper = this.tampers.get(place)?.(member) ?? null
    this.#byId.set(member.id, member)
    this.trace(() => `${name} is ${member.id}`)
    member.start()
    return member
  }

  memberById(id: string): Member | undefined {
    return this.#byId.get(id)
  }

  at(place: number): Member | undefined {
    return this.members.find((member) => member.place === place && (member.running || member.state === 'leaving'))
  }

  running(): Member[] {
    return this.members.filter((member) => member.running)
  }

  /** `to` is a member or `null` for all. */
  send(
    from: Member,
    to: Member | null,
    size: number,
    { kind = 'binary', confirm = false, stream = MESSAGE_STREAM, end = false }: SendOptions = {},
  ): number {
    const owed: string[] = []
    for (const id of from.here) {
      const other = this.memberById(id)
      if (other?.running && (to === null || to === other) && other.here.includes(from.id)) owed.push(other.name)
    }
    // A message too small to name itself can only be told from others where nothing else may have come in its place.
    const isPlain = this.#isSteady && to !== null && owed.length === 1
    const ownSize = isPlain ? size : Math.max(size, namedBytes)
    const message = { to: to?.name ?? null, kind, stream, size: ownSize, end, confirm }
    const { number, bytes } = this.ledger.send(from.name, message, owed)
    from.submit({ submission: number, to: to?.id ?? 'all', stream, kind, bytes, confirm, end })
    return number
  }

  /** A datagram, to a member or `null` for all. */
  post(from: Member, to: Member | null, size: number, stream: number): void {
    const audience = to === null ? from.here.map((id) => this.memberById(id)?.name ?? id) : [to.name]
    const bytes = this.postings.post(from.name, {
      stream,
      size: Math.max(size, namedBytes),
      to: to === null ? 'all' : 'me',
      audience: new Set(audience),
    })
    from.step({ type: 'post', stream, to: to?.id ?? 'all', bytes })
  }

  leave(member: Member, now: boolean): void {
    this.ledger.remove(member.name)
    member.leave(now)
  }

  crash(member: Member, noticedAfterMs: number): void {
    this.ledger.remove(member.name)
    member.crash(noticedAfterMs)
    const crashedMs = this.queue.nowMs
    const shownMs = crashShownMs + this.longestLagMs
    this.queue.in(shownMs, () => {
      for (const other of this.running()) {
        if (other.isSuspended || other.isFrozen || other.backMs > crashedMs) continue
        if (other.here.includes(member.id)) {
          this.fail('ghost', `${other.name} still shows ${member.name}, which crashed ${shownMs / 1000} s ago`)
        }
      }
    })
  }

  noteLeave(at: Member, of: Member, reason: LeaveReason): void {
    if (reason === 'timeout' && of.running && of.here.includes(at.id)) this.counts.timeouts++
    if (reason === 'timeout') this.#checkTimeout(at, of)
    this.leaves.push({ at: at.name, of: of.name, reason, atMs: this.queue.nowMs })
    if (reason === 'removed') this.fail('removed', `${at.name} takes ${of.name} for a member that breaks the protocol`)
    const heardMs = this.queue.nowMs - goodbyeHeardMs
    // Who is cut off from whoever came back knows nothing later of it than that goodbye.
    const hasHeard = this.network.openLink(at.place, of.place)?.isSoundSince(heardMs) === true
    if (reason === 'goodbye' && of.running && !of.isSuspended && of.backMs < heardMs && hasHeard)
      this.fail('false-goodbye', `${at.name} heard a goodbye of ${of.name}, which stays`)
  }

  /** Whatever happens to others, two that are well and have a sound link between them keep each other. */
  #checkTimeout(at: Member, of: Member): void {
    const sinceMs = this.queue.nowMs - recoveredMs
    // Whom it gives up may have let it go long before, for a reason of that time: now they meet anew.
    if (!of.here.includes(at.id)) return
    if (!at.isWellSince(sinceMs) || !of.isWellSince(sinceMs)) return
    if (this.network.openLink(at.place, of.place)?.isSoundSince(sinceMs) !== true) return
    this.fail('healthy-removed', `${at.name} gives up ${of.name}, though both are well and so is the link between them`)
  }

  /** Between two that are well, over a link that is sound, the message stream does not wait for any other. */
  checkGoesOn(sender: Member, receiver: Member): void {
    const sinceMs = this.queue.nowMs - recoveredMs
    const isWell = sender.isWellSince(sinceMs) && receiver.isWellSince(sinceMs)
    if (!isWell || this.network.openLink(sender.place, receiver.place)?.isSoundSince(sinceMs) !== true) return
    if (this.network.pair(sender.place, receiver.place).shape.bytesPerSecond < fastBytesPerSecond) return
    const sentMs = this.ledger.owedSinceMs(sender.name, receiver.name, MESSAGE_STREAM)
    if (sentMs < this.queue.nowMs - heldUpMs)
      this.fail('held-up', `${receiver.name} waits for a message of ${sender.name} sent at ${sentMs / 1000} s`)
  }

  run(forMs: number): void {
    this.queue.runUntil(this.queue.nowMs + forMs)
  }

  /** Runs until the condition holds, looked at every 10 ms or as given; how long that took, or `null` past the limit. */
  runUntil(condition: () => boolean, limitMs: number, everyMs = 10): number | null {
    const startMs = this.queue.nowMs
    while (!condition()) {
      if (this.queue.nowMs - startMs >= limitMs) return null
      this.run(everyMs)
    }
    return this.queue.nowMs - startMs
  }
}
