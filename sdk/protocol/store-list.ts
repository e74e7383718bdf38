import { concatBytes } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { LOG_KEY_BYTES } from './limits.js'
import { Reader } from './reader.js'

/**
 * LIST = version u8 = 1 | list log key 32 | signature 64
 *
 * Which log the list of a store is, signed by the key of the store, over all before the signature.
 */
const VERSION = 1
const SIGNATURE_BYTES = 64

export interface SignedStoreList {
  readonly listKey: Uint8Array
  /** What was signed. */
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

export const encodeStoreListBody = (listKey: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(VERSION), listKey)

/** Its bytes are views of `bytes`. Whether the signature is genuine is not looked at. */
export const decodeStoreList = (bytes: Uint8Array): SignedStoreList => {
  const reader = new Reader(bytes)
  if (reader.u8() !== VERSION) throw new DecodeError('unknown version of a store list')
  const listKey = reader.bytes(LOG_KEY_BYTES)
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  return { listKey, body: bytes.subarray(0, 1 + LOG_KEY_BYTES), signature }
}
