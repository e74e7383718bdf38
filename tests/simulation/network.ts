import type { Binding, Lane } from '../../sdk/protocol/carrier.js'
import { decodeUtf8Lossy, encodeUtf8 } from '../../sdk/util/bytes.js'
import type { Random } from '../support/random.js'
import { Pipe, type PipeShape } from './pipe.js'
import type { EventQueue, Scheduled } from './queue.js'

/** Stands in everything that the signaling server must not be able to read. */
export const secretMarker = 'not-for-the-server'

/** How far apart two places are, and what the links between them are like. */
export interface PairShape {
  readonly delayMs: number
  readonly jitterMs: number
  readonly bytesPerSecond: number
  readonly markBytes: number
  readonly lazyRoom: boolean
  /** `null` where links have no unreliable lane. */
  readonly unreliableLoss: number | null
  readonly binding: boolean
  /** Links come up only after one candidate has travelled. */
  readonly needsCandidate: boolean
  /** How many candidates an end finds, one after another; a few at random where it does not say. */
  readonly candidates?: number
}

export class Pair {
  shape: PairShape
  /** `refused`: both members know that they cannot link; `fails`: they try and fail. */
  reach: 'links' | 'fails' | 'refused' = 'links'
  /** Somebody sits in between: each end sees that one's certificate. Sockets are none of its business: they are sealed. */
  isTapped = false
  blockedUntilMs = 0

  constructor(shape: PairShape) {
    this.shape = shape
  }
}

/** What one end of a link tells the member that opened it. */
export interface EndHandlers {
  signal(kind: 'description' | 'candidate', bytes: Uint8Array): void
  open(binding: Binding | null, room: Readonly<Record<Lane, number>>): void
  bytes(lane: Lane, bytes: Uint8Array): void
  room(lane: Lane, bytes: number): void
  closed(reason: string): void
}

export type CutKind = 'both' | 'late' | 'silent'

const setupTimeoutMs = 15_000
/** A browser's consent freshness takes about this long to notice a dead path. */
const silenceNoticedMs = 16_000
/** Too long for two candidates to travel together. */
const candidateGapMs = 8
const drainTimeoutMs = 2_000
const unreliableMarkBytes = 64 * 1024

/** All links there are, and the places that they join. Places stay; the members at them come and go. */
export class Network {
  readonly links = new Map<number, VirtualLink>()
  /** How often what is written right before a side closes without waiting still goes out. */
  keptOnClose = 0.5
  readonly #pairs = new Map<string, Pair>()
  #lastLink = 0
  readonly queue: EventQueue
  readonly random: Random
  readonly #shapePair: (a: number, b: number) => PairShape

  constructor(queue: EventQueue, random: Random, shapePair: (a: number, b: number) => PairShape) {
    this.queue = queue
    this.random = random
    this.#shapePair = shapePair
  }

  pair(a: number, b: number): Pair {
    const key = a < b ? `${a}-${b}` : `${b}-${a}`
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      pair = new Pair(this.#shapePair(Math.min(a, b), Math.max(a, b)))
      this.#pairs.set(key, pair)
    }
    return pair
  }

  canConnect(a: number, b: number): boolean {
    const pair = this.pair(a, b)
    return pair.reach === 'links' && !pair.isTapped && pair.blockedUntilMs <= this.queue.nowMs
  }

  open(from: number, to: number, remote: Uint8Array | null, handlers: EndHandlers): LinkEnd {
    if (remote === null) {
      const link = new VirtualLink(this, ++this.#lastLink, this.pair(from, to), from, to)
      this.links.set(link.number, link)
      return link.attach(0, handlers)
    }
    const [kind, number] = decodeUtf8Lossy(remote).split(':')
    const link = this.links.get(Number(number))
    if (kind === 'description' && link?.from === to && link.to === from && link.ends[1] === null) {
      return link.attach(1, handlers)
    }
    // An offer that was answered already or never made: an answer to it leads nowhere.
    const stray = new VirtualLink(this, ++this.#lastLink, this.pair(from, to), to, from)
    const end = stray.attach(1, handlers)
    end.fail('no such offer', 3_000)
    return end
  }

  /** A socket, which reaches even those that links do not; `null` while the way is blocked. */
  dial(from: number, to: number, dialer: EndHandlers, acceptor: EndHandlers): readonly [LinkEnd, LinkEnd] | null {
    const pair = this.pair(from, to)
    if (pair.blockedUntilMs > this.queue.nowMs) return null
    const socket = new VirtualLink(this, ++this.#lastLink, pair, from, to, 'socket')
    this.links.set(socket.number, socket)
    const ends = [socket.attach(0, dialer), socket.attach(1, acceptor)] as const
    socket.openNow(ends)
    return ends
  }

  /** The open link between two places; the newest when there are several. */
  openLink(a: number, b: number): VirtualLink | null {
    let found: VirtualLink | null = null
    for (const link of this.links.values()) {
      if (link.state === 'open' && ((link.from === a && link.to === b) || (link.from === b && link.to === a)))
        found = link
    }
    return found
  }

  hasSocket(a: number, b: number): boolean {
    return this.openLinks().some(
      ({ kind, from, to }) => kind === 'socket' && ((from === a && to === b) || (from === b && to === a)),
    )
  }

  openLinks(): VirtualLink[] {
    return [...this.links.values()].filter((link) => link.state === 'open')
  }
}

export class VirtualLink {
  state: 'setup' | 'connecting' | 'open' | 'closed' = 'setup'
  /** Since when it carries all that it is given without hindrance; `Infinity` until it is open. */
  soundFromMs = Infinity
  readonly ends: [LinkEnd | null, LinkEnd | null] = [null, null]
  readonly network: Network
  readonly number: number
  readonly pair: Pair
  readonly from: number
  readonly to: number
  readonly kind: 'channel' | 'socket'

  constructor(
    network: Network,
    number: number,
    pair: Pair,
    from: number,
    to: number,
    kind: 'channel' | 'socket' = 'channel',
  ) {
    this.kind = kind
    this.network = network
    this.number = number
    this.pair = pair
    this.from = from
    this.to = to
  }

  attach(side: 0 | 1, handlers: EndHandlers): LinkEnd {
    const end = new LinkEnd(this, side, handlers)
    this.ends[side] = end
    return end
  }

  /** Called whenever a description or candidate has come in. */
  advance(): void {
    const [a, b] = this.ends
    if (this.state !== 'setup' || a === null || b === null || !a.hasRemote) return
    if (this.pair.shape.needsCandidate && !a.hasCandidate && !b.hasCandidate) return
    this.state = 'connecting'
    const { queue, random } = this.network
    queue.in(2 * this.pair.shape.delayMs + random.between(10, 200), () => {
      if (a.closed || b.closed) return
      if (this.pair.reach === 'links' && this.pair.blockedUntilMs <= queue.nowMs) this.#open(a, b)
      else for (const end of [a, b]) end.fail('connection failed', random.between(3_000, 9_000))
    })
  }

  /** `null` where there is no unreliable lane. */
  get unreliableLoss(): number | null {
    return this.kind === 'socket' ? null : this.pair.shape.unreliableLoss
  }

  /** Both ends write from now on, and neither is told that it is open. */
  openNow([a, b]: readonly [LinkEnd, LinkEnd]): void {
    this.state = 'open'
    const { nowMs } = this.network.queue
    this.soundFromMs = nowMs
    a.connect(b, nowMs)
    b.connect(a, nowMs)
    for (const end of [a, b]) end.isOpen = true
  }

  #open(a: LinkEnd, b: LinkEnd): void {
    this.state = 'open'
    const { queue, random } = this.network
    const aOpensMs = queue.nowMs + random.between(0, this.pair.shape.delayMs)
    const bOpensMs = queue.nowMs + random.between(0, this.pair.shape.delayMs)
    this.soundFromMs = Math.max(aOpensMs, bOpensMs)
    const fingerprints = [random.bytes(32), random.bytes(32)] as const
    const isTapped = this.pair.isTapped && this.pair.shape.binding
    const shown = isTapped ? ([random.bytes(32), random.bytes(32)] as const) : fingerprints
    for (const [end, other, atMs, otherAtMs, mine, theirs] of [
      [a, b, aOpensMs, bOpensMs, fingerprints[0], shown[1]],
      [b, a, bOpensMs, aOpensMs, fingerprints[1], shown[0]],
    ] as const) {
      end.connect(other, otherAtMs)
      end.isTapped = isTapped
      const binding = this.pair.shape.binding ? { local: mine, remote: theirs } : null
      queue.at(atMs, () => end.opened(binding))
    }
  }

  cut(kind: CutKind): void {
    if (this.state !== 'open') return
    const { random } = this.network
    const ends = this.ends.filter((end) => end !== null)
    if (kind !== 'silent') for (const end of ends) end.spill()
    for (const end of ends) end.freeze()
    this.state = 'closed'
    const [first, second] = random.chance(0.5) ? ends : ends.reverse()
    first?.fail(kind === 'silent' ? 'timeout' : 'cut', kind === 'silent' ? silenceNoticedMs : 0)
    const secondAfterMs = { both: 0, late: random.between(100, silenceNoticedMs), silent: silenceNoticedMs }[kind]
    second?.fail(kind === 'both' ? 'cut' : 'timeout', secondAfterMs)
  }

  stall(forMs: number): void {
    this.#trouble(forMs)
    for (const end of this.ends) end?.stall(this.network.queue.nowMs + forMs)
  }

  /** What comes from this place does not get through for a while; the other direction is as it was. */
  stallFrom(place: number, forMs: number): void {
    this.#trouble(forMs)
    this.ends[place === this.from ? 0 : 1]?.stall(this.network.queue.nowMs + forMs)
  }

  /** What is written meanwhile arrives so much later, both ways, and what is written after it waits behind. */
  lag(byMs: number, forMs: number): void {
    this.#trouble(byMs + forMs)
    for (const end of this.ends) end?.lag(byMs, this.network.queue.nowMs + forMs)
  }

  #trouble(forMs: number): void {
    this.soundFromMs = Math.max(this.soundFromMs, this.network.queue.nowMs + forMs)
  }

  /** Open at both ends, and nothing has held up what it carries since then. */
  isSoundSince(sinceMs: number): boolean {
    return this.state === 'open' && this.soundFromMs <= sinceMs && this.ends.every((end) => end?.closed === false)
  }

  /** A link is forgotten when both ends have closed. */
  settle(): void {
    if (this.ends.every((end) => end === null || end.closed)) {
      this.state = 'closed'
      this.network.links.delete(this.number)
    }
  }
}

export class LinkEnd {
  hasRemote = false
  hasCandidate = false
  closed = false
  isOpen = false
  /** What it writes passes through the hands of somebody in between. */
  isTapped = false
  #other: LinkEnd | null = null
  #out: Record<Lane, Pipe> | null = null
  readonly #timeout: Scheduled
  readonly #link: VirtualLink
  readonly #side: 0 | 1
  readonly #handlers: EndHandlers

  constructor(link: VirtualLink, side: 0 | 1, handlers: EndHandlers) {
    this.#link = link
    this.#side = side
    this.#handlers = handlers
    const { queue, random } = link.network
    this.#timeout = queue.in(setupTimeoutMs, () => {
      if (!this.isOpen) this.fail('set-up timeout', 0)
    })
    this.hasRemote = side === 1
    if (link.kind === 'socket') return
    const readyMs = random.between(5, 80)
    queue.in(readyMs, () => this.#signal('description', random.integer(200, 1500)))
    const { needsCandidate, candidates: many } = link.pair.shape
    const candidates = many ?? random.integer(needsCandidate ? 1 : 0, 3)
    for (let i = 0; i < candidates; i++) {
      const afterMs = many === undefined ? random.between(1, 150) : (i + 1) * candidateGapMs
      queue.in(readyMs + afterMs, () => this.#signal('candidate', random.integer(40, 120)))
    }
  }

  get kind(): 'channel' | 'socket' {
    return this.#link.kind
  }

  signal(bytes: Uint8Array): void {
    if (this.closed) return
    const [kind, number, side] = decodeUtf8Lossy(bytes).split(':')
    if (Number(number) !== this.#link.number || Number(side) !== 1 - this.#side) return this.fail('bad signal', 0)
    if (kind === 'candidate') this.hasCandidate = true
    else if (this.#side === 0) this.hasRemote = true
    this.#link.advance()
  }

  write(lane: Lane, bytes: Uint8Array): void {
    if (!this.closed && (lane === 'reliable' || this.#link.unreliableLoss !== null)) this.#out?.[lane].write(bytes)
  }

  /** By its owner, who hears nothing more. The other end hears of it after what was sent. */
  close(drain: boolean): void {
    if (this.closed) return
    this.#close()
    const other = this.#other
    const out = this.#out
    if (out === null || other === null) return
    let lanesLeft = 2
    const isKept = drain || this.#link.network.random.chance(this.#link.network.keptOnClose)
    for (const pipe of [out.reliable, out.unreliable]) {
      if (!isKept) pipe.dropWaiting()
      else this.#link.network.queue.in(drainTimeoutMs, () => pipe.dropWaiting())
      pipe.end(() => {
        if (--lanesLeft === 0) other.fail('closed by the other side', 0)
      })
    }
  }

  /** The owner is gone without a word; the other end learns of it after a while. */
  vanish(noticedAfterMs: number): void {
    if (this.closed) return
    this.#close()
    this.#out?.reliable.dropWaiting()
    this.#out?.unreliable.dropWaiting()
    // What the other end writes is acknowledged by nobody, so its buffer drains no more.
    this.#other?.freeze()
    this.#other?.fail('timeout', noticedAfterMs)
  }

  fail(reason: string, afterMs: number): void {
    this.#link.network.queue.in(afterMs, () => {
      if (this.closed) return
      this.#close()
      this.freeze()
      this.#handlers.closed(reason)
    })
  }

  connect(other: LinkEnd, otherOpensMs: number): void {
    this.#other = other
    const { queue, random } = this.#link.network
    const { shape } = this.#link.pair
    const pipe = (lane: Lane, pipeShape: PipeShape) => {
      const created = new Pipe(queue, random, pipeShape, {
        arrive: (bytes) => other.#arrive(lane, bytes),
        room: (bytes) => {
          if (!this.closed) this.#handlers.room(lane, bytes)
        },
      })
      created.stall(otherOpensMs)
      return created
    }
    this.#out = {
      reliable: pipe('reliable', { ...shape, loss: 0 }),
      unreliable: pipe('unreliable', {
        ...shape,
        loss: this.#link.unreliableLoss ?? 1,
        markBytes: unreliableMarkBytes,
      }),
    }
  }

  opened(binding: Binding | null): void {
    if (this.closed) return
    this.isOpen = true
    this.#timeout.cancelled = true
    this.#handlers.open(binding, {
      reliable: this.#link.pair.shape.markBytes,
      unreliable: this.#link.unreliableLoss === null ? 0 : unreliableMarkBytes,
    })
  }

  spill(): void {
    this.#out?.reliable.spill()
    this.#out?.unreliable.spill()
  }

  freeze(): void {
    this.#out?.reliable.freeze()
    this.#out?.unreliable.freeze()
  }

  stall(untilMs: number): void {
    this.#out?.reliable.stall(untilMs)
    this.#out?.unreliable.stall(untilMs)
  }

  lag(byMs: number, untilMs: number): void {
    this.#out?.reliable.lag(byMs, untilMs)
    this.#out?.unreliable.lag(byMs, untilMs)
  }

  #arrive(lane: Lane, bytes: Uint8Array): void {
    // A copy, as any real transport makes: the sender keeps its own, and the receiver may write over what it got.
    if (!this.closed) this.#handlers.bytes(lane, bytes.slice())
  }

  #signal(kind: 'description' | 'candidate', size: number): void {
    if (this.closed) return
    const head = `${kind}:${this.#link.number}:${this.#side}:${secretMarker}:`
    this.#handlers.signal(kind, encodeUtf8(head.padEnd(size, '.')))
  }

  #close(): void {
    this.closed = true
    this.#timeout.cancelled = true
    this.#link.settle()
  }
}
