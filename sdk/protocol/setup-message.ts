import * as encoding from 'lib0/encoding'
import { DecodeError } from './decode-error.js'
import { MAX_DESCRIPTION_BYTES } from './limits.js'
import { Reader } from './reader.js'

/** What SIG carries sealed, once the handshake is through: a kind, then as many candidates as were found together. */
export interface SetupMessage {
  readonly kind: 'candidates'
  /** As the link made them; opaque here. */
  readonly candidates: readonly Uint8Array[]
}

const KIND_CANDIDATES = 1
const MAX_CANDIDATES = 64

export const encodeSetupMessage = (message: SetupMessage): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeUint8(encoder, KIND_CANDIDATES)
    for (const candidate of message.candidates) encoding.writeVarUint8Array(encoder, candidate)
  })

/** `null` for a kind that a later version may have added. The candidates are views. */
export const decodeSetupMessage = (bytes: Uint8Array): SetupMessage | null => {
  if (bytes[0] !== KIND_CANDIDATES) return null
  const reader = new Reader(bytes.subarray(1))
  const candidates: Uint8Array[] = []
  while (reader.left > 0) {
    if (candidates.length === MAX_CANDIDATES) throw new DecodeError('too many candidates')
    candidates.push(reader.prefixed(MAX_DESCRIPTION_BYTES))
  }
  return { kind: 'candidates', candidates }
}
