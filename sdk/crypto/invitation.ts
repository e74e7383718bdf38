import { FRAME } from '../protocol/codes.js'
import { DecodeError } from '../protocol/decode-error.js'
import {
  decodeBotCertificate,
  decodeInvite,
  decodeKey,
  decodeProof,
  decodeReply,
  decodeSealed,
  encodeBotCertificate,
  encodeInvite,
  encodeKey,
  encodeReply,
  encodeSealed,
  type InviteReply,
} from '../protocol/invite-frames.js'
import { concatBytes, equalBytes } from '../util/bytes.js'
import { open, seal } from './aead.js'
import { kdf, KEY_BYTES } from './kdf.js'
import { InvitationError } from './invitation-error.js'
import { labelBytes } from './labels.js'
import { agree, NoiseHandshake, XX } from './noise.js'
import { sign, verify } from './signature.js'
import type { Sodium } from './sodium.js'
import type { HandshakeRole, KeyPair } from './suite.js'

/**
 * How a group's key reaches a bot so that whoever carries the bytes cannot read it, a proxy that ends TLS included:
 * Noise_XX_25519_ChaChaPoly_BLAKE2b, the member being the initiator. The bot's message carries its certificate, an
 * identity's signature over the key that it shakes hands with, and the member's last one the group's key. A member that
 * knows the identity beforehand (the pin) knows that nobody sits in between; without a pin it trusts the connection.
 * Members have no name in this: theirs are keys for one exchange.
 */
interface Source {
  readonly sodium: Sodium
  readonly random: (size: number) => Uint8Array
}

const nothing = new Uint8Array()

const freshKeys = ({ sodium, random }: Source): KeyPair => {
  const secretKey = random(KEY_BYTES)
  return { publicKey: sodium.crypto_scalarmult_base(secretKey), secretKey }
}

const createPrologue = (): Uint8Array => {
  const label = labelBytes('bot-invite')
  return concatBytes(Uint8Array.of(label.length, 0, 0, 0), label)
}

const start = (source: Source, role: HandshakeRole, s: KeyPair): NoiseHandshake =>
  new NoiseHandshake({ ...source, pattern: XX, role, prologue: createPrologue(), s })

/** The key of REPLY, from the bot's half of what the handshake ends in. */
const replyKey = (sodium: Sodium, botKey: Uint8Array, hash: Uint8Array): Uint8Array =>
  kdf(sodium, botKey, 'bot-reply', hash)

const decoded = <Value>(decode: () => Value): Value => {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DecodeError) throw new InvitationError('damaged', { cause: error })
    throw error
  }
}

const authentic = (opened: Uint8Array | null): Uint8Array => {
  if (opened === null) throw new InvitationError('forged')
  return opened
}

const inTurn = <Value>(value: Value | null): Value => {
  if (value === null) throw new InvitationError('damaged')
  return value
}

/** The member's end. Its calls come in the order below, each once; what is wrong throws an {@link InvitationError}. */
export class Invitation {
  /** The first frame. */
  readonly frame: Uint8Array
  readonly #sodium: Sodium
  readonly #key: string
  readonly #pin: Uint8Array | null
  #handshake: NoiseHandshake | null
  #replyKey: Uint8Array | null = null
  #identity: Uint8Array | null = null

  /** `pin` is the identity that the bot must have, 32 bytes; `null` to take whoever answers. */
  constructor(options: Source & { readonly key: string; readonly pin: Uint8Array | null }) {
    this.#sodium = options.sodium
    this.#key = options.key
    this.#pin = options.pin
    this.#handshake = start(options, 'initiator', freshKeys(options))
    this.frame = encodeInvite(this.#handshake.write(nothing))
  }

  /** Who has proved itself: 32 bytes; `null` before that. */
  get identity(): Uint8Array | null {
    return this.#identity
  }

  /** Takes PROOF; the KEY frame that answers it. */
  handleProof(frame: Uint8Array): Uint8Array {
    const handshake = inTurn(this.#handshake)
    const message = decoded(() => decodeProof(frame))
    const payload = authentic(handshake.read(message))
    this.#handshake = null
    const { identity, signature } = decoded(() => decodeBotCertificate(payload))
    if (this.#pin !== null && !equalBytes(identity, this.#pin)) throw new InvitationError('other-identity')
    const { remoteStatic } = handshake
    if (remoteStatic === null || !verify(this.#sodium, identity, 'bot-cert', remoteStatic, signature)) {
      throw new InvitationError('forged')
    }
    this.#identity = identity.slice()
    const answer = encodeSealed(FRAME.KEY, handshake.write(encodeKey(this.#key)))
    const { receive, hash } = handshake.split()
    this.#replyKey = replyKey(this.#sodium, receive, hash)
    return answer
  }

  /** Takes REPLY. */
  handleReply(frame: Uint8Array): InviteReply {
    const key = inTurn(this.#replyKey)
    const sealed = decoded(() => decodeSealed(frame, FRAME.REPLY))
    const reply = authentic(open(this.#sodium, key, 0, nothing, sealed))
    return decoded(() => decodeReply(reply))
  }
}

/** The bot's end, as {@link Invitation} is the member's. */
export class InvitationAnswer {
  readonly #source: Source
  readonly #identity: KeyPair
  #handshake: NoiseHandshake | null = null
  #replyKey: Uint8Array | null = null

  constructor(options: Source & { readonly identity: KeyPair }) {
    this.#source = options
    this.#identity = options.identity
  }

  /** Takes INVITE; the PROOF frame that answers it. */
  handleInvite(frame: Uint8Array): Uint8Array {
    const { sodium } = this.#source
    const message = decoded(() => decodeInvite(frame))
    const s = freshKeys(this.#source)
    // All the message holds is a key. One of small order would make the answer one that nobody can read.
    if (agree(sodium, s.secretKey, message) === null) throw new InvitationError('forged')
    const handshake = start(this.#source, 'responder', s)
    authentic(handshake.read(message))
    const signature = sign(sodium, this.#identity.secretKey, 'bot-cert', s.publicKey)
    const certificate = encodeBotCertificate({ identity: this.#identity.publicKey, signature })
    this.#handshake = handshake
    return encodeSealed(FRAME.PROOF, handshake.write(certificate))
  }

  /** Takes KEY; the group's key string, as it was sent: it may be none. */
  handleKey(frame: Uint8Array): string {
    const handshake = inTurn(this.#handshake)
    const message = decoded(() => decodeSealed(frame, FRAME.KEY))
    const payload = authentic(handshake.read(message))
    this.#handshake = null
    const { send, hash } = handshake.split()
    this.#replyKey = replyKey(this.#source.sodium, send, hash)
    return decoded(() => decodeKey(payload))
  }

  /** The REPLY frame; once, since its nonce is fixed. */
  reply(reply: InviteReply): Uint8Array {
    const key = inTurn(this.#replyKey)
    this.#replyKey = null
    return encodeSealed(FRAME.REPLY, seal(this.#source.sodium, key, 0, nothing, encodeReply(reply)))
  }
}
