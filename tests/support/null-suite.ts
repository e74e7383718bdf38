import type { CryptoSuite, Handshake, HandshakeRole, KeyPair } from '../../sdk/crypto/suite.js'
import { concatBytes } from '../../sdk/util/bytes.js'

const TAG_BYTES = 16
const KEY_BYTES = 32
const HASH_BYTES = 64
const SIGNATURE_BYTES = 64

/** 32 bytes that differ for different parts, and nothing better than that. */
const mix = (size: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const result = new Uint8Array(size)
  const words = new DataView(result.buffer)
  for (let at = 0; at < size; at += 4) {
    let word = 0x811c9dc5 + at
    for (const part of parts) {
      for (const byte of part) word = Math.imul(word ^ byte, 0x01000193)
      word ^= part.length
    }
    words.setUint32(at, word >>> 0)
  }
  return result
}

const nothing = new Uint8Array()
const tag = new Uint8Array(TAG_BYTES)
const cut = (bytes: Uint8Array, size: number): Uint8Array | null =>
  bytes.length < size ? null : bytes.subarray(0, bytes.length - size)

/** The layout of Noise_IKpsk1: an ephemeral key, for the initiator its static key, and the payload. */
class NullHandshake implements Handshake {
  remoteStatic: Uint8Array | null
  readonly #role: HandshakeRole
  readonly #own: Uint8Array
  readonly #static: Uint8Array
  #first: Uint8Array = nothing
  #second: Uint8Array = nothing

  constructor(role: HandshakeRole, own: Uint8Array, { publicKey }: KeyPair, remote: Uint8Array | null) {
    this.#role = role
    this.#own = own
    this.#static = publicKey
    this.remoteStatic = remote
  }

  write(payload: Uint8Array): Uint8Array {
    if (this.#role === 'initiator') {
      this.#first = this.#own
      return concatBytes(this.#own, this.#static, tag, payload, tag)
    }
    this.#second = this.#own
    return concatBytes(this.#own, payload, tag)
  }

  read(message: Uint8Array): Uint8Array | null {
    if (this.#role === 'initiator') {
      this.#second = message.slice(0, KEY_BYTES)
      return cut(message.slice(KEY_BYTES), TAG_BYTES)
    }
    this.#first = message.slice(0, KEY_BYTES)
    this.remoteStatic = message.slice(KEY_BYTES, 2 * KEY_BYTES)
    return cut(message.slice(2 * KEY_BYTES + TAG_BYTES), TAG_BYTES)
  }

  split(): { send: Uint8Array; receive: Uint8Array; hash: Uint8Array } {
    const [send, receive] = [new Uint8Array(KEY_BYTES), new Uint8Array(KEY_BYTES)]
    return { send, receive, hash: mix(HASH_BYTES, this.#first, this.#second) }
  }
}

/**
 * A suite that protects nothing and costs next to nothing, for measuring what is around it. All layouts and sizes are those of
 * the one that ships.
 */
export const createNullSuite = (random: (size: number) => Uint8Array): CryptoSuite => ({
  start: (role, _prologue, s, rs) => new NullHandshake(role, random(KEY_BYTES), s, rs),
  kdf: (key, label, ...parts) => mix(KEY_BYTES, key ?? nothing, new TextEncoder().encode(label), ...parts),
  seal: (_key, _counter, _ad, plaintext) => concatBytes(plaintext, tag),
  open: (_key, _counter, _ad, sealed) => cut(sealed, TAG_BYTES),
  sealRandom: (_key, _ad, plaintext) => concatBytes(new Uint8Array(24), plaintext, tag),
  openRandom: (_key, _ad, sealed) => cut(sealed.subarray(24), TAG_BYTES),
  sign: () => new Uint8Array(SIGNATURE_BYTES),
  verify: () => true,
  random,
  identityKeys: () => {
    const publicKey = random(KEY_BYTES)
    return { publicKey, secretKey: concatBytes(publicKey, publicKey) }
  },
  sessionKeys: () => ({ publicKey: random(KEY_BYTES), secretKey: random(KEY_BYTES) }),
})
