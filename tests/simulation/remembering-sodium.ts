import type { Sodium } from '../../sdk/crypto/sodium.js'
import { Memory, text } from './memory.js'

/**
 * libsodium for one world in which all members live in one process: what one of them has worked out, the others need
 * not work out again. Every result is what libsodium gives for the same bytes; only the time is another.
 *
 * - A signature is verified by all who get it. One that was made here is known to be good.
 * - Two ends of a handshake agree on the same secrets, and hash the same things.
 */
export const rememberingSodium = (sodium: Sodium): Sodium => {
  const publicKeys = new Memory<string>()
  const agreed = new Memory<Uint8Array>()
  const verified = new Memory<boolean>()
  const signed = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): string =>
    text(signature) + text(publicKey) + text(message)
  return {
    ...sodium,
    crypto_scalarmult_base: (secretKey) => {
      const publicKey = sodium.crypto_scalarmult_base(secretKey)
      publicKeys.set(text(secretKey), text(publicKey))
      return publicKey
    },
    crypto_scalarmult: (secretKey, publicKey) => {
      const own = publicKeys.get(text(secretKey))
      const other = text(publicKey)
      // Of a wrong length: libsodium says so.
      if (own === undefined || other.length !== own.length) return sodium.crypto_scalarmult(secretKey, publicKey)
      const pair = own < other ? own + other : other + own
      return agreed.getOr(pair, () => sodium.crypto_scalarmult(secretKey, publicKey)).slice()
    },
    crypto_sign_detached: (message, secretKey) => {
      const signature = sodium.crypto_sign_detached(message, secretKey)
      // An Ed25519 secret key is its seed followed by the public key.
      verified.set(signed(signature, message, secretKey.subarray(32)), true)
      return signature
    },
    crypto_sign_verify_detached: (signature, message, publicKey) =>
      verified.getOr(signed(signature, message, publicKey), () =>
        sodium.crypto_sign_verify_detached(signature, message, publicKey),
      ),
  }
}
