import {
  decodeServerFrame,
  encodeClientFrame,
  type ClientFrame,
  type OtherVersionFrame,
  type ServerFrame,
} from '../../../sdk/protocol/server-frames.js'
import type { RoomsLimits } from '../../../signaling/limits.js'
import type { RandomSource } from '../../../signaling/random-set.js'
import { Rooms, type RoomsEffects } from '../../../signaling/rooms.js'

/** mulberry32: small, seeded and good enough to pick with. */
export const seededRandom = (seed: number) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return (size: number) => Uint8Array.from({ length: size }, () => next() & 0xff)
}

export const topicOf = (value: number) => new Uint8Array(32).fill(value)

/** A client as the rooms see it: what it was sent, and how it ended. */
export class Client {
  readonly received: (ServerFrame | OtherVersionFrame)[] = []
  closed: { code: number; reason: string } | null = null
  /** Its connection id, from its WELCOME. */
  id: Uint8Array = new Uint8Array()
  /** The topic that it was welcomed to. */
  room = ''
  #topic = ''

  constructor(
    readonly connection: number,
    private readonly world: RoomsWorld,
  ) {}

  send(frame: ClientFrame): void {
    if (frame.type === 'join') this.#topic = frame.topic.join()
    this.sendBytes(encodeClientFrame(frame))
  }

  sendBytes(bytes: Uint8Array): void {
    this.world.step({ type: 'bytes', connection: this.connection, bytes })
  }

  join(topic = topicOf(1), options: { bot?: boolean; full?: boolean; hello?: Uint8Array } = {}): this {
    this.send({ type: 'join', topic, bot: false, full: false, hello: helloOf(this.connection), ...options })
    return this
  }

  leave(): void {
    this.world.step({ type: 'closed', connection: this.connection })
  }

  welcomed(id: Uint8Array): void {
    this.id = new Uint8Array(id)
    this.room = this.#topic
  }

  /** What arrived since the last call. */
  take(): (ServerFrame | OtherVersionFrame)[] {
    return this.received.splice(0)
  }

  takeOne<Type extends ServerFrame['type']>(type: Type): Extract<ServerFrame, { type: Type }> {
    const frames = this.take()
    if (frames.length !== 1 || frames[0]?.type !== type) {
      throw new Error(`expected one ${type}, got ${JSON.stringify(frames.map((frame) => frame.type))}`)
    }
    return frames[0] as Extract<ServerFrame, { type: Type }>
  }
}

/** Tells which client a hello is from. */
export const helloOf = (connection: number) => Uint8Array.of(connection >> 8, connection & 0xff)
export const connectionOf = (hello: Uint8Array) => ((hello[0] ?? 0) << 8) | (hello[1] ?? 0)

/** Rooms under virtual time, with as many clients as a test opens. */
export class RoomsWorld {
  readonly rooms: Rooms
  readonly clients = new Map<number, Client>()
  nowMs = 1_000
  /** How many frames the rooms have sent. */
  sent = 0
  #wakeAtMs = Infinity
  readonly #effects: RoomsEffects = {
    send: (connection, bytes) => {
      this.sent++
      const client = this.#client(connection)
      if (client.closed !== null) throw new Error('sent to a closed connection')
      const frame = decodeServerFrame(bytes)
      if (frame.type === 'welcome') client.welcomed(frame.connection)
      client.received.push(frame)
    },
    close: (connection, code, reason) => {
      const client = this.#client(connection)
      if (client.closed !== null) throw new Error('closed twice')
      client.closed = { code, reason }
    },
    wake: (atMs) => {
      this.#wakeAtMs = atMs
    },
  }

  constructor(options: { limits?: Partial<RoomsLimits>; seed?: number; random?: RandomSource } = {}) {
    const { limits = {}, seed = 1, random = seededRandom(seed) } = options
    this.rooms = new Rooms({ random, node: Uint8Array.of(1, 2, 3, 4, 5, 6), limits })
  }

  step(event: Parameters<Rooms['step']>[0]): void {
    this.rooms.step(event, this.nowMs, this.#effects)
  }

  open(): Client {
    const client = new Client(this.clients.size + 1, this)
    this.clients.set(client.connection, client)
    this.step({ type: 'opened', connection: client.connection })
    return client
  }

  /** Runs all timers that fall due in the next `ms`, each at its time. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms
    while (this.#wakeAtMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.#wakeAtMs)
      this.#wakeAtMs = Infinity
      this.step({ type: 'timer' })
    }
    this.nowMs = endMs
  }

  #client(connection: number): Client {
    const client = this.clients.get(connection)
    if (client === undefined) throw new Error(`no connection ${connection}`)
    return client
  }
}
