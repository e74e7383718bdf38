import { decodeClientFrame, decodeServerFrame } from '../../sdk/protocol/server-frames.js'
import { NODE_ID_BYTES, Rooms, type RoomsEffects, type RoomsEvent } from '../../signaling/rooms.js'
import type { Random } from '../support/random.js'
import { epochMs } from './clock.js'
import { secretMarker } from './network.js'
import { Pipe, type PipeShape } from './pipe.js'
import type { EventQueue, Scheduled } from './queue.js'
import { describeBytes } from './trace.js'

export interface SocketHandlers {
  open(room: number): void
  bytes(bytes: Uint8Array): void
  room(bytes: number): void
  closed(code: number): void
}

/** Codes that a client which keeps to the protocol is never closed with. */
const faultCodes = new Set([4000, 4002, 4008, 4009, 4010, 4014, 4029])
/** No pong, and no JOIN. */
const silenceCodes = new Set([4002, 4010])
const drainTimeoutMs = 2_000

/** The signaling server: the very rooms that ship, behind virtual sockets, with an owner that restarts them. */
export class VirtualServer {
  framesIn = 0
  framesOut = 0
  #rooms: Rooms | null = null
  #timer: Scheduled | null = null
  #lastSocket = 0
  readonly #sockets = new Map<number, ServerSocket>()
  readonly #effects: RoomsEffects
  readonly queue: EventQueue
  readonly random: Random
  readonly trace: (line: () => string) => void
  readonly fail: (rule: string, detail: string) => never
  /** Whether nobody can expect an answer of this member. */
  mayBeSilent: (name: string) => boolean = () => false
  /** What must not be found in anything that it carries, beside what is marked. */
  readonly secrets: Buffer[] = []
  /** Sees each frame that a member is sent, and what it writes itself goes after it. */
  tamper: ((bytes: Uint8Array, socket: ServerSocket) => readonly Uint8Array[]) | null = null

  constructor(
    queue: EventQueue,
    random: Random,
    trace: (line: () => string) => void,
    fail: (rule: string, detail: string) => never,
  ) {
    this.queue = queue
    this.random = random
    this.trace = trace
    this.fail = fail
    this.#effects = this.#createEffects()
    this.up()
  }

  get isUp(): boolean {
    return this.#rooms !== null
  }

  up(): void {
    if (this.#rooms !== null) return
    this.trace(() => 'server up')
    const random = this.random
    this.#rooms = new Rooms({ random: (size) => random.bytes(size), node: random.bytes(NODE_ID_BYTES) })
  }

  /** Forgets everything. `drain` says goodbye first; `kill` does not. Dialling fails until `up`. */
  down(how: 'drain' | 'kill'): void {
    if (this.#rooms === null) return
    this.trace(() => `server down: ${how}`)
    if (how === 'drain') this.#step({ type: 'drain' })
    this.#rooms = null
    if (this.#timer !== null) this.#timer.cancelled = true
    for (const socket of [...this.#sockets.values()]) socket.cut(this.random.chance(0.5) ? 1006 : 1012)
    this.#sockets.clear()
  }

  /** What one member holds of its socket; it hears `closed` should the server be down. */
  dial(name: string, handlers: SocketHandlers): ServerSocket {
    const socket = new ServerSocket(this, ++this.#lastSocket, name, handlers)
    this.queue.in(2 * socket.shape.delayMs, () => {
      if (socket.closed) return
      if (this.#rooms === null) return socket.cut(1006)
      this.#sockets.set(socket.number, socket)
      this.#step({ type: 'opened', connection: socket.number })
      socket.opened()
    })
    return socket
  }

  received(socket: ServerSocket, bytes: Uint8Array): void {
    if (!this.#sockets.has(socket.number)) return
    this.framesIn++
    this.trace(() => `server <- ${socket.name} ${frameType(() => decodeClientFrame(bytes))} ${describeBytes(bytes)}`)
    this.#scan(bytes, `${socket.name} sent`)
    this.#step({ type: 'bytes', connection: socket.number, bytes })
  }

  /** The socket is gone, and the server knows. */
  lost(socket: ServerSocket): void {
    if (this.#sockets.delete(socket.number)) this.#step({ type: 'closed', connection: socket.number })
  }

  #createEffects(): RoomsEffects {
    return {
      send: (connection, bytes) => {
        const socket = this.#sockets.get(connection)
        if (socket === undefined) return
        this.framesOut++
        this.trace(
          () => `server -> ${socket.name} ${frameType(() => decodeServerFrame(bytes))} ${describeBytes(bytes)}`,
        )
        this.#scan(bytes, `${socket.name} is sent`)
        socket.toClient.write(bytes)
        for (const extra of this.tamper?.(bytes, socket) ?? []) socket.toClient.write(extra)
      },
      close: (connection, code, reason) => {
        const socket = this.#sockets.get(connection)
        if (socket === undefined) return
        this.trace(() => `server closes ${socket.name}: ${code} ${reason}`)
        const isExcused = silenceCodes.has(code) && this.mayBeSilent(socket.name)
        if (faultCodes.has(code) && !socket.closed && !isExcused) {
          this.fail('server-refuses', `the server closed the socket of ${socket.name} with ${code}: ${reason}`)
        }
        this.#sockets.delete(connection)
        socket.toClient.end(() => socket.cut(code))
      },
      wake: (atMs) => {
        if (this.#timer !== null) this.#timer.cancelled = true
        this.#timer = this.queue.at(atMs - epochMs, () => this.#step({ type: 'timer' }))
      },
    }
  }

  #step(event: RoomsEvent): void {
    this.#rooms?.step(event, epochMs + Math.floor(this.queue.nowMs), this.#effects)
  }

  #scan(bytes: Uint8Array, who: string): void {
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (frame.includes(secretMarker) || this.secrets.some((secret) => frame.includes(secret))) {
      this.fail('server-reads', `${who} a frame in which the server can read what it must not`)
    }
  }
}

/** A member's side of one connection to the server. */
export class ServerSocket {
  closed = false
  readonly shape: PipeShape
  readonly toServer: Pipe
  readonly toClient: Pipe
  readonly number: number
  readonly name: string
  readonly #server: VirtualServer
  readonly #handlers: SocketHandlers

  constructor(server: VirtualServer, number: number, name: string, handlers: SocketHandlers) {
    this.#server = server
    this.number = number
    this.name = name
    this.#handlers = handlers
    const { queue, random } = server
    this.shape = {
      delayMs: random.between(1, 100),
      jitterMs: random.between(0, 20),
      bytesPerSecond: 1_000_000,
      markBytes: 256 * 1024,
      loss: 0,
      lazyRoom: random.chance(0.5),
    }
    this.toServer = new Pipe(queue, random, this.shape, {
      arrive: (bytes) => server.received(this, bytes.slice()),
      room: (bytes) => {
        if (!this.closed) handlers.room(bytes)
      },
    })
    this.toClient = new Pipe(queue, random, this.shape, {
      arrive: (bytes) => {
        if (!this.closed) handlers.bytes(bytes.slice())
      },
      room: () => undefined,
    })
  }

  opened(): void {
    this.#handlers.open(this.shape.markBytes)
  }

  write(_lane: 'reliable' | 'unreliable', bytes: Uint8Array): void {
    if (!this.closed) this.toServer.write(bytes)
  }

  close(drain: boolean): void {
    if (this.closed) return
    this.closed = true
    if (drain) this.#server.queue.in(drainTimeoutMs, () => this.toServer.dropWaiting())
    else this.toServer.dropWaiting()
    this.toServer.end(() => this.#server.lost(this))
  }

  /** The client is gone without a word. One in two servers hears of it at once, the others by their heartbeat. */
  vanish(): void {
    if (this.closed) return
    this.closed = true
    this.toServer.freeze()
    if (this.#server.random.chance(0.5)) this.#server.lost(this)
  }

  /** The connection breaks; what was in flight is lost. */
  cut(code: number): void {
    this.toServer.freeze()
    this.toClient.freeze()
    this.#server.queue.in(this.shape.delayMs, () => {
      if (this.closed) return
      this.closed = true
      this.#handlers.closed(code)
    })
  }
}

const frameType = (decode: () => { type: string }): string => {
  try {
    return decode().type
  } catch {
    return 'garbage'
  }
}
