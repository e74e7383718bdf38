import { concatBytes } from '../util/bytes.js'
import { KEY_BYTES } from './kdf.js'
import { labelBytes, type Label } from './labels.js'
import type { Sodium } from './sodium.js'

const SECRET_KEY_BYTES = 64
const SIGNATURE_BYTES = 64
const end = new Uint8Array(1)

/** What is really signed: never a bare body, so that a signature made for one purpose is of no use for another. */
const labelled = (label: Label, body: Uint8Array): Uint8Array => concatBytes(labelBytes(label), end, body)

/** Ed25519: 64 bytes, the same for the same key, label and body. */
export const sign = (sodium: Sodium, secretKey: Uint8Array, label: Label, body: Uint8Array): Uint8Array => {
  if (secretKey.length !== SECRET_KEY_BYTES) {
    throw new RangeError(`cannot sign: secret key of ${secretKey.length} bytes, not ${SECRET_KEY_BYTES}`)
  }
  return sodium.crypto_sign_detached(labelled(label, body), secretKey)
}

/**
 * `false` for bytes of any length that `sign` did not make. Keys of small order, under which anything would verify, and
 * a second form of a genuine signature are refused too: libsodium looks for both.
 */
export const verify = (
  sodium: Sodium,
  publicKey: Uint8Array,
  label: Label,
  body: Uint8Array,
  signature: Uint8Array,
): boolean =>
  publicKey.length === KEY_BYTES &&
  signature.length === SIGNATURE_BYTES &&
  sodium.crypto_sign_verify_detached(signature, labelled(label, body), publicKey)
