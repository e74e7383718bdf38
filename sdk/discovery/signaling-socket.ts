import type { ClientSocket, Platform } from '../platform/platform.js'
import { SendGate } from '../platform/send-gate.js'
import type { Log } from '../util/log.js'
import { MAX_SERVER_FRAME_BYTES, SUBPROTOCOL } from '../protocol/server-frames.js'

/** How long one address may take to open. */
const OPEN_TIMEOUT_MS = 5_000
const ROOM_BYTES = 1024 * 1024
/** Sockets have no event for a buffer that drains. */
const POLL_MS = 20
const NORMAL_CLOSURE = 1000
const ABNORMAL_CLOSURE = 1006

/** No call is made after `onClose` or `close()`, nor from inside a call into the socket. */
export interface SignalingHandlers {
  /** One of the addresses is open; `room` is what may be written now, in bytes. */
  onOpen(info: { readonly url: string; readonly room: number }): void
  /** One frame has arrived. The bytes belong to the receiver. */
  onBytes(bytes: Uint8Array): void
  /** `bytes` may be written now, counting all that was written before. */
  onRoom(bytes: number): void
  /** The socket is gone, or none could be opened; fires once. */
  onClose(info: SignalingClosed): void
}

export interface SignalingClosed {
  /**
   * The close code. Below 1000: the HTTP status with which the upgrade was refused, where the runtime tells (Node).
   * That of the last address tried when none could be opened.
   */
  readonly code: number
  /** For logs and error messages: what happened, for each address tried. */
  readonly reason: string
  /** Whether it had been open. */
  readonly opened: boolean
  /**
   * Something answered and would not have us: it speaks no skein, or closed with a code of its own (4000 to 4999).
   * Browsers cannot tell a server that refuses an upgrade from none at all, and report neither as refused.
   */
  readonly refused: boolean
}

/** A connection to one of several signaling servers. */
export interface SignalingSocket {
  /** Sends one frame. Ignored unless open. */
  write(bytes: Uint8Array): void
  /** Closes for good; what was written still goes out. Idempotent. */
  close(): void
}

/** Dials `urls` in turn until one opens and speaks skein. Does not dial again after that: `onClose` says it is over. */
export const openSignaling = (options: {
  /** As `parseSocketUrl` gives them; at least one. */
  readonly urls: readonly string[]
  readonly platform: Pick<Platform, 'now' | 'setTimer' | 'soon' | 'loadSocket'>
  readonly handlers: SignalingHandlers
  readonly log?: Log | undefined
}): SignalingSocket => {
  const { urls, platform, handlers, log } = options
  const failures: string[] = []
  let closed = false
  let gate: SendGate | null = null
  let socket: ClientSocket | null = null
  let cancelTimeout = (): void => {}
  let refused = false

  /** Lets go of the socket of the moment; nothing that it still says is heard. */
  const release = (): void => {
    cancelTimeout()
    gate?.stop()
    gate = null
    if (socket === null) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close(NORMAL_CLOSURE)
    socket = null
  }

  const finish = (info: SignalingClosed): void => {
    if (closed) return
    closed = true
    release()
    platform.soon(() => handlers.onClose(info))
  }

  const serve = (url: string, opened: ClientSocket): void => {
    cancelTimeout()
    log?.('debug', 'socket:open', { url })
    const room = new SendGate({
      buffered: () => opened.bufferedAmount,
      startBytes: ROOM_BYTES,
      maxBytes: ROOM_BYTES,
      largestBytes: MAX_SERVER_FRAME_BYTES,
      pollMs: POLL_MS,
      platform,
      onRoom: (bytes) => handlers.onRoom(bytes),
    })
    gate = room
    opened.onclose = ({ code, reason }) => {
      finish({ code, reason: reason || `closed with code ${code}`, opened: true, refused: isRefusal(code) })
    }
    opened.onmessage = ({ data }) => {
      const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : null
      if (bytes !== null && bytes.length <= MAX_SERVER_FRAME_BYTES) return handlers.onBytes(bytes)
      const what = bytes === null ? 'text' : `a frame of ${bytes.length} bytes`
      finish({ code: ABNORMAL_CLOSURE, reason: `the server sent ${what}`, opened: true, refused: true })
    }
    handlers.onOpen({ url, room: room.room })
  }

  const dial = (open: (url: string, protocols: readonly string[]) => ClientSocket, index: number): void => {
    const url = urls[index]
    const next = (code: number, reason: string): void => {
      release()
      log?.('warn', 'socket:failed', { url, code })
      failures.push(`${String(url)}: ${reason}`)
      if (index + 1 < urls.length) return dial(open, index + 1)
      finish({ code, reason: failures.join('; '), opened: false, refused })
    }
    if (url === undefined) return next(ABNORMAL_CLOSURE, 'no address')
    log?.('debug', 'socket:dial', { url })
    let dialed: ClientSocket
    try {
      dialed = open(url, [SUBPROTOCOL])
    } catch (error) {
      return next(ABNORMAL_CLOSURE, String(error))
    }
    socket = dialed
    // `onclose` follows, and says more.
    dialed.onerror = () => {}
    dialed.onclose = ({ code, reason }) => {
      const status = dialed.httpStatus
      if (isRefusal(code) || (status !== undefined && status < 500)) refused = true
      if (status === undefined || status === 101) return next(code, reason || `cannot connect (code ${code})`)
      next(status, `refused with HTTP status ${status}`)
    }
    dialed.onopen = () => {
      if (dialed.protocol === SUBPROTOCOL) return serve(url, dialed)
      refused = true
      next(ABNORMAL_CLOSURE, 'not a skein server')
    }
    cancelTimeout = platform.setTimer(OPEN_TIMEOUT_MS, () => next(ABNORMAL_CLOSURE, 'no answer in time'))
  }

  platform.loadSocket().then(
    (open) => {
      if (!closed) dial(open, 0)
    },
    (error: unknown) => finish({ code: ABNORMAL_CLOSURE, reason: String(error), opened: false, refused: false }),
  )

  return {
    write: (bytes) => {
      if (gate === null || socket === null) return
      socket.send(bytes)
      gate.wrote(bytes.length)
    },
    close: () => {
      closed = true
      release()
    },
  }
}

/** The codes of our own server, which it gives for what the client did or is. */
const isRefusal = (code: number): boolean => code >= 4000 && code < 5000
