import { FRAME } from '../protocol/codes.js'
import { DecodeError } from '../protocol/decode-error.js'
import {
  decodeInvite,
  decodeKey,
  decodeProof,
  decodeReply,
  decodeSealed,
  encodeInvite,
  encodeKey,
  encodeProof,
  encodeReply,
  encodeSealed,
  type InviteReply,
} from '../protocol/invite-frames.js'
import { equalBytes } from '../util/bytes.js'
import { open, seal } from './aead.js'
import { KEY_BYTES, kdf } from './kdf.js'
import type { Sodium } from './sodium.js'
import type { KeyPair } from './suite.js'

/**
 * How a group's key reaches a bot so that whoever carries the bytes cannot read it, a proxy that ends TLS included: an
 * exchange of ephemeral X25519 keys in which the bot signs both with its identity, then the key, sealed. A member that
 * knows the identity beforehand (the pin) knows that nobody sits in between; without a pin it trusts the connection.
 *
 * Provisional: Noise XX takes its place, with the same turns.
 */
type Secrets = { readonly toBot: Uint8Array; readonly toMember: Uint8Array }

/** What the other side sent cannot be what an honest one would send here. */
export class InvitationError extends Error {
  override readonly name = 'InvitationError'
  readonly reason: 'damaged' | 'forged' | 'other-identity'

  constructor(reason: 'damaged' | 'forged' | 'other-identity', options?: { cause?: unknown }) {
    super(`invitation failed: ${reason}`, options)
    this.reason = reason
  }
}

const nothing = new Uint8Array()

const proofBody = (sodium: Sodium, member: Uint8Array, bot: Uint8Array, identity: Uint8Array): Uint8Array =>
  kdf(sodium, null, 'bot-proof', member, bot, identity)

const deriveSecrets = (sodium: Sodium, own: KeyPair, other: Uint8Array, parts: readonly Uint8Array[]): Secrets => {
  let shared: Uint8Array
  try {
    shared = sodium.crypto_scalarmult(own.secretKey, other)
  } catch (cause) {
    throw new InvitationError('forged', { cause })
  }
  return {
    toBot: kdf(sodium, shared, 'bot-invite', ...parts, Uint8Array.of(0)),
    toMember: kdf(sodium, shared, 'bot-invite', ...parts, Uint8Array.of(1)),
  }
}

const decoded = <Value>(decode: () => Value): Value => {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DecodeError) throw new InvitationError('damaged', { cause: error })
    throw error
  }
}

const unsealed = (sodium: Sodium, key: Uint8Array, sealed: Uint8Array): Uint8Array => {
  const opened = open(sodium, key, 0, nothing, sealed)
  if (opened === null) throw new InvitationError('forged')
  return opened
}

const ephemeralKeys = (sodium: Sodium, random: (size: number) => Uint8Array): KeyPair => {
  const secretKey = random(KEY_BYTES)
  return { publicKey: sodium.crypto_scalarmult_base(secretKey), secretKey }
}

/** The member's end. Its calls come in the order below, each once; what is wrong throws an {@link InvitationError}. */
export class Invitation {
  /** The first frame. */
  readonly frame: Uint8Array
  readonly #sodium: Sodium
  readonly #own: KeyPair
  readonly #key: string
  readonly #pin: Uint8Array | null
  #secrets: Secrets | null = null
  #identity: Uint8Array | null = null

  /** `pin` is the identity that the bot must have, 32 bytes; `null` to take whoever answers. */
  constructor(options: {
    readonly sodium: Sodium
    readonly random: (size: number) => Uint8Array
    readonly key: string
    readonly pin: Uint8Array | null
  }) {
    this.#sodium = options.sodium
    this.#own = ephemeralKeys(options.sodium, options.random)
    this.#key = options.key
    this.#pin = options.pin
    this.frame = encodeInvite(this.#own.publicKey)
  }

  /** Who has proved itself: 32 bytes; `null` before that. */
  get identity(): Uint8Array | null {
    return this.#identity
  }

  /** Takes PROOF; the KEY frame that answers it. */
  handleProof(frame: Uint8Array): Uint8Array {
    const { ephemeral, identity, signature } = decoded(() => decodeProof(frame))
    if (this.#pin !== null && !equalBytes(identity, this.#pin)) throw new InvitationError('other-identity')
    const body = proofBody(this.#sodium, this.#own.publicKey, ephemeral, identity)
    if (!this.#sodium.crypto_sign_verify_detached(signature, body, identity)) throw new InvitationError('forged')
    this.#secrets = deriveSecrets(this.#sodium, this.#own, ephemeral, [this.#own.publicKey, ephemeral, identity])
    this.#identity = identity.slice()
    return encodeSealed(FRAME.KEY, seal(this.#sodium, this.#secrets.toBot, 0, nothing, encodeKey(this.#key)))
  }

  /** Takes REPLY. */
  handleReply(frame: Uint8Array): InviteReply {
    const secrets = this.#secrets
    if (secrets === null) throw new InvitationError('damaged')
    return decoded(() => decodeReply(unsealed(this.#sodium, secrets.toMember, decodeSealed(frame, FRAME.REPLY))))
  }
}

/** The bot's end, as {@link Invitation} is the member's. */
export class InvitationAnswer {
  readonly #sodium: Sodium
  readonly #random: (size: number) => Uint8Array
  readonly #identity: KeyPair
  #secrets: Secrets | null = null

  constructor(options: {
    readonly sodium: Sodium
    readonly random: (size: number) => Uint8Array
    readonly identity: KeyPair
  }) {
    this.#sodium = options.sodium
    this.#random = options.random
    this.#identity = options.identity
  }

  /** Takes INVITE; the PROOF frame that answers it. */
  handleInvite(frame: Uint8Array): Uint8Array {
    const member = decoded(() => decodeInvite(frame)).slice()
    const own = ephemeralKeys(this.#sodium, this.#random)
    const identity = this.#identity.publicKey
    this.#secrets = deriveSecrets(this.#sodium, own, member, [member, own.publicKey, identity])
    const body = proofBody(this.#sodium, member, own.publicKey, identity)
    const signature = this.#sodium.crypto_sign_detached(body, this.#identity.secretKey)
    return encodeProof({ ephemeral: own.publicKey, identity, signature })
  }

  /** Takes KEY; the group's key string, as it was sent: it may be none. */
  handleKey(frame: Uint8Array): string {
    const secrets = this.#taken()
    return decoded(() => decodeKey(unsealed(this.#sodium, secrets.toBot, decodeSealed(frame, FRAME.KEY))))
  }

  /** The REPLY frame; once, since its nonce is fixed. */
  reply(reply: InviteReply): Uint8Array {
    return encodeSealed(FRAME.REPLY, seal(this.#sodium, this.#taken().toMember, 0, nothing, encodeReply(reply)))
  }

  #taken(): Secrets {
    if (this.#secrets === null) throw new InvitationError('damaged')
    return this.#secrets
  }
}
