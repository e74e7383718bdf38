import { FRAME } from './codes.js'
import { DecodeError } from './decode-error.js'
import { decodeFields, encodeFields, encodeNumber, numberField, requireField } from './fields.js'
import { MEMBER_ID_BYTES } from './limits.js'
import { pad, unpad } from './padding.js'
import { Reader } from './reader.js'
import { concatBytes, decodeUtf8, encodeUtf8 } from '../util/bytes.js'

/**
 * INVITE = 0x41 | version u8 = 1 | ephemeral 32
 * PROOF  = 0x42 | ephemeral 32 | identity 32 | signature 64
 * KEY    = 0x43 | sealed pad(256, fields {1: key})
 * REPLY  = 0x44 | sealed pad(64, fields {1: refused varint, 2: member id})
 *
 * How a member asks a bot into its group over a socket: INVITE and KEY by the member, PROOF and REPLY by the bot.
 */
const INVITE_VERSION = 1
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
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

export interface Proof {
  readonly ephemeral: Uint8Array
  readonly identity: Uint8Array
  readonly signature: Uint8Array
}

const open = (frame: Uint8Array, code: number): Reader => {
  if (frame.length > MAX_INVITE_FRAME_BYTES) throw new DecodeError('frame too long')
  const reader = new Reader(frame)
  if (reader.u8() !== code) throw new DecodeError('frame out of turn')
  return reader
}

export const encodeInvite = (ephemeral: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(FRAME.INVITE, INVITE_VERSION), ephemeral)

/** The member's ephemeral key. */
export const decodeInvite = (frame: Uint8Array): Uint8Array => {
  const reader = open(frame, FRAME.INVITE)
  if (reader.u8() !== INVITE_VERSION) throw new DecodeError('another version')
  const ephemeral = reader.bytes(KEY_BYTES)
  reader.end()
  return ephemeral
}

export const encodeProof = ({ ephemeral, identity, signature }: Proof): Uint8Array =>
  concatBytes(Uint8Array.of(FRAME.PROOF), ephemeral, identity, signature)

export const decodeProof = (frame: Uint8Array): Proof => {
  const reader = open(frame, FRAME.PROOF)
  const proof = {
    ephemeral: reader.bytes(KEY_BYTES),
    identity: reader.bytes(KEY_BYTES),
    signature: reader.bytes(SIGNATURE_BYTES),
  }
  reader.end()
  return proof
}

/** A frame that is sealed as a whole behind its code. */
export const encodeSealed = (code: number, sealed: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(code), sealed)

export const decodeSealed = (frame: Uint8Array, code: number): Uint8Array => open(frame, code).rest()

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
