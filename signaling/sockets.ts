import { randomBytes } from 'node:crypto'
import type { WebSocketServerLike } from '@hono/node-server'
import { WebSocket, WebSocketServer } from 'ws'
import { CLOSE_FRAME_TOO_LARGE, CLOSE_PROTOCOL_ERROR, CLOSE_SLOW_CONSUMER } from '../sdk/protocol/close-codes.js'
import { MAX_SERVER_FRAME_BYTES, SUBPROTOCOL } from '../sdk/protocol/server-frames.js'
import type { SignalingLimits } from './limits.js'
import { NODE_ID_BYTES, Rooms, type RoomsEffects, type RoomsEvent } from './rooms.js'

/** How long a client may take to answer our close frame; then its socket is destroyed. */
const CLOSE_TIMEOUT_MS = 2_000

/** ws closes by itself what breaks its limits, under general codes; clients are promised one of ours. */
class SignalingSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    if (code === 1009 || code === 1008) super.close(CLOSE_FRAME_TOO_LARGE, 'frame too large')
    else super.close(code, reason)
  }
}

// Apart from the call, as the types do not know `closeTimeout` yet.
const socketOptions = {
  noServer: true,
  WebSocket: SignalingSocket,
  maxPayload: MAX_SERVER_FRAME_BYTES,
  maxFragments: 16,
  maxBufferedChunks: 256,
  // Each compressor would hold memory for as long as its socket lives, and what is carried is sealed anyway.
  perMessageDeflate: false,
  clientTracking: false,
  closeTimeout: CLOSE_TIMEOUT_MS,
  handleProtocols: (offered: Set<string>) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
} as const

/** The WebSocket half of the server, set so that no client can make it hold much more than one frame. */
export const createWebSocketServer = (): WebSocketServerLike =>
  // The adapter describes a narrower `send` than ws declares, and never calls it otherwise.
  new WebSocketServer(socketOptions) as unknown as WebSocketServerLike

/** Runs {@link Rooms} over real sockets, a real clock and real randomness. */
export class Sockets {
  readonly #rooms: Rooms
  readonly #bufferedBytes: number
  /** Those the rooms know. */
  readonly #live = new Map<number, WebSocket>()
  /** All that are not closed yet, those that were told to close included. */
  readonly #open = new Set<WebSocket>()
  readonly #slow = new Set<number>()
  #count = 0
  #timer: NodeJS.Timeout | undefined
  #whenEmpty: (() => void) | undefined

  constructor(limits: SignalingLimits) {
    this.#bufferedBytes = limits.bufferedBytes
    this.#rooms = new Rooms({ random: randomBytes, node: randomBytes(NODE_ID_BYTES), limits })
  }

  get counts(): { connections: number; members: number; rooms: number } {
    return this.#rooms.counts
  }

  accept(socket: WebSocket, onClosed: () => void): void {
    const connection = ++this.#count
    this.#live.set(connection, socket)
    this.#open.add(socket)
    socket.on('message', (data: Buffer, isBinary) => {
      // After a close, what the client had under way still arrives.
      if (!this.#live.has(connection)) return
      if (isBinary) this.#step({ type: 'bytes', connection, bytes: data })
      else this.#cut(connection, CLOSE_PROTOCOL_ERROR, 'text frame')
    })
    // ws closes the socket itself; until the client agrees, it must not count as a member.
    socket.on('error', () => this.#forget(connection))
    socket.on('close', () => {
      this.#forget(connection)
      this.#open.delete(socket)
      if (this.#open.size === 0) this.#whenEmpty?.()
      onClosed()
    })
    this.#step({ type: 'opened', connection })
  }

  /** Tells every client when to come back, closes all sockets, and settles when the last is closed or destroyed. */
  async close(): Promise<void> {
    this.#step({ type: 'drain' })
    clearTimeout(this.#timer)
    if (this.#open.size === 0) return
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  readonly #effects: RoomsEffects = {
    send: (connection, bytes) => {
      const socket = this.#live.get(connection)
      if (socket === undefined) return
      socket.send(bytes)
      if (socket.bufferedAmount > this.#bufferedBytes) this.#slow.add(connection)
    },
    close: (connection, code, reason) => {
      this.#live.get(connection)?.close(code, reason)
      this.#live.delete(connection)
    },
    wake: (atMs) => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#step({ type: 'timer' }), Math.max(0, atMs - performance.now()))
    },
  }

  #step(event: RoomsEvent): void {
    this.#rooms.step(event, performance.now(), this.#effects)
    for (const connection of this.#slow) {
      this.#slow.delete(connection)
      this.#cut(connection, CLOSE_SLOW_CONSUMER, 'does not read')
    }
  }

  #cut(connection: number, code: number, reason: string): void {
    const socket = this.#live.get(connection)
    this.#forget(connection)
    socket?.close(code, reason)
  }

  #forget(connection: number): void {
    if (this.#live.delete(connection)) this.#step({ type: 'closed', connection })
  }
}
