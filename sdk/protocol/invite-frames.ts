import { FRAME } from './codes.js'
import { DecodeError } from './decode-error.js'
import { decodeFields, encodeFields, encodeNumber, numberField, requireField } from './fields.js'
import { MEMBER_ID_BYTES, SIGNATURE_BYTES } from './limits.js'
import { pad, unpad } from './padding.js'
import { Reader } from './reader.js'
import { concatBytes, decodeUtf8, encodeUtf8 } from '../util/bytes.js'

/**
 * INVITE = 0x41 | version u8 = 1 | handshake message 32
 * PROOF  = 0x42 | handshake message 192, its payload: identity 32 | signature 64
 * KEY    = 0x43 | handshake message, its payload: pad(256, fields {1: key})
 * REPLY  = 0x44 | sealed pad(64, fields {1: refused varint, 2: member id})
 *
 * How a member asks a bot into its group over a socket: INVITE and KEY by the member, PROOF and REPLY by the bot.
 */
const INVITE_VERSION = 1
const EPHEMERAL_BYTES = 32
const IDENTITY_BYTES = 32
/** Ephemeral key, static key sealed, certificate sealed. */
const PROOF_BYTES = EPHEMERAL_BYTES + (32 + 16) + (IDENTITY_BYTES + SIGNATURE_BYTES + 16)
const KEY_PADDING = 256
const REPLY_PADDING = 64
const KEY_FIELD = { KEY: 1 } as const
const REPLY_FIELD = { REFUSED: 1, MEMBER: 2 } as const
/** A key string of 512 characters, each up to three bytes in UTF-8, padded and sealed. */
export const MAX_INVITE_FRAME_BYTES = 2_048

/** Why a bot does not come. */
export const REFUSED = { FULL: 1, FAILED: 2, BAD_KEY: 3 } as const

export type InviteReply =
  { readonly type: 'comes'; readonly member: Uint8Array } | { readonly type: 'refused'; readonly reason: number }

/** Whose the key is that a bot shakes hands with. */
export interface BotCertificate {
  readonly identity: Uint8Array
  readonly signature: Uint8Array
}

const open = (frame: Uint8Array, code: number): Reader => {
  if (frame.length > MAX_INVITE_FRAME_BYTES) throw new DecodeError('frame too long')
  const reader = new Reader(frame)
  if (reader.u8() !== code) throw new DecodeError('frame out of turn')
  return reader
}

export const encodeInvite = (message: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(FRAME.INVITE, INVITE_VERSION), message)

/** The first handshake message: an ephemeral key alone. */
export const decodeInvite = (frame: Uint8Array): Uint8Array => {
  const reader = open(frame, FRAME.INVITE)
  if (reader.u8() !== INVITE_VERSION) throw new DecodeError('another version')
  const message = reader.bytes(EPHEMERAL_BYTES)
  reader.end()
  return message
}

/** The second handshake message. */
export const decodeProof = (frame: Uint8Array): Uint8Array => {
  const reader = open(frame, FRAME.PROOF)
  const message = reader.bytes(PROOF_BYTES)
  reader.end()
  return message
}

/** A frame of which all behind the code is for the handshake, or sealed. */
export const encodeSealed = (code: number, sealed: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(code), sealed)

export const decodeSealed = (frame: Uint8Array, code: number): Uint8Array => open(frame, code).rest()

export const encodeBotCertificate = ({ identity, signature }: BotCertificate): Uint8Array =>
  concatBytes(identity, signature)

export const decodeBotCertificate = (bytes: Uint8Array): BotCertificate => {
  const reader = new Reader(bytes)
  const certificate = { identity: reader.bytes(IDENTITY_BYTES), signature: reader.bytes(SIGNATURE_BYTES) }
  reader.end()
  return certificate
}

export const encodeKey = (key: string): Uint8Array => pad(encodeFields([[KEY_FIELD.KEY, encodeUtf8(key)]]), KEY_PADDING)

export const decodeKey = (bytes: Uint8Array): string => {
  try {
    return decodeUtf8(requireField(decodeFields(unpad(bytes)), KEY_FIELD.KEY))
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause
    throw new DecodeError('not UTF-8', { cause })
  }
}

export const encodeReply = (reply: InviteReply): Uint8Array =>
  pad(
    encodeFields(
      reply.type === 'comes'
        ? [[REPLY_FIELD.MEMBER, reply.member]]
        : [[REPLY_FIELD.REFUSED, encodeNumber(reply.reason)]],
    ),
    REPLY_PADDING,
  )

export const decodeReply = (bytes: Uint8Array): InviteReply => {
  const fields = decodeFields(unpad(bytes))
  const reason = numberField(fields, REPLY_FIELD.REFUSED, 0)
  if (reason !== 0) return { type: 'refused', reason }
  const member = requireField(fields, REPLY_FIELD.MEMBER)
  if (member.length !== MEMBER_ID_BYTES) throw new DecodeError('bad member id length')
  return { type: 'comes', member }
}
