import type { Platform, SocketLike } from '../platform/platform.js'
import { SendGate } from '../platform/send-gate.js'
import type { Lane } from '../protocol/carrier.js'
import { CLOSE_FRAME_TOO_LARGE, CLOSE_PROTOCOL_ERROR } from '../protocol/close-codes.js'
import { MAX_FRAME_BYTES } from '../protocol/limits.js'
import type { Link, LinkHandlers } from './link.js'

/** TCP paces itself: what is buffered here beyond that only makes the lanes above it late. */
const START_BYTES = 256 * 1024
const MAX_BYTES = 1024 * 1024
/** Sockets have no event for a buffer that drains. */
const POLL_MS = 4
const NORMAL_CLOSURE = 1000
const OPEN = 1

type State =
  | { readonly name: 'open' }
  /** The owner has let go; what is buffered goes out. */
  | { readonly name: 'ending'; readonly ended: Promise<void>; readonly settle: () => void }
  | { readonly name: 'closed' }

/** A link over a WebSocket that is open, whichever end dialled. It has the reliable lane alone. */
export class SocketLink implements Link {
  readonly #platform: Pick<Platform, 'now' | 'setTimer' | 'soon'>
  readonly #socket: SocketLike
  readonly #handlers: LinkHandlers
  readonly #gate: SendGate
  #state: State = { name: 'open' }
  #cancelTimeout = (): void => {}

  /** Takes the socket over: what it says is heard here alone. */
  constructor(options: {
    readonly socket: SocketLike
    readonly platform: Pick<Platform, 'now' | 'setTimer' | 'soon'>
    readonly handlers: LinkHandlers
  }) {
    const { socket, platform, handlers } = options
    this.#platform = platform
    this.#socket = socket
    this.#handlers = handlers
    this.#gate = new SendGate({
      buffered: () => socket.bufferedAmount,
      startBytes: START_BYTES,
      maxBytes: MAX_BYTES,
      largestBytes: MAX_FRAME_BYTES,
      pollMs: POLL_MS,
      platform,
      onRoom: (bytes) => handlers.onRoom('reliable', bytes),
    })
    socket.onopen = null
    socket.onerror = () => {}
    socket.onmessage = ({ data }) => this.#handleMessage(data)
    socket.onclose = ({ code, reason }) => this.#fail(reason || `closed with code ${code}`)
    // It may have closed while nobody listened; no event tells of that any more.
    if (socket.readyState > OPEN) this.#fail('closed before it became a link')
  }

  /** What may be written now, in bytes. */
  get room(): number {
    return this.#gate.room
  }

  /** A socket needs no descriptions, so there are none to be had. */
  signal(): void {
    this.#fail('a description for a socket')
  }

  write(lane: Lane, bytes: Uint8Array): void {
    if (this.#state.name !== 'open' || lane !== 'reliable') return
    try {
      // Some sockets keep it until it is sent.
      this.#socket.send(bytes)
    } catch (error) {
      return this.#fail(`cannot send: ${String(error)}`)
    }
    this.#gate.wrote(bytes.length)
  }

  close(code?: number): void {
    this.#tearDown(code)
  }

  end(timeoutMs: number): Promise<void> {
    if (this.#state.name === 'ending') return this.#state.ended
    if (this.#state.name === 'closed') return Promise.resolve()
    let settle = (): void => {}
    const ended = new Promise<void>((resolve) => {
      settle = resolve
    })
    this.#state = { name: 'ending', ended, settle }
    this.#gate.stop()
    this.#cancelTimeout = this.#platform.setTimer(timeoutMs, () => this.#tearDown())
    // What was written goes out before the close frame (RFC 6455 section 5.5.1).
    this.#socket.close(NORMAL_CLOSURE)
    return ended
  }

  #handleMessage(data: unknown): void {
    if (this.#state.name !== 'open') return
    if (!(data instanceof ArrayBuffer)) return this.#fail('text where bytes belong', CLOSE_PROTOCOL_ERROR)
    const { byteLength } = data
    if (byteLength === 0) return this.#fail('frame of 0 bytes', CLOSE_PROTOCOL_ERROR)
    if (byteLength > MAX_FRAME_BYTES) return this.#fail(`frame of ${byteLength} bytes`, CLOSE_FRAME_TOO_LARGE)
    this.#handlers.onBytes('reliable', new Uint8Array(data))
  }

  #fail(reason: string, code?: number): void {
    const wasOpen = this.#state.name === 'open'
    this.#tearDown(code)
    if (wasOpen) this.#platform.soon(() => this.#handlers.onClose(reason))
  }

  #tearDown(code = NORMAL_CLOSURE): void {
    const state = this.#state
    if (state.name === 'closed') return
    this.#state = { name: 'closed' }
    this.#cancelTimeout()
    this.#gate.stop()
    this.#socket.onmessage = this.#socket.onclose = null
    this.#socket.close(code)
    if (state.name === 'ending') state.settle()
  }
}
