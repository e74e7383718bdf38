import type { Sodium } from '../../sdk/crypto/sodium.js'
import { Memory, text } from './memory.js'

/**
 * libsodium that sees to it that no key seals twice under one nonce, whoever seals: keys are for one direction each.
 * Whoever counts, counts up, so of counters the highest is all there is to remember.
 */
export const watchNonces = (sodium: Sodium, fail: (rule: string, detail: string) => never): Sodium => {
  const highest = new Memory<number>()
  const random = new Memory<true>()
  return {
    ...sodium,
    crypto_aead_chacha20poly1305_ietf_encrypt: (message, ad, secretNonce, nonce, key) => {
      const name = text(key)
      const counter = counterOf(nonce)
      const last = highest.get(name) ?? -1
      if (counter <= last) fail('nonce-reuse', `a key that has sealed under ${last} seals under ${counter}`)
      highest.set(name, counter)
      return sodium.crypto_aead_chacha20poly1305_ietf_encrypt(message, ad, secretNonce, nonce, key)
    },
    crypto_aead_xchacha20poly1305_ietf_encrypt: (message, ad, secretNonce, nonce, key) => {
      const name = text(key) + text(nonce)
      if (random.get(name)) fail('nonce-reuse', 'a key seals under one random nonce twice')
      random.set(name, true)
      return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(message, ad, secretNonce, nonce, key)
    },
  }
}

const counterOf = (nonce: Uint8Array): number => {
  const view = new DataView(nonce.buffer, nonce.byteOffset, nonce.byteLength)
  return view.getUint32(8, true) * 0x1_0000_0000 + view.getUint32(4, true)
}
