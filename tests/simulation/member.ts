import type { CryptoSuite, KeyPair } from '../../sdk/crypto/suite.js'
import { Engine } from '../../sdk/mesh/engine.js'
import type { CarrierId, DeliveryFailure, Effects, EngineEvent, EngineNotice } from '../../sdk/mesh/events.js'
import type { EngineOptions } from '../../sdk/mesh/options.js'
import type { Binding, Lane } from '../../sdk/protocol/carrier.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { decodeRelayAddress } from '../../sdk/protocol/relay-frames.js'
import { isReliable, type Opening, type StreamMode } from '../../sdk/protocol/streams.js'
import { equalBytes } from '../../sdk/util/bytes.js'
import { checkHoldings, streamsTaken } from './caps.js'
import { epochMs } from './clock.js'
import { HOPS_AT, MOST_HOPS, type Interference } from './interference.js'
import type { Outcome } from './ledger.js'
import { Memory, text } from './memory.js'
import { LinkEnd, type EndHandlers } from './network.js'
import { ownStreams } from './own-streams.js'
import type { Scheduled } from './queue.js'
import { Reading } from './reading.js'
import { ServerSocket } from './server.js'
import { describeBytes, sumOf } from './trace.js'
import { Violation } from './violation.js'
import type { World } from './world.js'

/** More steps than this at one instant, and the engine is running in circles. */
const maxStepsPerInstant = 20_000
const sealTagBytes = 16
/** What an engine holds is looked at after so many steps. */
const stepsBetweenLooks = 64
const firstNewStream = 1 + Math.max(...ownStreams.map(({ stream }) => stream))

export interface MemberOptions {
  readonly identity: KeyPair
  readonly bot: boolean
  readonly relay: boolean
  readonly messageBytes: number
  readonly maxLinks: number
  /** Whether it can be dialled at its place. */
  readonly isDialable: boolean
  /** Whether it dials others. */
  readonly dials: boolean
  readonly server: boolean
  /** It claims to be somebody else: it is held to nothing, and nobody may ever show it. */
  readonly isStranger: boolean
  /** How far its clock is ahead of the others'. */
  readonly clockMs: number
}

/** Sees what a member writes on a channel; what it gives back is written after it, by whoever is not the engine. */
export type Tamper = (frame: Uint8Array, carrier: CarrierId) => readonly Uint8Array[]

/** What a member that can be dialled shows as its address. */
const addressOf = (place: number): string => `sim:${place}`

interface Carrier {
  readonly end: LinkEnd | ServerSocket | Dialing
  readonly room: Record<Lane, number>
  isOpen: boolean
  /** The other end has written BIND. */
  isBound: boolean
}

/** A socket that is not there yet. */
type Dialing = Pick<LinkEnd, 'write' | 'close' | 'vanish'>

/** Hosts one engine: carries out its effects in the virtual world, and holds it to its contract at every step. */
export class Member {
  readonly engine: Engine
  readonly name: string
  readonly place: number
  readonly options: MemberOptions
  state: 'running' | 'leaving' | 'left' | 'crashed' = 'running'
  /** What it does that no engine would. */
  tamper: Tamper | null = null
  /** Its page is in the back-forward cache. */
  isSuspended = false
  /** When its page was last frozen or suspended, and is no more. */
  backMs = -Infinity
  /** What a relay on its machine does to frames that it passes on. */
  interference: Interference | null = null
  /** What happened to a page that is frozen or slow, and that it has not come to yet. */
  #backlog: (() => void)[] | null = null
  #isSlow = false
  #clockMs: number
  /** Said in this step to have left, as the reason why a message failed, by whoever has not told so before. */
  readonly #blamed = new Set<string>()
  /** What it has passed on. */
  readonly #forwarded = new Memory<true>()
  steps = 0
  joined = false
  /** How many it was told of. */
  pathChanges = 0
  signaling: string = 'closed'
  /** Ids of the others that are here, in the order that the engine told of them. */
  readonly here: string[] = []
  readonly #world: World
  readonly #effects: Effects
  readonly #carriers = new Map<CarrierId, Carrier>()
  readonly #paths = new Map<string, string>()
  readonly #reading = new Reading()
  #nextStream = firstNewStream
  readonly #datagramStreams = new Set<number>()
  #usedCarriers = 0
  #timer: { readonly atMs: number; readonly scheduled: Scheduled } | null = null
  #stepping = false
  #notices = 0
  readonly #overdrawn: CarrierId[] = []
  #lastInstantMs = -1
  #stepsThisInstant = 0

  constructor(world: World, name: string, place: number, suite: CryptoSuite, options: MemberOptions) {
    this.#world = world
    this.name = name
    this.place = place
    this.options = options
    this.#clockMs = options.clockMs
    this.#effects = this.#createEffects()
    const ownSuite = world.sessions?.suiteOf(suite, this) ?? suite
    const engineOptions: EngineOptions = {
      suite: ownSuite,
      keys: world.keys,
      identity: options.identity,
      session: ownSuite.sessionKeys(),
      profile: world.profile(name),
      bot: options.bot,
      addresses: options.isDialable ? [addressOf(place)] : [],
      dials: options.dials,
      relay: options.relay,
      server: options.server,
      canLink: (memberId) => this.#canLink(memberId),
      limits: { messageBytes: options.messageBytes, maxLinks: options.maxLinks, stallMs: 5_000 },
      lingerMs: 10_000,
    }
    this.engine = new Engine(engineOptions, this.#nowMs)
  }

  get id(): string {
    return this.engine.id
  }

  get isStranger(): boolean {
    return this.options.isStranger
  }

  /** Neither crashed, nor left, nor leaving. */
  get running(): boolean {
    return this.state === 'running'
  }

  start(): void {
    this.step({ type: 'start' })
    for (const opening of ownStreams) this.#open(opening)
  }

  leave(now: boolean): void {
    if (!this.running) return
    this.isSuspended = false
    this.thaw(true)
    this.state = 'leaving'
    this.step({ type: 'leave', now })
  }

  /** The page goes into the back-forward cache: everything it has must be closed when the event is over. */
  suspend(): boolean {
    if (!this.running || !this.joined || this.isSuspended || this.#backlog !== null) return false
    this.step({ type: 'suspend' })
    this.isSuspended = true
    if (this.#carriers.size > 0) this.#world.fail('suspended-open', `${this.name} keeps carriers while suspended`)
    return true
  }

  resume(hint: 'online' | 'resumed'): void {
    if (!this.isSuspended) return
    this.isSuspended = false
    this.backMs = this.#world.queue.nowMs
    this.step({ type: 'hint', hint })
  }

  get isFrozen(): boolean {
    return this.#backlog !== null && !this.#isSlow
  }

  /** Its page runs and keeps up, and has for so long. */
  isWellSince(sinceMs: number): boolean {
    return this.running && !this.isSuspended && this.#backlog === null && this.backMs <= sinceMs
  }

  /** Its clock is set ahead. Timers of a page go by what has passed, not by that. */
  setClockAhead(byMs: number): void {
    this.#clockMs += byMs
  }

  /** The page has other things to do: it takes one event every so many milliseconds, then all that is left. */
  slow(everyMs: number, forMs: number): boolean {
    if (!this.running || this.isSuspended || this.#backlog !== null) return false
    const { queue } = this.#world
    const backlog: (() => void)[] = []
    this.#backlog = backlog
    this.#isSlow = true
    const untilMs = queue.nowMs + forMs
    const takeOne = (): void => {
      if (this.#backlog !== backlog) return
      if (queue.nowMs >= untilMs) return this.#catchUp()
      backlog.shift()?.()
      queue.in(everyMs, takeOne)
    }
    queue.in(everyMs, takeOne)
    return true
  }

  #catchUp(first: () => void = () => undefined): void {
    const backlog = this.#backlog ?? []
    this.#backlog = null
    this.#isSlow = false
    this.backMs = this.#world.queue.nowMs
    first()
    for (const happening of backlog) happening()
  }

  /** Nothing runs in the page; its connections stand, as those of a browser do, and what comes waits. */
  freeze(): boolean {
    if (!this.running || this.isSuspended || this.#backlog !== null) return false
    this.#world.trace(() => `${this.name} freezes`)
    this.#backlog = []
    return true
  }

  /** All that waited happens now; the hint that the page is back comes first or last. */
  thaw(hintFirst: boolean): void {
    if (this.#backlog === null) return
    this.#world.trace(() => `${this.name} thaws`)
    const hint = (): void => this.step({ type: 'hint', hint: 'resumed' })
    this.#catchUp(hintFirst ? hint : undefined)
    if (!hintFirst) hint()
  }

  /** Gone without a word. The others' links to it close after `noticedAfterMs`. */
  crash(noticedAfterMs: number): void {
    this.#world.trace(() => `${this.name} crashes`)
    this.state = 'crashed'
    this.isSuspended = false
    this.#backlog = null
    this.#isSlow = false
    this.#timer = null
    for (const { end } of this.#carriers.values()) end.vanish(noticedAfterMs)
    this.#carriers.clear()
  }

  /** Opens a socket to another member that neither engine has asked for: an invitation. */
  connectSocket(bot: Member): void {
    const carrier = this.engine.newCarrier()
    const accepted = bot.engine.newCarrier()
    const ends = this.#world.network.dial(this.place, bot.place, this.#handlersOf(carrier), bot.#handlersOf(accepted))
    if (ends === null) return
    const { markBytes } = this.#world.network.pair(this.place, bot.place).shape
    this.#arrive(carrier, ends[0], markBytes)
    bot.#arrive(accepted, ends[1], markBytes)
  }

  #arrive(carrier: CarrierId, end: LinkEnd, markBytes: number): void {
    this.#add(carrier, () => end)
    const held = this.#held(carrier, 'arrive')
    held.isOpen = true
    held.room.reliable = markBytes
    this.step({ type: 'carrier:arrived', carrier, room: markBytes })
  }

  #dial(carrier: CarrierId, address: string): void {
    const world = this.#world
    const { queue, network, random } = world
    this.#add(carrier, (): Dialing => ({ write: () => undefined, close: () => undefined, vanish: () => undefined }))
    queue.in(random.between(5, 80), () => {
      if (!this.#carriers.has(carrier)) return
      const other = world.members.find((member) => member.running && addressOf(member.place) === address)
      if (other === undefined || !other.options.isDialable) return this.#closed(carrier, 'nobody there')
      const accepted = other.engine.newCarrier()
      const ends = network.dial(this.place, other.place, this.#handlersOf(carrier), other.#handlersOf(accepted))
      if (ends === null) return this.#closed(carrier, 'cannot connect')
      this.#carriers.set(carrier, { end: ends[0], room: { reliable: 0, unreliable: 0 }, isOpen: false, isBound: false })
      const { markBytes } = network.pair(this.place, other.place).shape
      other.#arrive(accepted, ends[1], markBytes)
      this.#opened(carrier, { reliable: markBytes, unreliable: 0 }, null)
    })
  }

  #handlersOf(carrier: CarrierId): EndHandlers {
    return {
      signal: (kind, bytes) => this.#carrierStep(carrier, { type: 'link:signal', carrier, kind, bytes }),
      open: (binding, room) => this.#whenAwake(() => this.#opened(carrier, { ...room }, binding)),
      bytes: (lane, bytes) => this.#carrierStep(carrier, { type: 'carrier:bytes', carrier, lane, bytes }),
      room: (lane, bytes) => this.#whenAwake(() => this.#setRoom(carrier, lane, bytes)),
      closed: (reason) => this.#whenAwake(() => this.#closed(carrier, reason)),
    }
  }

  submit(event: Omit<EngineEvent & { type: 'submit' }, 'type'>): void {
    this.step({ type: 'submit', ...event })
  }

  /** Takes no more of a member's stream, or goes on; whether there is one. A page that does not run takes its time. */
  pause(from: string, stream: number, isPaused: boolean): boolean {
    if (!this.#reading.has(from, stream)) return false
    this.#whenAwake(() => {
      if (!this.running) return
      if (this.#reading.pause(from, stream, isPaused)) this.step({ type: 'stream:pause', from, stream, isPaused })
    })
    return true
  }

  /** One more stream of its own; its id. */
  openStream(mode: StreamMode): number {
    const stream = this.#nextStream++
    this.#open({ stream, kind: 1, mode, name: '' })
    return stream
  }

  #open(opening: Opening): void {
    if (!isReliable(opening.mode)) this.#datagramStreams.add(opening.stream)
    this.step({ type: 'stream:open', opening })
  }

  /** Of its own, beside the message stream. */
  get streamsOpened(): number {
    return this.#nextStream - firstNewStream + ownStreams.length
  }

  /** Whether this is a stream of its own for datagrams. */
  promisesNothing(stream: number): boolean {
    return this.#datagramStreams.has(stream)
  }

  step(event: EngineEvent): void {
    if (this.state === 'left' || this.state === 'crashed') return
    const world = this.#world
    world.trace(() => `${this.name} <- ${this.#describe(event)}`)
    world.note(this.place, event.type.length + (event.type === 'carrier:bytes' ? sumOf(event.bytes) : 0))
    const nowMs = this.#nowMs
    this.#countStep(nowMs)
    this.steps++
    this.#stepping = true
    const noticesBefore = this.#notices
    try {
      this.engine.step(event, nowMs, this.#effects)
    } catch (error) {
      if (error instanceof Violation) throw error
      world.fail('throws', `the engine of ${this.name} threw ${String(error)} on ${event.type}`, error)
    }
    this.#stepping = false
    for (const carrier of this.#overdrawn) {
      if (this.#carriers.has(carrier)) {
        world.fail('room', `${this.name} wrote beyond the room of carrier ${carrier} and did not close it`)
      }
    }
    this.#overdrawn.length = 0
    for (const id of this.#blamed) {
      if (this.running && this.here.includes(id))
        world.fail('blamed', `${this.name} gives up a message to ${this.#names(id)}, which it still shows`)
    }
    this.#blamed.clear()
    if (this.steps % stepsBetweenLooks === 0 && !this.isStranger) checkHoldings(world, this)
    if (this.#notices > noticesBefore) this.checkMembers()
  }

  /** Holds a member that has left to having let go of everything, and to not answering to one step more. */
  checkLeft(): void {
    if (this.state !== 'left') return
    this.engine.step({ type: 'timer' }, this.#nowMs, this.#effects)
    const { links, sessions, pendingHandshakes } = this.engine.stats()
    if (links + sessions + pendingHandshakes > 0) {
      const left = `${links} links, ${sessions} sessions, ${pendingHandshakes} handshakes`
      this.#world.fail('left-behind', `${this.name} has left and still holds ${left}`)
    }
  }

  checkMembers(): void {
    if (!this.running) return
    const told = [this.id, ...this.here].join()
    const shown = this.engine.members().join()
    if (told !== shown) {
      this.#world.fail('members', `${this.name} told of ${this.#names(told)} but shows ${this.#names(shown)}`)
    }
    for (const id of this.here) {
      if (this.engine.peer(id)?.id !== id) this.#world.fail('peer', `${this.name} has no view of ${this.#names(id)}`)
    }
    for (const id of this.engine.neighbors()) {
      if (!this.here.includes(id))
        this.#world.fail('neighbor', `${this.name} is linked to ${this.#names(id)}, not here`)
    }
  }

  /** The open carriers that the engine still holds. */
  get carriers(): number {
    return this.#carriers.size
  }

  get #nowMs(): number {
    return epochMs + this.#clockMs + Math.floor(this.#world.queue.nowMs)
  }

  #canLink(memberId: string): boolean {
    const other = this.#world.memberById(memberId)
    return other === undefined || this.#world.network.pair(this.place, other.place).reach !== 'refused'
  }

  #countStep(nowMs: number): void {
    this.#stepsThisInstant = nowMs === this.#lastInstantMs ? this.#stepsThisInstant + 1 : 0
    this.#lastInstantMs = nowMs
    if (this.#stepsThisInstant > maxStepsPerInstant) {
      this.#world.fail('spins', `${this.name} took more than ${maxStepsPerInstant} steps in one millisecond`)
    }
  }

  #createEffects(): Effects {
    const world = this.#world
    return {
      openServer: (carrier) => {
        this.#check('openServer')
        world.trace(() => `${this.name} -> openServer ${carrier}`)
        this.#add(carrier, () =>
          world.server.dial(this.name, {
            open: (room) => this.#whenAwake(() => this.#opened(carrier, { reliable: room, unreliable: 0 }, null)),
            bytes: (bytes) => this.#carrierStep(carrier, { type: 'carrier:bytes', carrier, lane: 'reliable', bytes }),
            room: (bytes) => this.#whenAwake(() => this.#setRoom(carrier, 'reliable', bytes)),
            closed: (code) => this.#whenAwake(() => this.#closed(carrier, 'socket closed', code)),
          }),
        )
      },
      openLink: (carrier, memberId, remote) => {
        this.#check('openLink')
        const other = world.memberById(memberId)
        if (other === undefined) return world.fail('link-unknown', `${this.name} opens a link to nobody, ${memberId}`)
        world.trace(() => `${this.name} -> openLink ${carrier} to ${other.name}${remote === null ? '' : ' answering'}`)
        if (!this.#canLink(memberId)) world.fail('can-link', `${this.name} opens a link to ${other.name}, refused`)
        this.#add(carrier, () => world.network.open(this.place, other.place, remote, this.#handlersOf(carrier)))
      },
      expectLink: () => undefined,
      dialLink: (carrier, address) => {
        this.#check('dialLink')
        world.trace(() => `${this.name} -> dialLink ${carrier} to ${address}`)
        if (!this.options.dials) world.fail('dials', `${this.name} dials ${address}, which it must not`)
        this.#dial(carrier, address)
      },
      signalLink: (carrier, bytes) => {
        this.#check('signalLink')
        world.trace(() => `${this.name} -> signalLink ${carrier} ${describeBytes(bytes)}`)
        const end = this.#held(carrier, 'signalLink').end
        if ('signal' in end) end.signal(bytes)
        else world.fail('carrier', `${this.name} signals on its signaling socket`)
      },
      write: (carrier, lane, bytes) => {
        this.#check('write')
        world.trace(() => `${this.name} -> write ${carrier} ${lane} ${describeBytes(bytes)}`)
        const held = this.#held(carrier, 'write')
        if (!held.isOpen) world.fail('carrier', `${this.name} writes on carrier ${carrier}, which is not open`)
        if (bytes.length > 65_536) world.fail('frame-size', `${this.name} writes a frame of ${bytes.length} bytes`)
        held.room[lane] -= bytes.length
        if (held.room[lane] < 0) this.#overdrawn.push(carrier)
        if (!this.isStranger) this.#watchFrame(held, bytes)
        world.note(this.place, sumOf(bytes))
        if (this.#isForwarded(bytes)) {
          this.#checkForwarded(bytes)
          if (this.interference !== null) return this.#interfere(carrier, held, bytes)
        }
        held.end.write(lane, bytes)
        if (this.tamper !== null && isChannel(held.end)) {
          for (const extra of this.tamper(bytes, carrier)) held.end.write('reliable', extra)
        }
      },
      close: (carrier, how) => {
        this.#check('close')
        world.trace(() => `${this.name} -> close ${carrier} ${how}`)
        const held = this.#held(carrier, 'close')
        this.#carriers.delete(carrier)
        // What the other side is about to end may as well end now: it has written all by then.
        held.end.close(how === 'drained')
      },
      deliver: (message) => {
        this.#check('deliver')
        const sender = world.memberById(message.from)
        if (sender === undefined || !this.here.includes(message.from)) {
          return world.fail('from-stranger', `${this.name} got a message of ${this.#names(message.from)}, not here`)
        }
        this.#checkSession(sender)
        const wrong = this.#reading.deliver(message)
        if (wrong !== null)
          world.fail('stream', `${this.name} got something of ${sender.name} on ${message.stream}, ${wrong}`)
        const account = sender.promisesNothing(message.stream) ? world.postings : world.ledger
        const number = account.deliver(sender.name, this.name, message)
        world.trace(() => `${this.name} -> deliver ${number} of ${sender.name} on ${message.stream} to ${message.to}`)
      },
      linkBound: () => undefined,
      streamOpened: ({ from, opening }) => {
        this.#check('streamOpened')
        world.trace(() => `${this.name} -> streamOpened ${opening.stream} of ${this.#names(from)}`)
        if (!this.here.includes(from)) world.fail('from-stranger', `${this.name} reads ${this.#names(from)}, not here`)
        this.#reading.opened(from, opening)
      },
      acknowledged: () => undefined,
      admitted: (submission) => {
        this.#check('admitted')
        world.trace(() => `${this.name} -> admitted ${submission}`)
        world.ledger.admitted(this.name, submission)
      },
      failed: (submission, failure) => {
        this.#check('admitted')
        world.trace(() => `${this.name} -> failed ${submission} to ${this.#names(failure.id)}`)
        world.ledger.settled(this.name, submission, [this.#outcome(submission, failure)])
      },
      reported: (submission, { delivered, failed }) => {
        this.#check('admitted')
        world.trace(
          () => `${this.name} -> reported ${submission}: ${delivered.length} have it, ${failed.length} do not`,
        )
        const outcomes = delivered.map((id): Outcome => ({ receiver: this.#names(id), result: 'delivered' }))
        world.ledger.settled(this.name, submission, [
          ...outcomes,
          ...failed.map((failure) => this.#outcome(submission, failure)),
        ])
      },
      emit: (notice) => {
        this.#check('emit')
        world.trace(() => `${this.name} -> ${this.#describeNotice(notice)}`)
        this.#notices++
        this.#note(notice)
      },
      wake: (atMs) => {
        this.#check('wake')
        this.#wake(atMs - epochMs - this.#clockMs)
      },
    }
  }

  #outcome(submission: number, { id, code, maybeDelivered }: DeliveryFailure): Outcome {
    if (code === 'member-left' && this.#world.ledger.isOwed(this.name, submission, this.#names(id)))
      this.#blamed.add(id)
    if (code === 'stream-refused') this.#checkRefused(id)
    return { receiver: this.#names(id), result: maybeDelivered ? 'maybe' : 'never' }
  }

  #checkRefused(id: string): void {
    if (this.streamsOpened > streamsTaken) return
    this.#world.fail('stream-refused', `${this.#names(id)} refuses a stream of ${this.name}, which has few`)
  }

  #isForwarded(frame: Uint8Array): boolean {
    if (frame[0] !== FRAME.RLY && frame[0] !== FRAME.RHS) return false
    return !equalBytes(decodeRelayAddress(frame).src, this.engine.idBytes)
  }

  /** At most eight times, and by one member once: else frames go in circles. */
  #checkForwarded(frame: Uint8Array): void {
    const hops = frame[HOPS_AT] as number
    if (hops === 0 || hops > MOST_HOPS) this.#world.fail('hops', `${this.name} forwards a frame as its hop ${hops}`)
    if (frame[0] !== FRAME.RLY) return
    const tag = text(frame.subarray(-sealTagBytes))
    if (this.#forwarded.get(tag)) this.#world.fail('forwarded-twice', `${this.name} forwards a frame again`)
    this.#forwarded.set(tag, true)
  }

  #interfere(carrier: CarrierId, held: Carrier, frame: Uint8Array): void {
    const { queue } = this.#world
    const ifHeld = (then: () => void) => () => {
      if (this.#carriers.get(carrier) === held) then()
    }
    const copies = this.interference?.copies(frame) ?? []
    for (const afterMs of copies)
      queue.in(
        afterMs,
        ifHeld(() => held.end.write('reliable', frame)),
      )
    if (copies.length > 0) return
    // What is dropped takes nothing of the link, which therefore never says that there is room for it again.
    const giveBack = ifHeld(() => this.#setRoom(carrier, 'reliable', held.room.reliable + frame.length))
    queue.in(0, () => this.#whenAwake(giveBack))
  }

  #watchFrame({ end, isBound }: Carrier, frame: Uint8Array): void {
    const world = this.#world
    if (isChannel(end) && frame[0] !== FRAME.BIND && (end.isTapped || !isBound)) {
      world.fail('unbound', `${this.name} writes a frame on a link that is not bound to its session`)
    }
    if (!(end instanceof ServerSocket)) world.frames?.written(this.name, frame)
  }

  /** Nothing is told of whoever has no session with this engine. */
  #checkSession(other: Member | undefined): void {
    const world = this.#world
    if (this.isStranger || world.sessions === null) return
    if (other?.isStranger === true) world.fail('impostor', `${this.name} shows ${other.name}`)
    if (other === undefined || !world.sessions.have(this, other)) {
      world.fail('unauthenticated', `${this.name} is told of ${other?.name ?? 'nobody'}, without a session`)
    }
  }

  #whenAwake(happening: () => void): void {
    if (this.#backlog === null) happening()
    else this.#backlog.push(happening)
  }

  #check(effect: string): void {
    if (this.isSuspended && !['wake', 'admitted', 'close'].includes(effect)) {
      this.#world.fail('suspended', `${this.name} called ${effect} while suspended`)
    }
    if (this.state === 'left') this.#world.fail('after-left', `${this.name} called ${effect} after left`)
    if (!this.#stepping) this.#world.fail('effect-outside', `${this.name} called ${effect} outside of a step`)
  }

  #add(carrier: CarrierId, open: () => Carrier['end']): void {
    if (carrier <= this.#usedCarriers) this.#world.fail('carrier', `${this.name} uses carrier ${carrier} again`)
    this.#usedCarriers = carrier
    this.#carriers.set(carrier, { end: open(), room: { reliable: 0, unreliable: 0 }, isOpen: false, isBound: false })
  }

  #held(carrier: CarrierId, effect: string): Carrier {
    const held = this.#carriers.get(carrier)
    if (held === undefined) {
      this.#world.fail('carrier', `${this.name} calls ${effect} on carrier ${carrier}, which it does not hold`)
    }
    return held
  }

  #opened(carrier: CarrierId, room: Record<Lane, number>, binding: Binding | null): void {
    const held = this.#carriers.get(carrier)
    if (held === undefined) return
    held.isOpen = true
    Object.assign(held.room, room)
    this.step({ type: 'carrier:open', carrier, room, binding })
  }

  #carrierStep(carrier: CarrierId, event: EngineEvent): void {
    this.#whenAwake(() => {
      const held = this.#carriers.get(carrier)
      if (held === undefined) return
      if (event.type === 'carrier:bytes' && event.bytes[0] === FRAME.BIND) held.isBound = true
      this.step(event)
    })
  }

  #setRoom(carrier: CarrierId, lane: Lane, bytes: number): void {
    const held = this.#carriers.get(carrier)
    if (held === undefined) return
    held.room[lane] = bytes
    this.step({ type: 'carrier:room', carrier, lane, bytes })
  }

  #closed(carrier: CarrierId, reason: string, code?: number): void {
    if (!this.#carriers.delete(carrier)) return
    this.step({ type: 'carrier:closed', carrier, reason, ...(code === undefined ? {} : { code }) })
  }

  #wake(atMs: number): void {
    if (!Number.isFinite(atMs)) this.#world.fail('wake', `${this.name} asks to be woken at ${atMs}`)
    if (this.#timer !== null && this.#timer.atMs <= atMs) return
    if (this.#timer !== null) this.#timer.scheduled.cancelled = true
    // The engine is told whole milliseconds; a fraction sooner would be too early, again and again.
    const scheduled = this.#world.queue.at(Math.ceil(atMs), () => {
      this.#whenAwake(() => {
        this.#timer = null
        this.step({ type: 'timer' })
      })
    })
    this.#timer = { atMs, scheduled }
  }

  #note(notice: EngineNotice): void {
    const world = this.#world
    switch (notice.type) {
      case 'joined':
        if (this.joined) world.fail('joined-once', `${this.name} joined twice`)
        this.joined = true
        break
      case 'member:join': {
        if (notice.id === this.id) world.fail('join-self', `${this.name} was told of itself`)
        if (this.here.includes(notice.id))
          world.fail('join-twice', `${this.name}: ${this.#names(notice.id)} is here already`)
        this.#checkSession(world.memberById(notice.id))
        this.here.push(notice.id)
        break
      }
      case 'member:leave': {
        const at = this.here.indexOf(notice.id)
        if (at < 0) return world.fail('leave-unknown', `${this.name}: ${this.#names(notice.id)} was not here`)
        this.here.splice(at, 1)
        this.#blamed.delete(notice.id)
        this.#paths.delete(notice.id)
        this.#reading.part(notice.id)
        const other = world.memberById(notice.id)
        if (other !== undefined) {
          world.ledger.part(this.name, other.name)
          world.noteLeave(this, other, notice.reason)
        }
        break
      }
      case 'delivery:fail':
        if (notice.code === 'stream-refused') this.#checkRefused(notice.id)
        if (notice.code === 'member-stalled' || notice.code === 'stream-refused')
          world.ledger.giveUp(this.name, this.#names(notice.id), notice.stream)
        break
      case 'refused':
      case 'rejected':
        if (this.isStranger) return
        world.fail('refused', `${this.name} is refused, or refuses, though all have the same way in`)
        break
      case 'path:change': {
        const known = this.#paths.get(notice.id)
        if (known !== undefined && known !== notice.previous.kind) {
          world.fail('path-previous', `${this.name}: the path to ${this.#names(notice.id)} was ${known}`)
        }
        this.#paths.set(notice.id, notice.path.kind)
        this.pathChanges++
        break
      }
      case 'signaling:change':
        this.signaling = notice.state
        break
      case 'left':
        if (this.state !== 'leaving') world.fail('left-unasked', `${this.name} left without being asked to`)
        if (this.#carriers.size > 0)
          world.fail('left-open', `${this.name} left with ${this.#carriers.size} carriers open`)
        this.state = 'left'
        break
      case 'member:update':
        if (!this.here.includes(notice.id))
          world.fail('update-unknown', `${this.name}: ${this.#names(notice.id)} is not here`)
    }
  }

  #names(ids: string): string {
    return ids
      .split(',')
      .map((id) => this.#world.memberById(id)?.name ?? id)
      .join()
  }

  #describe(event: EngineEvent): string {
    switch (event.type) {
      case 'carrier:bytes':
        return `bytes ${event.carrier} ${event.lane} ${describeBytes(event.bytes)}`
      case 'carrier:room':
        return `room ${event.carrier} ${event.lane} ${event.bytes}`
      case 'carrier:open':
        return `open ${event.carrier} ${event.room.reliable} ${event.room.unreliable} ${bindingText(event.binding)}`
      case 'carrier:arrived':
        return `arrived ${event.carrier} ${event.room}`
      case 'carrier:closed':
        return `closed ${event.carrier} ${event.code ?? ''} ${event.reason}`
      case 'link:signal':
        return `${event.kind} ${event.carrier} ${describeBytes(event.bytes)}`
      case 'submit':
        return `submit ${event.submission} to ${this.#names(event.to)} ${event.kind} ${event.bytes.length}B`
      case 'leave':
        return event.now ? 'leave now' : 'leave'
      case 'hint':
        return event.hint
      default:
        return event.type
    }
  }

  #describeNotice(notice: EngineNotice): string {
    switch (notice.type) {
      case 'member:join':
      case 'member:update':
        return `${notice.type} ${this.#names(notice.id)}`
      case 'member:leave':
        return `member:leave ${this.#names(notice.id)} ${notice.reason}`
      case 'path:change':
        return `path:change ${this.#names(notice.id)} ${notice.previous.kind} to ${notice.path.kind} via ${this.#names(notice.path.via.join())}`
      case 'signaling:change':
        return `signaling ${notice.state} ${notice.reason}`
      default:
        return notice.type
    }
  }
}

const isChannel = (end: Carrier['end']): end is LinkEnd => end instanceof LinkEnd && end.kind === 'channel'

const bindingText = (binding: Binding | null): string => (binding === null ? 'unbound' : describeBytes(binding.local))
