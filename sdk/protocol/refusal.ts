import { FRAME } from './codes.js'
import { MEMBER_ID_BYTES, SIGNATURE_BYTES } from './limits.js'
import { Reader } from './reader.js'
import { concatBytes } from '../util/bytes.js'

/** A member's word that it will make no session with another one. Holds for this join of both. */
export interface Refusal {
  readonly from: Uint8Array
  readonly to: Uint8Array
  readonly signature: Uint8Array
}

/** The part that is signed. */
export const encodeRefusalBody = (from: Uint8Array, to: Uint8Array): Uint8Array => concatBytes(from, to)

/** What REFUSE carries sealed. */
export const encodeRefusal = ({ from, to, signature }: Refusal): Uint8Array =>
  concatBytes(encodeRefusalBody(from, to), signature)

export const decodeRefusal = (bytes: Uint8Array): Refusal => {
  const reader = new Reader(bytes)
  const from = reader.bytes(MEMBER_ID_BYTES)
  const to = reader.bytes(MEMBER_ID_BYTES)
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  return { from, to, signature }
}

export const encodeRefusalFrame = (sealed: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(FRAME.REFUSE), sealed)
