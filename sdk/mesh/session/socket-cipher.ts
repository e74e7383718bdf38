import type { CryptoSuite } from '../../crypto/suite.js'
import { FRAME } from '../../protocol/codes.js'
import { ATTACH_HEADER_BYTES, encodeAttachHeader } from '../../protocol/socket-frames.js'
import { concatBytes } from '../../util/bytes.js'

const empty = new Uint8Array()
const sealedHeader = Uint8Array.of(FRAME.SEALED)

/**
 * Seals what goes over one socket: TLS, where there is any, ends at proxies. A socket keeps order and loses nothing, so
 * both ends count the frames, and what does not open under the next count was tampered with.
 */
export class SocketCipher {
  readonly #suite: CryptoSuite
  readonly #mark: Uint8Array
  readonly #keys: { readonly send: Uint8Array; readonly receive: Uint8Array }
  #sent = 0
  #received = 0

  constructor(suite: CryptoSuite, mark: Uint8Array, keys: { send: Uint8Array; receive: Uint8Array }) {
    this.#suite = suite
    this.#mark = mark
    this.#keys = keys
  }

  /** ATTACH: the first frame sealed each way. Throws when it is not. */
  writeAttach(): Uint8Array {
    if (this.#sent !== 0) throw new Error('a socket is attached once')
    const header = encodeAttachHeader(this.#mark)
    return concatBytes(header, this.#suite.seal(this.#keys.send, this.#sent++, header, empty))
  }

  /** Whether the other end holds the session's keys. */
  checkAttach(frame: Uint8Array): boolean {
    const header = frame.subarray(0, ATTACH_HEADER_BYTES)
    const sealed = frame.subarray(ATTACH_HEADER_BYTES)
    const isRight = this.#received === 0 && this.#suite.open(this.#keys.receive, 0, header, sealed) !== null
    if (isRight) this.#received++
    return isRight
  }

  seal(frame: Uint8Array): Uint8Array {
    return concatBytes(sealedHeader, this.#suite.seal(this.#keys.send, this.#sent++, sealedHeader, frame))
  }

  /** The next frame, or `null` for what is not. */
  open(sealed: Uint8Array): Uint8Array | null {
    if (sealed[0] !== FRAME.SEALED) return null
    const frame = this.#suite.open(this.#keys.receive, this.#received, sealedHeader, sealed.subarray(1))
    if (frame !== null) this.#received++
    return frame
  }
}
