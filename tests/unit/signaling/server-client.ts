import { WebSocket } from 'ws'
import {
  SUBPROTOCOL,
  decodeServerFrame,
  encodeClientFrame,
  type ClientFrame,
  type ServerFrame,
} from '../../../sdk/protocol/server-frames.js'

export interface DialOptions {
  readonly protocols?: string[]
  readonly headers?: Record<string, string>
}

/** How a dial ended without a socket. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`refused with ${status}`)
  }
}

/** A real client of a real server. */
export class TestClient {
  id: Uint8Array = new Uint8Array()
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #frames: ServerFrame[] = []
  #waiting: (() => void) | undefined

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    socket.on('message', (data: Buffer) => {
      const frame = decodeServerFrame(new Uint8Array(data))
      if (frame.type === 'other-version') throw new Error('another version')
      if (frame.type === 'ping') return this.send({ type: 'pong' })
      if (frame.type === 'welcome') this.id = frame.connection
      this.#frames.push(frame)
      this.#waiting?.()
    })
    socket.on('error', () => {})
  }

  /** Rejects with {@link Refused} when the upgrade is refused. */
  static dial(url: string, { protocols = [SUBPROTOCOL], headers = {} }: DialOptions = {}): Promise<TestClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, protocols, { headers })
      const client = new TestClient(socket)
      socket.once('open', () => resolve(client))
      socket.once('unexpected-response', (_request, response) => {
        reject(new Refused(response.statusCode ?? 0))
        socket.terminate()
      })
      socket.once('error', reject)
    })
  }

  send(frame: ClientFrame): void {
    this.socket.send(encodeClientFrame(frame))
  }

  join(room = 1, options: { bot?: boolean } = {}): Promise<Extract<ServerFrame, { type: 'welcome' }>> {
    const topic = new Uint8Array(32).fill(room)
    this.send({ type: 'join', topic, bot: false, full: false, hello: Uint8Array.of(1), ...options })
    return this.next('welcome')
  }

  /** The next frame, which has to be of this type. */
  async next<Type extends ServerFrame['type']>(type: Type): Promise<Extract<ServerFrame, { type: Type }>> {
    while (this.#frames.length === 0) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
    const frame = this.#frames.shift() as ServerFrame
    if (frame.type !== type) throw new Error(`expected ${type}, got ${frame.type}`)
    return frame as Extract<ServerFrame, { type: Type }>
  }

  /**
   * Everything that the server had sent before it saw this call: its answer to a question comes after all of that.
   * Leaves out the answer.
   */
  async settle(): Promise<ServerFrame[]> {
    const nobody = new Uint8Array(16)
    this.send({ type: 'signal', connection: nobody, payload: Uint8Array.of(0) })
    const frames: ServerFrame[] = []
    for (;;) {
      while (this.#frames.length === 0) {
        await new Promise<void>((resolve) => {
          this.#waiting = resolve
        })
      }
      const frame = this.#frames.shift() as ServerFrame
      if (frame.type === 'gone' && Buffer.compare(frame.connection, nobody) === 0) return frames
      frames.push(frame)
    }
  }
}
