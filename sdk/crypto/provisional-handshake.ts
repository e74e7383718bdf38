import { concatBytes } from '../util/bytes.js'
import { open, seal, TAG_BYTES } from './aead.js'
import { KEY_BYTES, keyedHash } from './kdf.js'
import type { Sodium } from './sodium.js'
import type { Handshake, HandshakeRole, KeyPair, SessionSecrets } from './suite.js'

const EPHEMERAL_BYTES = 32
const SEALED_STATIC_BYTES = KEY_BYTES + TAG_BYTES
const HASH_BYTES = 64
const none = new Uint8Array()

type Message = 'message-1' | 'message-2'

/** Names of their own, so that nothing made here can be mistaken for what a final label stands for. */
type ProvisionalLabel = `provisional-${Message | 'static' | 'i2r' | 'r2i' | 'hash' | 'mix'}`

export interface HandshakeSetup {
  readonly sodium: Sodium
  readonly random: (size: number) => Uint8Array
  readonly role: HandshakeRole
  readonly prologue: Uint8Array
  readonly s: KeyPair
  readonly rs: Uint8Array | null
  readonly psk: Uint8Array
}

/**
 * Calls, turns and sizes are those of Noise IKpsk1; its key agreement is not: every key comes from `psk` and what was
 * said so far, and the "ephemerals" are no keys but random bytes that make every run different.
 *
 *     message 1 = random 32 | initiator's static public key, sealed (48) | payload, sealed (+16)
 *     message 2 = random 32 | payload, sealed (+16)
 *
 * As in Noise, a running hash takes in the prologue, the responder's static key and every field in turn, and every
 * key is made from it. So each end can only go on with exactly what the other has seen.
 */
export class ProvisionalHandshake implements Handshake {
  readonly #setup: HandshakeSetup
  #transcript: Uint8Array
  #remoteStatic: Uint8Array | null
  #next: Message | 'split' = 'message-1'

  constructor(setup: HandshakeSetup) {
    if ((setup.role === 'initiator') !== (setup.rs !== null)) {
      throw new TypeError(
        `cannot start a handshake: rs is ${setup.rs === null ? 'missing' : 'given'}, role is ${setup.role}`,
      )
    }
    this.#setup = setup
    this.#remoteStatic = setup.rs
    this.#transcript = this.#mix(setup.prologue, setup.rs ?? setup.s.publicKey)
  }

  get remoteStatic(): Uint8Array | null {
    return this.#remoteStatic
  }

  write(payload: Uint8Array): Uint8Array {
    const message = this.#takeTurn('write')
    const { random, s } = this.#setup
    const ephemeral = random(EPHEMERAL_BYTES)
    let transcript = this.#mix(this.#transcript, ephemeral)
    let head = ephemeral
    if (message === 'message-1') {
      const sealedStatic = this.#seal('provisional-static', transcript, s.publicKey)
      transcript = this.#mix(transcript, sealedStatic, s.publicKey)
      head = concatBytes(ephemeral, sealedStatic)
    }
    const sealedPayload = this.#seal(`provisional-${message}`, transcript, payload)
    this.#advance(this.#mix(transcript, sealedPayload))
    return concatBytes(head, sealedPayload)
  }

  /** A message that is not authentic changes nothing: the genuine one may still follow. */
  read(bytes: Uint8Array): Uint8Array | null {
    const message = this.#takeTurn('read')
    let transcript = this.#mix(this.#transcript, bytes.subarray(0, EPHEMERAL_BYTES))
    let offset = EPHEMERAL_BYTES
    let initiatorStatic = null
    if (message === 'message-1') {
      const sealedStatic = bytes.subarray(offset, offset + SEALED_STATIC_BYTES)
      initiatorStatic = this.#open('provisional-static', transcript, sealedStatic)
      if (initiatorStatic === null) return null
      transcript = this.#mix(transcript, sealedStatic, initiatorStatic)
      offset += SEALED_STATIC_BYTES
    }
    const sealedPayload = bytes.subarray(offset)
    const payload = this.#open(`provisional-${message}`, transcript, sealedPayload)
    if (payload === null) return null
    this.#remoteStatic ??= initiatorStatic
    this.#advance(this.#mix(transcript, sealedPayload))
    return payload
  }

  split(): SessionSecrets {
    if (this.#next !== 'split') throw new Error(`cannot split a handshake: ${this.#next} is yet to come`)
    const i2r = this.#hash('provisional-i2r', KEY_BYTES, this.#transcript)
    const r2i = this.#hash('provisional-r2i', KEY_BYTES, this.#transcript)
    const hash = this.#hash('provisional-hash', HASH_BYTES, this.#transcript)
    return this.#setup.role === 'initiator' ? { send: i2r, receive: r2i, hash } : { send: r2i, receive: i2r, hash }
  }

  #takeTurn(call: 'write' | 'read'): Message {
    const next = this.#next
    const writer: HandshakeRole = next === 'message-1' ? 'initiator' : 'responder'
    if (next === 'split' || (this.#setup.role === writer) !== (call === 'write')) {
      throw new Error(`cannot ${call} a handshake message: the ${this.#setup.role}'s state is ${next}`)
    }
    return next
  }

  #advance(transcript: Uint8Array): void {
    this.#transcript = transcript
    this.#next = this.#next === 'message-1' ? 'message-2' : 'split'
  }

  #mix(...parts: Uint8Array[]): Uint8Array {
    return this.#hash('provisional-mix', KEY_BYTES, ...parts)
  }

  #hash(label: ProvisionalLabel, size: number, ...parts: Uint8Array[]): Uint8Array {
    return keyedHash(this.#setup.sodium, size, this.#setup.psk, label, parts)
  }

  /** Each key is used once, so the counter is always 0. */
  #seal(label: ProvisionalLabel, transcript: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return seal(this.#setup.sodium, this.#hash(label, KEY_BYTES, transcript), 0, none, plaintext)
  }

  #open(label: ProvisionalLabel, transcript: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    return open(this.#setup.sodium, this.#hash(label, KEY_BYTES, transcript), 0, none, sealed)
  }
}
