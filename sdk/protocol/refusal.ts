import { FRAME } from './codes.js'
import { MEMBER_ID_BYTES, SIGNATURE_BYTES } from './limits.js'
import { Reader } from './reader.js'
import { concatBytes } from '../util/bytes.js'

const ABOUT_BYTES = 16

/** A member's word that it will make no session with another one. Holds for this join of both. */
export interface Refusal {
  readonly from: Uint8Array
  readonly to: Uint8Array
  /** The HS1 that it is about, by its mark; zeros where it is about none. */
  readonly about: Uint8Array
  readonly signature: Uint8Array
}

export const ABOUT_NO_OFFER = new Uint8Array(ABOUT_BYTES)

/** The part that is signed. */
export const encodeRefusalBody = ({ from, to, about }: Omit<Refusal, 'signature'>): Uint8Array =>
  concatBytes(from, to, about)

/** What REFUSE carries sealed. */
export const encodeRefusal = (refusal: Refusal): Uint8Array =>
  concatBytes(encodeRefusalBody(refusal), refusal.signature)

export const decodeRefusal = (bytes: Uint8Array): Refusal => {
  const reader = new Reader(bytes)
  const from = reader.bytes(MEMBER_ID_BYTES)
  const to = reader.bytes(MEMBER_ID_BYTES)
  const about = reader.bytes(ABOUT_BYTES)
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  return { from, to, about, signature }
}

export const encodeRefusalFrame = (sealed: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(FRAME.REFUSE), sealed)
