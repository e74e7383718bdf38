import type { Sodium } from '../../sdk/crypto/sodium.js'

/**
 * Stands in for libsodium in worlds that are about delivery: the same shapes and the same answers to what is forged,
 * altered or meant for another key, many times as fast, and secret to nobody who tries. Every fourth of a hash is a
 * sum of its own over all that goes in, so that two different inputs agree by chance once in 2^128, not by design.
 */
export const standInSodium: Sodium = {
  crypto_generichash: (size, message, key) => {
    const sum = new Sum(size)
    if (key !== null) sum.add(key)
    sum.add(message)
    return sum.bytes(size)
  },
  crypto_aead_chacha20poly1305_ietf_encrypt: (message, ad, _, nonce, key) => seal(message, ad, nonce, key),
  crypto_aead_chacha20poly1305_ietf_decrypt: (_, sealed, ad, nonce, key) => open(sealed, ad, nonce, key),
  crypto_aead_xchacha20poly1305_ietf_encrypt: (message, ad, _, nonce, key) => seal(message, ad, nonce, key),
  crypto_aead_xchacha20poly1305_ietf_decrypt: (_, sealed, ad, nonce, key) => open(sealed, ad, nonce, key),
  crypto_sign_seed_keypair: (seed) => {
    const publicKey = publicOf(seed)
    const privateKey = new Uint8Array(2 * KEY_BYTES)
    privateKey.set(seed)
    privateKey.set(publicKey, KEY_BYTES)
    return { publicKey, privateKey }
  },
  crypto_scalarmult_base: publicOf,
  crypto_scalarmult: (secretKey, publicKey) => {
    const own = publicOf(secretKey)
    const [first, second] = Buffer.compare(own, publicKey) < 0 ? [own, publicKey] : [publicKey, own]
    return new Sum(SHARED).add(first).add(second).bytes(KEY_BYTES)
  },
  crypto_sign_detached: (message, secretKey) => signatureOf(message, secretKey.subarray(KEY_BYTES)),
  crypto_sign_verify_detached: (signature, message, publicKey) => equal(signature, signatureOf(message, publicKey)),
}

const KEY_BYTES = 32
const TAG_BYTES = 16
const SIGNATURE_BYTES = 64
const [SHARED, SIGNED, SEALED] = [1001, 1002, 1003]
const MASK = 0xa5

/** Whoever wanted could turn it back; no engine tries. */
function publicOf(secretKey: Uint8Array): Uint8Array {
  return secretKey.slice(0, KEY_BYTES).map((byte) => byte ^ MASK)
}

const signatureOf = (message: Uint8Array, publicKey: Uint8Array): Uint8Array =>
  new Sum(SIGNED).add(publicKey).add(message).bytes(SIGNATURE_BYTES)

/** Four sums over words, each by a rule of its own. */
class Sum {
  #a: number
  #b = 0x243f6a88
  #c = 0x13198a2e
  #d = 0x082efa98

  constructor(purpose: number) {
    this.#a = purpose
  }

  add(bytes: Uint8Array): this {
    let a = this.#a ^ bytes.length
    let b = this.#b
    let c = this.#c
    let d = this.#d
    const whole = bytes.length & ~3
    for (let i = 0; i < bytes.length; i += 4) {
      let word = bytes[i] as number
      if (i < whole) {
        word |= ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24)
      } else {
        for (let j = i + 1; j < bytes.length; j++) word |= (bytes[j] as number) << (8 * (j - i))
      }
      a = Math.imul(a ^ word, 0x01000193) + d
      b = Math.imul(b ^ word ^ (a >>> 15), 0x85ebca6b)
      c = Math.imul(c + word, 0x9e3779b1) ^ (b >>> 13)
      d = (Math.imul(d, 0x27d4eb2f) + word) ^ (c >>> 11)
    }
    this.#a = a | 0
    this.#b = b | 0
    this.#c = c | 0
    this.#d = d | 0
    return this
  }

  bytes(size: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(size / 4))
    let state = this.#a ^ (this.#b >>> 7)
    const parts = [this.#a, this.#b, this.#c, this.#d]
    for (let i = 0; i < words.length; i++) {
      state = Math.imul(state ^ (parts[i & 3] as number) ^ (state >>> 16), 0xc2b2ae35) + i
      words[i] = state ^ (parts[(i + 1) & 3] as number)
    }
    return new Uint8Array(words.buffer, 0, size)
  }
}

const tagOf = (cipher: Uint8Array, ad: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array =>
  new Sum(SEALED).add(key).add(nonce).add(ad).add(cipher).bytes(TAG_BYTES)

/** What is sealed cannot be read as it lies there, for those who watch for that. */
const masked = (bytes: Uint8Array, into: Uint8Array): void => {
  for (let i = 0; i < bytes.length; i++) into[i] = (bytes[i] as number) ^ MASK
}

function seal(message: Uint8Array, ad: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(message.length + TAG_BYTES)
  const cipher = sealed.subarray(0, message.length)
  masked(message, cipher)
  sealed.set(tagOf(cipher, ad, nonce, key), message.length)
  return sealed
}

function open(sealed: Uint8Array, ad: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = sealed.subarray(0, sealed.length - TAG_BYTES)
  if (!equal(sealed.subarray(cipher.length), tagOf(cipher, ad, nonce, key))) {
    throw new Error('ciphertext cannot be decrypted using that key')
  }
  const message = new Uint8Array(cipher.length)
  masked(cipher, message)
  return message
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
