import { concatBytes, encodeUtf8 } from '../util/bytes.js'
import { open, seal, TAG_BYTES } from './aead.js'
import { KEY_BYTES } from './kdf.js'
import type { Sodium } from './sodium.js'
import type { Handshake, HandshakeRole, KeyPair, SessionSecrets } from './suite.js'

/**
 * The Noise protocol framework, revision 34 (https://noiseprotocol.org/noise.html), as far as two patterns need it, with
 * X25519, ChaCha20-Poly1305 and BLAKE2b. The sections named below are those of that document. Two limits of its are not
 * checked, since frames are smaller and handshakes shorter: messages of 65,535 bytes, and counters that run out.
 */
export interface NoisePattern {
  /** The whole protocol name (section 8), at most 64 bytes. */
  readonly name: string
  /** Whose static key the other side knows beforehand (section 7.1). */
  readonly known: readonly HandshakeRole[]
  /** The tokens of each message, which the two write in turn, the initiator first. */
  readonly messages: readonly (readonly NoiseToken[])[]
}

export type NoiseToken = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk'

/** Sets up every pair of members: the group's secret is asked for in the first message already. */
export const IKPSK1: NoisePattern = {
  name: 'Noise_IKpsk1_25519_ChaChaPoly_BLAKE2b',
  known: ['responder'],
  messages: [
    ['e', 'es', 's', 'ss', 'psk'],
    ['e', 'ee', 'se'],
  ],
}

/** Invites a bot: neither side knows the other. */
export const XX: NoisePattern = {
  name: 'Noise_XX_25519_ChaChaPoly_BLAKE2b',
  known: [],
  messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']],
}

const HASH_BYTES = 64
const BLOCK_BYTES = 128
const none = new Uint8Array()

const hash = (sodium: Sodium, ...parts: Uint8Array[]): Uint8Array =>
  sodium.crypto_generichash(HASH_BYTES, concatBytes(...parts), null)

const padded = (key: Uint8Array, pad: number): Uint8Array => {
  const block = new Uint8Array(BLOCK_BYTES).fill(pad)
  for (let at = 0; at < key.length; at++) block[at] = (key[at] as number) ^ pad
  return block
}

/** HMAC (RFC 2104) with BLAKE2b, for keys of at most 128 bytes. BLAKE2b's own keyed mode is something else. */
const hmac = (sodium: Sodium, key: Uint8Array, ...parts: Uint8Array[]): Uint8Array =>
  hash(sodium, padded(key, 0x5c), hash(sodium, padded(key, 0x36), ...parts))

/** HKDF (section 4.3): `count` times 64 bytes. */
const hkdf = (sodium: Sodium, chainingKey: Uint8Array, input: Uint8Array, count: number): Uint8Array[] => {
  const key = hmac(sodium, chainingKey, input)
  const outputs: Uint8Array[] = []
  let last: Uint8Array = none
  for (let number = 1; number <= count; number++) {
    last = hmac(sodium, key, last, Uint8Array.of(number))
    outputs.push(last)
  }
  return outputs
}

/** X25519, or `null` for what is no public key: another length, or small order, where everybody knows the result. */
export const agree = (sodium: Sodium, secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null => {
  if (publicKey.length !== KEY_BYTES) return null
  try {
    return sodium.crypto_scalarmult(secretKey, publicKey)
  } catch (error) {
    if (error instanceof Error && error.message.includes('weak public key')) return null
    throw error
  }
}

/** Sections 5.1 and 5.2. */
class SymmetricState {
  readonly #sodium: Sodium
  #chainingKey: Uint8Array
  #hash: Uint8Array
  #key: Uint8Array | null = null
  #counter = 0

  constructor(sodium: Sodium, name: string) {
    this.#sodium = sodium
    this.#hash = new Uint8Array(HASH_BYTES)
    this.#hash.set(encodeUtf8(name))
    this.#chainingKey = this.#hash
  }

  get hash(): Uint8Array {
    return this.#hash
  }

  /** How much longer than its plaintext a field is. */
  get overhead(): number {
    return this.#key === null ? 0 : TAG_BYTES
  }

  clone(): SymmetricState {
    const copy = new SymmetricState(this.#sodium, '')
    copy.#chainingKey = this.#chainingKey
    copy.#hash = this.#hash
    copy.#key = this.#key
    copy.#counter = this.#counter
    return copy
  }

  mixHash(data: Uint8Array): void {
    this.#hash = hash(this.#sodium, this.#hash, data)
  }

  mixKey(input: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#sodium, this.#chainingKey, input, 2) as [Uint8Array, Uint8Array]
    this.#chainingKey = chainingKey
    this.#useKey(key)
  }

  mixKeyAndHash(input: Uint8Array): void {
    const outputs = hkdf(this.#sodium, this.#chainingKey, input, 3)
    const [chainingKey, mixed, key] = outputs as [Uint8Array, Uint8Array, Uint8Array]
    this.#chainingKey = chainingKey
    this.mixHash(mixed)
    this.#useKey(key)
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const field = this.#key === null ? plaintext : seal(this.#sodium, this.#key, this.#counter++, this.#hash, plaintext)
    this.mixHash(field)
    return field
  }

  decryptAndHash(field: Uint8Array): Uint8Array | null {
    const plaintext = this.#key === null ? field : open(this.#sodium, this.#key, this.#counter++, this.#hash, field)
    if (plaintext !== null) this.mixHash(field)
    return plaintext
  }

  /** The initiator's key to send with, and the responder's. */
  split(): [Uint8Array, Uint8Array] {
    const [first, second] = hkdf(this.#sodium, this.#chainingKey, none, 2) as [Uint8Array, Uint8Array]
    return [first.slice(0, KEY_BYTES), second.slice(0, KEY_BYTES)]
  }

  #useKey(key: Uint8Array): void {
    this.#key = key.subarray(0, KEY_BYTES)
    this.#counter = 0
  }
}

export interface NoiseSetup {
  readonly sodium: Sodium
  /** Gives the ephemeral key. */
  readonly random: (size: number) => Uint8Array
  readonly pattern: NoisePattern
  readonly role: HandshakeRole
  readonly prologue: Uint8Array
  readonly s: KeyPair
  /** Where the pattern says that the other side's static key is known. */
  readonly rs?: Uint8Array | null
  /** Where the pattern has one; 32 bytes. */
  readonly psk?: Uint8Array | null
}

/** Section 5.3: one run of a handshake, at one end. */
export class NoiseHandshake implements Handshake {
  readonly #setup: NoiseSetup
  readonly #psk: Uint8Array | null
  #symmetric: SymmetricState
  #e: KeyPair | null = null
  #re: Uint8Array | null = null
  #rs: Uint8Array | null
  #turn = 0

  constructor(setup: NoiseSetup) {
    const { sodium, pattern, role, prologue, s, rs = null, psk = null } = setup
    const isKnown = pattern.known.some((known) => known !== role)
    if (isKnown !== (rs !== null)) {
      throw new TypeError(`cannot start a handshake: rs is ${rs === null ? 'missing' : 'given'}, role is ${role}`)
    }
    if (psk !== null && psk.length !== KEY_BYTES) {
      throw new RangeError(`cannot start a handshake: psk of ${psk.length} bytes, not ${KEY_BYTES}`)
    }
    if (pattern.messages.flat().includes('psk') !== (psk !== null)) {
      throw new TypeError(`cannot start a handshake: psk is ${psk === null ? 'missing' : 'given'}`)
    }
    this.#setup = setup
    this.#psk = psk
    this.#rs = rs
    this.#symmetric = new SymmetricState(sodium, pattern.name)
    this.#symmetric.mixHash(prologue)
    for (const known of pattern.known) this.#symmetric.mixHash(known === role ? s.publicKey : (rs ?? none))
  }

  get remoteStatic(): Uint8Array | null {
    return this.#rs
  }

  /** Where the other side's key is none, what is written can be read by nobody. */
  write(payload: Uint8Array): Uint8Array {
    const { sodium, random, s } = this.#setup
    const tokens = this.#takeTurn('write')
    const symmetric = this.#symmetric
    const fields: Uint8Array[] = []
    for (const token of tokens) {
      if (token === 'e') {
        const secretKey = random(KEY_BYTES)
        this.#e = { publicKey: sodium.crypto_scalarmult_base(secretKey), secretKey }
        fields.push(this.#e.publicKey)
        this.#mixEphemeral(symmetric, this.#e.publicKey)
      } else if (token === 's') {
        fields.push(symmetric.encryptAndHash(s.publicKey))
      } else if (token === 'psk') {
        this.#mixPsk(symmetric)
      } else {
        // Not zeros, as section 12.1 would have it: these everybody could know, and answer in that member's name.
        symmetric.mixKey(this.#agree(token, this.#re, this.#rs) ?? random(KEY_BYTES))
      }
    }
    fields.push(symmetric.encryptAndHash(payload))
    this.#turn++
    return concatBytes(...fields)
  }

  /** A message that is not authentic changes nothing: the genuine one may still follow. */
  read(message: Uint8Array): Uint8Array | null {
    const tokens = this.#takeTurn('read')
    const symmetric = this.#symmetric.clone()
    let re = this.#re
    let rs = this.#rs
    let offset = 0
    const take = (size: number): Uint8Array => message.slice(offset, (offset += size))
    for (const token of tokens) {
      if (token === 'e') {
        re = take(KEY_BYTES)
        if (re.length !== KEY_BYTES) return null
        this.#mixEphemeral(symmetric, re)
      } else if (token === 's') {
        rs = symmetric.decryptAndHash(take(KEY_BYTES + symmetric.overhead))
        if (rs === null || rs.length !== KEY_BYTES) return null
      } else if (token === 'psk') {
        this.#mixPsk(symmetric)
      } else {
        const shared = this.#agree(token, re, rs)
        if (shared === null) return null
        symmetric.mixKey(shared)
      }
    }
    const payload = symmetric.decryptAndHash(message.slice(offset))
    if (payload === null) return null
    this.#symmetric = symmetric
    this.#re = re
    this.#rs = rs
    this.#turn++
    return payload
  }

  split(): SessionSecrets {
    const { pattern, role } = this.#setup
    if (this.#turn < pattern.messages.length) {
      throw new Error(`cannot split a handshake: message ${this.#turn + 1} is yet to come`)
    }
    const [i2r, r2i] = this.#symmetric.split()
    const { hash } = this.#symmetric
    return role === 'initiator' ? { send: i2r, receive: r2i, hash } : { send: r2i, receive: i2r, hash }
  }

  #takeTurn(call: 'write' | 'read'): readonly NoiseToken[] {
    const { pattern, role } = this.#setup
    const tokens = pattern.messages[this.#turn]
    const writer: HandshakeRole = this.#turn % 2 === 0 ? 'initiator' : 'responder'
    if (tokens === undefined || (role === writer) !== (call === 'write')) {
      const state = tokens === undefined ? 'all messages are through' : `message ${this.#turn + 1} is the ${writer}'s`
      throw new Error(`cannot ${call} a handshake message: ${state}, role is ${role}`)
    }
    return tokens
  }

  /** Section 9.2: with a psk, keys must differ from the first ephemeral on. */
  #mixEphemeral(symmetric: SymmetricState, publicKey: Uint8Array): void {
    symmetric.mixHash(publicKey)
    if (this.#psk !== null) symmetric.mixKey(publicKey)
  }

  #mixPsk(symmetric: SymmetricState): void {
    if (this.#psk !== null) symmetric.mixKeyAndHash(this.#psk)
  }

  /** The first letter of a token stands for a key of the initiator's, the second for one of the responder's. */
  #agree(token: 'ee' | 'es' | 'se' | 'ss', re: Uint8Array | null, rs: Uint8Array | null): Uint8Array | null {
    const { sodium, role, s } = this.#setup
    const [first, second] = token
    const [own, other] = role === 'initiator' ? [first, second] : [second, first]
    const pair = own === 'e' ? this.#e : s
    const key = other === 'e' ? re : rs
    if (pair === null || key === null) throw new Error(`cannot do "${token}": a key is not there yet`)
    return agree(sodium, pair.secretKey, key)
  }
}
