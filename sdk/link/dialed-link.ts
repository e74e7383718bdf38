import type { Platform, SocketLike } from '../platform/platform.js'
import { LINK_SUBPROTOCOL } from '../protocol/socket-frames.js'
import type { Lane } from '../protocol/carrier.js'
import type { Link, LinkHandlers } from './link.js'
import { SocketLink } from './socket-link.js'

type SocketPlatform = Pick<Platform, 'now' | 'setTimer' | 'soon' | 'loadSocket'>

/** From dialling to an open socket. */
const OPEN_TIMEOUT_MS = 10_000
const NORMAL_CLOSURE = 1000

/** A link that is being dialled, and from then on a {@link SocketLink}. */
export class DialedLink implements Link {
  readonly #abort = new AbortController()
  #link: SocketLink | null = null

  constructor(address: string, platform: SocketPlatform, handlers: LinkHandlers) {
    const take = (socket: SocketLike): void => {
      this.#link = new SocketLink({ socket, platform, handlers })
      handlers.onOpen({ binding: null, room: { reliable: this.#link.room, unreliable: 0 } })
    }
    openLinkSocket({ address, platform, signal: this.#abort.signal, take }).catch((error: unknown) => {
      if (!this.#abort.signal.aborted) handlers.onClose(error instanceof Error ? error.message : String(error))
    })
  }

  signal(): void {
    this.#link?.signal()
  }

  write(lane: Lane, bytes: Uint8Array): void {
    this.#link?.write(lane, bytes)
  }

  close(code?: number): void {
    this.#abort.abort()
    this.#link?.close(code)
  }

  end(timeoutMs: number): Promise<void> {
    this.#abort.abort()
    return this.#link?.end(timeoutMs) ?? Promise.resolve()
  }
}

/**
 * Opens a socket to a member's address and resolves with what `take` makes of it; that is called as soon as the socket
 * is open, since one that speaks first would not be heard a moment later. Rejects with an `Error` that says what went
 * wrong, or with the reason of `signal`; no socket is open then.
 */
export const openLinkSocket = async <Taken>({
  address,
  platform,
  signal,
  take,
}: {
  readonly address: string
  readonly platform: SocketPlatform
  readonly signal: AbortSignal
  readonly take: (socket: SocketLike) => Taken
}): Promise<Taken> => {
  const open = await platform.loadSocket()
  signal.throwIfAborted()
  const socket = open(address, [LINK_SUBPROTOCOL])
  return new Promise<Taken>((resolve, reject) => {
    const finish = (settle: () => void): void => {
      cancelTimeout()
      signal.removeEventListener('abort', handleAbort)
      socket.onopen = socket.onclose = null
      settle()
    }
    const fail = (reason: unknown): void => {
      finish(() => reject(reason))
      socket.close(NORMAL_CLOSURE)
    }
    const handleAbort = (): void => fail(signal.reason)
    const cancelTimeout = platform.setTimer(OPEN_TIMEOUT_MS, () => fail(new Error('no answer in time')))
    signal.addEventListener('abort', handleAbort)
    // `onclose` follows, and says more.
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }) => {
      const { httpStatus } = socket
      const refused = httpStatus === undefined || httpStatus === 101 ? '' : `refused with HTTP status ${httpStatus}`
      fail(new Error(refused || reason || `cannot connect (code ${code})`))
    }
    socket.onopen = () => {
      if (socket.protocol === LINK_SUBPROTOCOL) finish(() => resolve(take(socket)))
      else fail(new Error('not a skein bot'))
    }
  })
}
