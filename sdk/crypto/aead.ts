import { concatBytes } from '../util/bytes.js'
import { KEY_BYTES } from './kdf.js'
import type { Sodium } from './sodium.js'

export const TAG_BYTES = 16
const RANDOM_NONCE_BYTES = 24

/** Four zero bytes and the counter as u64, little-endian: RFC 8439 as Noise and WireGuard use it. */
const counterNonce = (counter: number): Uint8Array => {
  if (!Number.isSafeInteger(counter) || counter < 0) {
    throw new RangeError(`cannot use a nonce: counter is ${counter}, not a whole number of at most 2^53 - 1`)
  }
  const nonce = new Uint8Array(12)
  const view = new DataView(nonce.buffer)
  view.setUint32(4, counter >>> 0, true)
  view.setUint32(8, Math.floor(counter / 0x1_0000_0000), true)
  return nonce
}

/** libsodium has one way to say both, that bytes are forged and that there is no memory. Only the first is `null`. */
const opened = (open: () => Uint8Array): Uint8Array | null => {
  try {
    return open()
  } catch (error) {
    if (error instanceof Error && error.message.includes('cannot be decrypted')) return null
    throw error
  }
}

/** ChaCha20-Poly1305 (IETF). The result is 16 bytes longer. Sealing twice with one counter and key exposes both. */
export const seal = (
  sodium: Sodium,
  key: Uint8Array,
  counter: number,
  ad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array => sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plaintext, ad, null, counterNonce(counter), key)

/** `null` for anything that `seal` did not make with these arguments. */
export const open = (
  sodium: Sodium,
  key: Uint8Array,
  counter: number,
  ad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null => {
  const nonce = counterNonce(counter)
  if (key.length !== KEY_BYTES || sealed.length < TAG_BYTES) return null
  return opened(() => sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, ad, nonce, key))
}

/** XChaCha20-Poly1305 under a nonce of 24 random bytes, which leads the result; 40 bytes longer. */
export const sealRandom = (
  sodium: Sodium,
  random: (size: number) => Uint8Array,
  key: Uint8Array,
  ad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array => {
  const nonce = random(RANDOM_NONCE_BYTES)
  return concatBytes(nonce, sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, ad, null, nonce, key))
}

/** `null` for anything that `sealRandom` did not make with this key and associated data. */
export const openRandom = (sodium: Sodium, key: Uint8Array, ad: Uint8Array, sealed: Uint8Array): Uint8Array | null => {
  if (key.length !== KEY_BYTES || sealed.length < RANDOM_NONCE_BYTES + TAG_BYTES) return null
  const nonce = sealed.subarray(0, RANDOM_NONCE_BYTES)
  const body = sealed.subarray(RANDOM_NONCE_BYTES)
  return opened(() => sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, body, ad, nonce, key))
}
