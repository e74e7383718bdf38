import { concatBytes } from '../util/bytes.js'

/** What SIG carries sealed, once the handshake is through: a kind, then its bytes to the end. */
export interface SetupMessage {
  readonly kind: 'candidate'
  /** As the link made it; opaque here. */
  readonly bytes: Uint8Array
}

const KIND_CANDIDATE = 1

export const encodeSetupMessage = (message: SetupMessage): Uint8Array =>
  concatBytes(Uint8Array.of(KIND_CANDIDATE), message.bytes)

/** `null` for a kind that a later version may have added. The bytes are a view. */
export const decodeSetupMessage = (bytes: Uint8Array): SetupMessage | null =>
  bytes[0] === KIND_CANDIDATE ? { kind: 'candidate', bytes: bytes.subarray(1) } : null
