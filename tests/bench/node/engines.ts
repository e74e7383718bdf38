/** Engines in one process, under virtual time, with links in memory that carry at once and a server that introduces. */
import type { CryptoSuite, KeyPair } from '../../../sdk/crypto/suite.js'
import { Engine } from '../../../sdk/mesh/engine.js'
import type { CarrierId, Effects, EngineEvent } from '../../../sdk/mesh/events.js'
import type { EngineOptions } from '../../../sdk/mesh/options.js'
import { decodeClientFrame, encodeServerFrame, type Introduction } from '../../../sdk/protocol/server-frames.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'

const ROOM_BYTES = 1_048_576
const UNRELIABLE_ROOM = { reliable: ROOM_BYTES, unreliable: ROOM_BYTES }

export interface End {
  readonly host: Host
  readonly carrier: CarrierId
  readonly id: number
  other: End | null
  isOpen: boolean
}

/** One engine and its carriers. */
export class Host {
  readonly engine: Engine
  readonly session: KeyPair
  readonly identity: KeyPair
  delivered = 0
  admitted = 0
  wakeMs = Infinity
  server: CarrierId | null = null
  introduction: Introduction | null = null
  readonly #net: Net
  readonly #ends = new Map<CarrierId, End>()
  readonly #effects: Effects

  constructor(net: Net, suite: CryptoSuite, keys: EngineOptions['keys'], options: Partial<EngineOptions>) {
    this.#net = net
    this.session = suite.sessionKeys()
    this.identity = suite.identityKeys()
    this.engine = new Engine(
      {
        suite,
        keys,
        identity: this.identity,
        session: this.session,
        profile: encodeUtf8('{"name":"somebody"}'),
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
      net.nowMs,
    )
    this.#effects = this.#createEffects()
  }

  step(event: EngineEvent): void {
    this.engine.step(event, this.#net.nowMs, this.#effects)
  }

  /** The open link to another host. */
  link(other: Host): End {
    const end = [...this.#ends.values()].find((candidate) => candidate.isOpen && candidate.other?.host === other)
    if (end === undefined) throw new Error('no link')
    return end
  }

  forget(carrier: CarrierId): void {
    this.#ends.delete(carrier)
  }

  #createEffects(): Effects {
    const net = this.#net
    const ends = this.#ends
    return {
      openServer: (carrier) => {
        this.server = carrier
        net.push(this, { type: 'carrier:open', carrier, room: { ...UNRELIABLE_ROOM, unreliable: 0 }, binding: null })
      },
      openLink: (carrier, _memberId, remote) => {
        const end = net.createEnd(this, carrier, remote)
        ends.set(carrier, end)
        const bytes = new Uint8Array(4)
        new DataView(bytes.buffer).setUint32(0, end.id)
        net.push(this, { type: 'link:signal', carrier, kind: 'description', bytes })
      },
      expectLink: () => undefined,
      dialLink: (carrier) => {
        net.push(this, { type: 'carrier:closed', carrier, reason: 'no sockets here' })
      },
      signalLink: (carrier, bytes) => {
        const end = ends.get(carrier)
        if (end) net.connect(end, bytes)
      },
      write: (carrier, lane, bytes) => {
        if (carrier === this.server) return net.serve(this, bytes)
        const end = ends.get(carrier)
        if (end?.isOpen !== true || end.other === null) return
        net.push(end.other.host, { type: 'carrier:bytes', carrier: end.other.carrier, lane, bytes: bytes.slice() })
        net.push(this, { type: 'carrier:room', carrier, lane: 'reliable', bytes: ROOM_BYTES })
      },
      close: (carrier) => {
        const end = ends.get(carrier)
        if (end) net.cut(end)
        ends.delete(carrier)
      },
      deliver: () => {
        this.delivered++
      },
      linkBound: () => undefined,
      streamOpened: () => undefined,
      acknowledged: () => undefined,
      admitted: () => {
        this.admitted++
      },
      reported: () => undefined,
      failed: () => undefined,
      emit: () => undefined,
      wake: (atMs) => {
        this.wakeMs = Math.min(this.wakeMs, atMs)
      },
    }
  }
}

export class Net {
  nowMs = 1_700_000_000_000
  readonly hosts: Host[] = []
  readonly suite: CryptoSuite
  readonly #keys: EngineOptions['keys']
  readonly #ends = new Map<number, End>()
  #queue: { readonly host: Host; readonly event: EngineEvent }[] = []
  #connections = 0
  #lastEnd = 0

  constructor(suite: CryptoSuite, keys: EngineOptions['keys']) {
    this.suite = suite
    this.#keys = keys
  }

  add(options: Partial<EngineOptions> = {}): Host {
    const host = new Host(this, this.suite, this.#keys, options)
    this.hosts.push(host)
    host.step({ type: 'start' })
    return host
  }

  /** Nothing happens to this host any more, and nobody is told; the ends of its links stand, and lead nowhere. */
  remove(host: Host): void {
    this.hosts.splice(this.hosts.indexOf(host), 1)
    for (const [id, end] of this.#ends) {
      if (end.host === host) this.#ends.delete(id)
      if (end.other?.host === host) end.other = null
    }
  }

  push(host: Host, event: EngineEvent): void {
    this.#queue.push({ host, event })
  }

  /** Until so long has passed, or it is so. */
  run(forMs: number, isDone: () => boolean = () => false): void {
    const untilMs = this.nowMs + forMs
    while (!isDone()) {
      this.#drain()
      const nextMs = Math.min(...this.hosts.map(({ wakeMs }) => wakeMs))
      if (nextMs > untilMs) {
        this.nowMs = untilMs
        return
      }
      this.nowMs = Math.max(this.nowMs, nextMs)
      for (const host of this.hosts) {
        if (host.wakeMs > this.nowMs) continue
        host.wakeMs = Infinity
        host.step({ type: 'timer' })
      }
    }
  }

  #drain(): void {
    while (this.#queue.length > 0) {
      const batch = this.#queue
      this.#queue = []
      for (const { host, event } of batch) if (this.hosts.includes(host)) host.step(event)
    }
  }

  createEnd(host: Host, carrier: CarrierId, remote: Uint8Array | null): End {
    const end: End = { host, carrier, id: ++this.#lastEnd, other: null, isOpen: false }
    this.#ends.set(end.id, end)
    end.other = remote === null ? null : this.#described(remote)
    return end
  }

  connect(end: End, description: Uint8Array): void {
    const other = this.#described(description)
    if (other === null || end.isOpen || other.isOpen) return
    end.other = other
    other.other = end
    for (const [side, far] of [
      [end, other],
      [other, end],
    ] as const) {
      side.isOpen = true
      const binding = { local: fingerprint(side.id), remote: fingerprint(far.id) }
      this.push(side.host, { type: 'carrier:open', carrier: side.carrier, room: UNRELIABLE_ROOM, binding })
    }
  }

  cut(end: End): void {
    for (const side of [end, end.other]) {
      if (side === null) continue
      this.#ends.delete(side.id)
      side.host.forget(side.carrier)
      if (side.isOpen) this.push(side.host, { type: 'carrier:closed', carrier: side.carrier, reason: 'cut' })
      side.isOpen = false
    }
  }

  /** The signaling server: introduces everybody to everybody there, and carries set-ups. */
  serve(host: Host, bytes: Uint8Array): void {
    const frame = decodeClientFrame(bytes)
    const others = this.hosts.filter((other) => other !== host && other.introduction !== null)
    if (frame.type === 'join') {
      const connection = new Uint8Array(16)
      new DataView(connection.buffer).setUint32(0, ++this.#connections)
      host.introduction = { connection, bot: false, full: frame.full, hello: frame.hello.slice() }
      const introductions = others.slice(0, 3).map((other) => other.introduction as Introduction)
      this.#answer(host, { type: 'welcome', connection, empty: others.length === 0, introductions })
      for (const other of others.slice(0, 3)) this.#answer(other, { type: 'introduced', ...host.introduction })
    } else if (frame.type === 'signal') {
      const from = host.introduction?.connection
      const to = others.find((other) => sameBytes(other.introduction?.connection, frame.connection))
      if (from && to) this.#answer(to, { type: 'signal', connection: from, payload: frame.payload.slice() })
    }
    if (host.server !== null) {
      this.push(host, { type: 'carrier:room', carrier: host.server, lane: 'reliable', bytes: ROOM_BYTES })
    }
  }

  #answer(host: Host, frame: Parameters<typeof encodeServerFrame>[0]): void {
    if (host.server === null) return
    this.push(host, { type: 'carrier:bytes', carrier: host.server, lane: 'reliable', bytes: encodeServerFrame(frame) })
  }

  #described(description: Uint8Array): End | null {
    const view = new DataView(description.buffer, description.byteOffset)
    return description.length < 4 ? null : (this.#ends.get(view.getUint32(0)) ?? null)
  }
}

const fingerprint = (id: number): Uint8Array => {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, id)
  return bytes
}

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a?.length === b.length && a.every((byte, index) => byte === b[index])
