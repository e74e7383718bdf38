import {
  CLOSE_FRAME_TOO_LARGE,
  CLOSE_FULL,
  CLOSE_HEARTBEAT_MISSED,
  CLOSE_JOIN_TIMEOUT,
  CLOSE_PROTOCOL_ERROR,
  CLOSE_RATE,
  CLOSE_RESTART,
  CLOSE_VERSION,
} from '../sdk/protocol/close-codes.js'
import { DecodeError } from '../sdk/protocol/decode-error.js'
import {
  CONNECTION_ID_BYTES,
  MAX_INTRODUCTIONS,
  MAX_SERVER_FRAME_BYTES,
  PROTOCOL_VERSION,
  decodeClientFrame,
  encodeServerFrame,
  type ClientFrame,
  type OtherVersionFrame,
  type Presence,
  type ServerFrame,
} from '../sdk/protocol/server-frames.js'
import { concatBytes } from '../sdk/util/bytes.js'
import { Deadlines } from './deadlines.js'
import { DEFAULT_ROOMS_LIMITS, type RoomsLimits } from './limits.js'
import { randomBelow, type RandomSource } from './random-set.js'
import { Room, type Member } from './room.js'
import { TokenBucket } from '../sdk/util/token-bucket.js'

/** The first bytes of every connection id that a server hands out. */
export const NODE_ID_BYTES = 6

/** An ASK makes the server write to four connections, so it weighs as many frames as this. */
const ASK_WEIGHT = 10
/** GONEs a second to one connection; whoever misses one finds out by its own silence. */
const GONE_RATE = 5
const GONE_BURST = 20
/** Clients that lost their server at the same moment come back spread over this time. */
const DRAIN_SPREAD_MS = 2_000

const PING = encodeServerFrame({ type: 'ping' })

/** What happens to the rooms. A connection is a number of the owner's choosing, never used twice. */
export type RoomsEvent =
  | { readonly type: 'opened'; readonly connection: number }
  | { readonly type: 'bytes'; readonly connection: number; readonly bytes: Uint8Array }
  /** Gone, or cut off by the owner for reasons of its own. */
  | { readonly type: 'closed'; readonly connection: number }
  /** The server stops: everyone is told when to come back and is let go. */
  | { readonly type: 'drain' }
  | { readonly type: 'timer' }

/** What the rooms ask of their owner, during `step`; none of it may call back into `step`. */
export interface RoomsEffects {
  send(connection: number, bytes: Uint8Array): void
  /** After what was sent. The connection is forgotten already: its `closed` event is allowed but not needed. */
  close(connection: number, code: number, reason: string): void
  /** Send a `timer` event at this time; a later call replaces an earlier one, and a timer too many does no harm. */
  wake(atMs: number): void
}

interface Connection {
  readonly number: number
  readonly frames: TokenBucket
  readonly bytes: TokenBucket
  readonly gones: TokenBucket
  readonly updates: TokenBucket
  heardAtMs: number
  joined: { readonly topic: string; readonly room: Room; member: Member } | null
}

interface Turn {
  readonly nowMs: number
  readonly effects: RoomsEffects
}

/**
 * Who is in which room, and who is introduced to whom. A pure state machine: clock, randomness and sockets are the
 * owner's, so that a simulator runs the very rooms that a server runs. It never throws, whatever the bytes.
 *
 * A room is a topic of 32 bytes and lives as long as it has members. Members are never listed and nobody is told of
 * a leaving: who is in the group is for its members to find out. What joining costs does not grow with the room.
 */
export class Rooms {
  readonly #random: RandomSource
  readonly #node: Uint8Array
  readonly #limits: RoomsLimits
  readonly #connections = new Map<number, Connection>()
  readonly #members = new Map<string, Connection>()
  readonly #rooms = new Map<string, Room>()
  readonly #joins: Deadlines<Connection>
  readonly #pings: Deadlines<Connection>
  readonly #pongs: Deadlines<Connection>
  #nowMs = -Infinity
  #wakeAtMs = Infinity
  #draining = false

  /** `node` is {@link NODE_ID_BYTES} bytes and differs between servers that share rooms. */
  constructor(options: { random: RandomSource; node: Uint8Array; limits?: Partial<RoomsLimits> }) {
    if (options.node.length !== NODE_ID_BYTES) throw new RangeError(`expected a node id of ${NODE_ID_BYTES} bytes`)
    this.#random = options.random
    this.#node = options.node.slice()
    this.#limits = { ...DEFAULT_ROOMS_LIMITS, ...options.limits }
    this.#joins = new Deadlines(this.#limits.joinMs)
    this.#pings = new Deadlines(this.#limits.pingMs)
    this.#pongs = new Deadlines(this.#limits.pongMs)
  }

  get counts(): { connections: number; members: number; rooms: number } {
    return { connections: this.#connections.size, members: this.#members.size, rooms: this.#rooms.size }
  }

  step(event: RoomsEvent, nowMs: number, effects: RoomsEffects): void {
    // A clock that goes back would refill buckets twice and put the deadlines out of order.
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    const turn = { nowMs: this.#nowMs, effects }
    switch (event.type) {
      case 'opened':
        this.#handleOpened(event.connection, turn)
        break
      case 'bytes': {
        const connection = this.#connections.get(event.connection)
        if (connection !== undefined) this.#handleBytes(connection, event.bytes, turn)
        break
      }
      case 'closed': {
        const connection = this.#connections.get(event.connection)
        if (connection !== undefined) this.#forget(connection)
        break
      }
      case 'drain':
        this.#handleDrain(turn)
        break
      case 'timer':
        this.#handleTimer(turn)
        break
    }
    const nextMs = Math.min(this.#joins.nextMs, this.#pings.nextMs, this.#pongs.nextMs)
    if (nextMs < this.#wakeAtMs) {
      this.#wakeAtMs = nextMs
      effects.wake(nextMs)
    }
  }

  #handleOpened(number: number, { nowMs, effects }: Turn): void {
    if (this.#connections.has(number)) return
    if (this.#draining) return effects.close(number, CLOSE_RESTART, 'server stops')
    const limits = this.#limits
    if (this.#connections.size >= limits.connections) return effects.close(number, CLOSE_FULL, 'server is full')
    const connection: Connection = {
      number,
      frames: new TokenBucket(limits.framesPerSecond, limits.frameBurst, nowMs),
      bytes: new TokenBucket(limits.bytesPerSecond, limits.byteBurst, nowMs),
      gones: new TokenBucket(GONE_RATE, GONE_BURST, nowMs),
      updates: new TokenBucket(1000 / limits.updateMs, 2, nowMs),
      heardAtMs: nowMs,
      joined: null,
    }
    this.#connections.set(number, connection)
    this.#joins.add(connection, nowMs)
  }

  #handleBytes(connection: Connection, bytes: Uint8Array, turn: Turn): void {
    const { nowMs } = turn
    if (bytes.length > MAX_SERVER_FRAME_BYTES) {
      return this.#close(connection, CLOSE_FRAME_TOO_LARGE, 'frame too large', turn)
    }
    if (!connection.frames.take(1, nowMs)) return this.#close(connection, CLOSE_RATE, 'too many frames', turn)
    if (!connection.bytes.take(bytes.length, nowMs)) return this.#close(connection, CLOSE_RATE, 'too many bytes', turn)
    connection.heardAtMs = nowMs
    this.#pongs.delete(connection)
    let frame: ClientFrame | OtherVersionFrame
    try {
      frame = decodeClientFrame(bytes)
    } catch (error) {
      const reason = error instanceof DecodeError ? error.reason : 'undecodable'
      return this.#close(connection, CLOSE_PROTOCOL_ERROR, reason, turn)
    }
    this.#handleFrame(connection, frame, turn)
  }

  #handleFrame(connection: Connection, frame: ClientFrame | OtherVersionFrame, turn: Turn): void {
    const { joined } = connection
    if (frame.type === 'join' || frame.type === 'other-version') {
      if (joined !== null) return this.#close(connection, CLOSE_PROTOCOL_ERROR, 'joined already', turn)
      if (frame.type === 'join') return this.#handleJoin(connection, frame, turn)
      const reason = `version ${frame.version} is not ${PROTOCOL_VERSION}`
      return this.#close(connection, CLOSE_VERSION, reason, turn)
    }
    if (joined === null) return this.#close(connection, CLOSE_PROTOCOL_ERROR, 'not joined yet', turn)
    switch (frame.type) {
      case 'signal':
        return this.#handleSignal(connection, joined, frame, turn)
      case 'ask':
        return this.#handleAsk(connection, joined, frame.tried, turn)
      case 'update': {
        if (!connection.updates.take(1, turn.nowMs)) {
          return this.#close(connection, CLOSE_RATE, 'too many updates', turn)
        }
        const { member } = joined
        joined.member = makeMember(connection.number, member.id, frame)
        return joined.room.replace(member, joined.member)
      }
      case 'pong':
        return
    }
  }

  #handleJoin(connection: Connection, frame: { topic: Uint8Array } & Presence, turn: Turn): void {
    const topic = keyOf(frame.topic)
    const room = this.#rooms.get(topic) ?? new Room()
    if (room.size >= this.#limits.members) return this.#close(connection, CLOSE_FULL, 'room is full', turn)
    const id = concatBytes(this.#node, this.#random(CONNECTION_ID_BYTES - NODE_ID_BYTES))
    const member = makeMember(connection.number, id, frame)
    const empty = room.size === 0
    const introductions = room.pick(MAX_INTRODUCTIONS, () => false, this.#random)

    connection.joined = { topic, room, member }
    room.add(member)
    this.#rooms.set(topic, room)
    this.#members.set(keyOf(id), connection)
    this.#joins.delete(connection)
    this.#pings.add(connection, turn.nowMs)

    send(turn, member, { type: 'welcome', connection: id, empty, introductions: introductions.map(introductionOf) })
    for (const other of introductions) send(turn, other, { type: 'introduced', ...introductionOf(member) })
  }

  #handleSignal(
    connection: Connection,
    { room, member }: NonNullable<Connection['joined']>,
    frame: { connection: Uint8Array; payload: Uint8Array },
    turn: Turn,
  ): void {
    const destination = this.#memberOf(room, frame.connection)
    if (destination !== null) {
      send(turn, destination, { type: 'signal', connection: member.id, payload: frame.payload })
    } else if (connection.gones.take(1, turn.nowMs)) {
      send(turn, member, { type: 'gone', connection: frame.connection })
    }
  }

  #handleAsk(
    connection: Connection,
    { room, member }: NonNullable<Connection['joined']>,
    tried: readonly Uint8Array[],
    turn: Turn,
  ): void {
    if (!connection.frames.take(ASK_WEIGHT - 1, turn.nowMs)) {
      return this.#close(connection, CLOSE_RATE, 'too many frames', turn)
    }
    const skipped = new Set([member])
    for (const id of tried) {
      const other = this.#memberOf(room, id)
      if (other === null || skipped.has(other)) continue
      skipped.add(other)
      const silent = this.#connections.get(other.connection)
      if (silent !== undefined && turn.nowMs - silent.heardAtMs >= this.#limits.silentMs) this.#ping(silent, turn)
    }
    const skip = (other: Member) => skipped.has(other)
    const introductions =
      tried.length === 0 ? room.pickAny(skip, this.#random) : room.pick(MAX_INTRODUCTIONS, skip, this.#random)
    const empty = room.size === 1
    send(turn, member, { type: 'introductions', empty, introductions: introductions.map(introductionOf) })
    for (const other of introductions) send(turn, other, { type: 'introduced', ...introductionOf(member) })
  }

  #handleTimer(turn: Turn): void {
    this.#wakeAtMs = Infinity
    for (const connection of this.#joins.takeDue(turn.nowMs)) {
      this.#close(connection, CLOSE_JOIN_TIMEOUT, 'did not join in time', turn)
    }
    for (const connection of this.#pongs.takeDue(turn.nowMs)) {
      this.#close(connection, CLOSE_HEARTBEAT_MISSED, 'did not answer in time', turn)
    }
    for (const connection of this.#pings.takeDue(turn.nowMs)) {
      this.#ping(connection, turn)
      this.#pings.add(connection, turn.nowMs)
    }
  }

  #handleDrain(turn: Turn): void {
    this.#draining = true
    for (const connection of [...this.#connections.values()]) {
      if (connection.joined !== null) {
        const reconnectInMs = randomBelow(DRAIN_SPREAD_MS, this.#random)
        send(turn, connection.joined.member, { type: 'drain', reconnectInMs })
      }
      this.#close(connection, CLOSE_RESTART, 'server stops', turn)
    }
  }

  /** One PING waits for its answer at a time: a second one must not put the first one's deadline off. */
  #ping(connection: Connection, { nowMs, effects }: Turn): void {
    if (this.#pongs.has(connection)) return
    this.#pongs.add(connection, nowMs)
    effects.send(connection.number, PING)
  }

  #memberOf(room: Room, id: Uint8Array): Member | null {
    const joined = this.#members.get(keyOf(id))?.joined
    return joined?.room === room ? joined.member : null
  }

  #close(connection: Connection, code: number, reason: string, { effects }: Turn): void {
    this.#forget(connection)
    effects.close(connection.number, code, reason)
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection.number)
    this.#joins.delete(connection)
    this.#pings.delete(connection)
    this.#pongs.delete(connection)
    if (connection.joined === null) return
    const { topic, room, member } = connection.joined
    this.#members.delete(keyOf(member.id))
    room.remove(member)
    if (room.size === 0) this.#rooms.delete(topic)
  }
}

const send = ({ effects }: Turn, member: Member, frame: ServerFrame): void =>
  effects.send(member.connection, encodeServerFrame(frame))

/** Copies the hello: the bytes that it came in belong to the owner, and may be a slice of something far larger. */
const makeMember = (connection: number, id: Uint8Array, { bot, full, hello }: Presence): Member => ({
  connection,
  id,
  bot,
  full,
  hello: new Uint8Array(hello),
})

const introductionOf = ({ id, bot, full, hello }: Member) => ({ connection: id, bot, full, hello })

/** Bytes as a map key: one character for each. */
const keyOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
