import type { SocketLike } from '../platform/platform.js'

/** More than this waits for nobody: each side of an exchange speaks in turn. */
const MAX_WAITING = 8
const OPEN = 1

/**
 * Reads a socket frame by frame, for an exchange that comes before its life as a link. What arrives while nobody reads
 * is kept, so that nothing is lost when the socket is handed on.
 */
export class FrameReader {
  readonly #socket: SocketLike
  readonly #maxBytes: number
  readonly #waiting: Uint8Array[] = []
  #reading: { readonly resolve: (frame: Uint8Array) => void; readonly reject: (reason: unknown) => void } | null = null
  #failure: Error | null = null

  constructor(socket: SocketLike, maxBytes: number) {
    this.#socket = socket
    this.#maxBytes = maxBytes
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }) => this.#fail(new Error(reason || `closed with code ${code}`))
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return this.#fail(new Error('text where bytes belong'))
      if (data.byteLength > this.#maxBytes) return this.#fail(new Error(`frame of ${data.byteLength} bytes`))
      if (this.#waiting.length === MAX_WAITING) return this.#fail(new Error('too many frames'))
      const reading = this.#reading
      if (reading === null) this.#waiting.push(new Uint8Array(data))
      else reading.resolve(new Uint8Array(data))
    }
    // It may have closed while nobody listened; no event tells of that any more.
    if (socket.readyState > OPEN) this.#fail(new Error('closed before it was read'))
  }

  /** The next frame; rejects with an `Error` when the socket ends first, or with the reason of `signal`. */
  async next(signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted()
    const frame = this.#waiting.shift()
    if (frame !== undefined) return frame
    if (this.#failure !== null) throw this.#failure
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        this.#reading = null
        signal.removeEventListener('abort', handleAbort)
      }
      const handleAbort = (): void => {
        finish()
        reject(signal.reason)
      }
      signal.addEventListener('abort', handleAbort)
      this.#reading = {
        resolve: (next) => {
          finish()
          resolve(next)
        },
        reject: (reason) => {
          finish()
          reject(reason)
        },
      }
    })
  }

  /** The socket has ended, or brought what it must not. */
  get hasFailed(): boolean {
    return this.#failure !== null
  }

  /** Lets go of the socket. What had arrived and was not read; from here on the caller listens. */
  release(): readonly Uint8Array[] {
    this.#socket.onmessage = this.#socket.onclose = null
    return this.#waiting.splice(0)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#socket.onmessage = null
    this.#reading?.reject(this.#failure)
  }
}
