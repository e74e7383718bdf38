import * as encoding from 'lib0/encoding'
import { encodeBase64url } from '../util/base64url.js'
import { decodeUtf8, encodeUtf8 } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { decodeFields, encodeFields, encodeNumber, numberField, requireField } from './fields.js'
import {
  FILE_HASH_BYTES,
  MAX_FILE_NAME_BYTES,
  MAX_FILE_TYPE_BYTES,
  MAX_LABEL_BYTES,
  MAX_METADATA_BYTES,
  MAX_REASON_BYTES,
  TRANSFER_ID_BYTES,
} from './limits.js'
import { Reader } from './reader.js'
import { encodeMetadata, parseTransferId } from './transfer-values.js'

/**
 * Messages on the stream of kind TRANSFER, each `code u8 | id 16` and then
 *
 * OFFER    = 0x01 | fields {1: name, 2: size varint (absent: unknown), 3: media type, 4: metadata in JSON, 5: resume id 16}
 * ACCEPT   = 0x02 | offset varint
 * REJECT   = 0x03 | cause u8 | reason lp
 * PROGRESS = 0x04 | bytes varint
 * DONE     = 0x05
 * FAIL     = 0x06 | cause u8 | reason lp
 * WITHDRAW = 0x07 | reason lp
 * OPEN     = 0x08 | label lp
 * OPENED   = 0x09
 * REFUSE   = 0x0a
 * ABORT    = 0x0b | reason lp
 * STOP     = 0x0c | reason lp
 *
 * OFFER and WITHDRAW are by who has the file, ACCEPT to FAIL by who is to get it, so that an id which both sides use means
 * no two things. OPEN is by who opens a duplex, OPENED and REFUSE by the other; ABORT ends what its author sends on it
 * and STOP asks for that of the other side.
 *
 * The last message of a stream of kind FILE or DUPLEX:
 *
 * END = 0x00 | reason lp                     given up
 *     | 0x01 | size varint | hash 32         the whole file was sent
 *     | 0x02                                 all that there was for the duplex
 */
const CODE = {
  OFFER: 1,
  ACCEPT: 2,
  REJECT: 3,
  PROGRESS: 4,
  DONE: 5,
  FAIL: 6,
  WITHDRAW: 7,
  OPEN: 8,
  OPENED: 9,
  REFUSE: 10,
  ABORT: 11,
  STOP: 12,
} as const
const END = { GIVEN_UP: 0, WHOLE: 1, CLOSED: 2 } as const
const FIELD = { NAME: 1, SIZE: 2, TYPE: 3, METADATA: 4, RESUME: 5 } as const

/** Why an offer is declined. */
export const REJECT_CAUSE = { APPLICATION: 0, NO_LISTENER: 1, TOO_MANY: 2, UNREADABLE: 3 } as const
/** Why a file that was accepted does not arrive. */
export const FAIL_CAUSE = { CANCELLED: 0, CORRUPT: 1 } as const

/** Ids are 16 bytes in base64url. */
export interface OfferFrame {
  readonly type: 'offer'
  readonly id: string
  /** As its sender gave it: not fit for any file system. */
  readonly name: string
  /** In bytes; `null` when unknown. */
  readonly size: number | null
  readonly mediaType: string
  /** What JSON holds; `undefined` when there is none. */
  readonly metadata: unknown
  readonly resumeId: string
}

export type TransferFrame =
  | OfferFrame
  | { readonly type: 'accept'; readonly id: string; readonly offset: number }
  | { readonly type: 'reject'; readonly id: string; readonly cause: number; readonly reason: string }
  | { readonly type: 'progress'; readonly id: string; readonly bytes: number }
  | { readonly type: 'done'; readonly id: string }
  | { readonly type: 'fail'; readonly id: string; readonly cause: number; readonly reason: string }
  | { readonly type: 'withdraw'; readonly id: string; readonly reason: string }
  | { readonly type: 'open'; readonly id: string; readonly label: string }
  | { readonly type: 'opened'; readonly id: string }
  | { readonly type: 'refuse'; readonly id: string }
  | { readonly type: 'abort'; readonly id: string; readonly reason: string }
  | { readonly type: 'stop'; readonly id: string; readonly reason: string }

/** How a stream of bytes ended. */
export type StreamEnd =
  | { readonly type: 'given-up'; readonly reason: string }
  | { readonly type: 'whole'; readonly size: number; readonly hash: Uint8Array }
  | { readonly type: 'closed' }

const idBytes = (id: string): Uint8Array => {
  const bytes = parseTransferId(id)
  if (bytes === null) throw new RangeError(`cannot encode frame: "${id}" is no id of ${TRANSFER_ID_BYTES} bytes`)
  return bytes
}

const encodeOffer = ({ name, size, mediaType, metadata, resumeId }: OfferFrame): Uint8Array => {
  const json = encodeMetadata(metadata)
  return encodeFields([
    [FIELD.NAME, encodeUtf8(name)],
    ...(size === null ? [] : [[FIELD.SIZE, encodeNumber(size)] as const]),
    [FIELD.TYPE, encodeUtf8(mediaType)],
    ...(json === undefined ? [] : [[FIELD.METADATA, json] as const]),
    [FIELD.RESUME, idBytes(resumeId)],
  ])
}

const codeOf = {
  offer: CODE.OFFER,
  accept: CODE.ACCEPT,
  reject: CODE.REJECT,
  progress: CODE.PROGRESS,
  done: CODE.DONE,
  fail: CODE.FAIL,
  withdraw: CODE.WITHDRAW,
  open: CODE.OPEN,
  opened: CODE.OPENED,
  refuse: CODE.REFUSE,
  abort: CODE.ABORT,
  stop: CODE.STOP,
} as const satisfies Record<TransferFrame['type'], number>

/** Does not look at the limits of what it is given. Throws a `RangeError` for an id that is none. */
export const encodeTransferFrame = (frame: TransferFrame): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeUint8(encoder, codeOf[frame.type])
    encoding.writeUint8Array(encoder, idBytes(frame.id))
    switch (frame.type) {
      case 'offer':
        return encoding.writeUint8Array(encoder, encodeOffer(frame))
      case 'accept':
        return encoding.writeVarUint(encoder, frame.offset)
      case 'progress':
        return encoding.writeVarUint(encoder, frame.bytes)
      case 'reject':
      case 'fail':
        encoding.writeUint8(encoder, frame.cause)
        return encoding.writeVarUint8Array(encoder, encodeUtf8(frame.reason))
      case 'withdraw':
      case 'abort':
      case 'stop':
        return encoding.writeVarUint8Array(encoder, encodeUtf8(frame.reason))
      case 'open':
        return encoding.writeVarUint8Array(encoder, encodeUtf8(frame.label))
      case 'done':
      case 'opened':
      case 'refuse':
    }
  })

const textField = (bytes: Uint8Array, max: number): string => {
  if (bytes.length > max) throw new DecodeError('too long')
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw new DecodeError('not UTF-8', { cause })
  }
}

const decodeMetadata = (bytes: Uint8Array | undefined): unknown => {
  if (bytes === undefined) return undefined
  const text = textField(bytes, MAX_METADATA_BYTES)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new DecodeError('metadata is not JSON', { cause })
  }
}

const decodeOffer = (id: string, reader: Reader): OfferFrame => {
  const fields = decodeFields(reader.rest())
  const resumeId = requireField(fields, FIELD.RESUME)
  if (resumeId.length !== TRANSFER_ID_BYTES) throw new DecodeError('bad resume id length')
  return {
    type: 'offer',
    id,
    name: textField(requireField(fields, FIELD.NAME), MAX_FILE_NAME_BYTES),
    size: fields.has(FIELD.SIZE) ? numberField(fields, FIELD.SIZE, 0) : null,
    mediaType: textField(requireField(fields, FIELD.TYPE), MAX_FILE_TYPE_BYTES),
    metadata: decodeMetadata(fields.get(FIELD.METADATA)),
    resumeId: encodeBase64url(resumeId),
  }
}

const decodeBody = (code: number, id: string, reader: Reader): TransferFrame => {
  switch (code) {
    case CODE.OFFER:
      return decodeOffer(id, reader)
    case CODE.ACCEPT:
      return { type: 'accept', id, offset: reader.varint() }
    case CODE.REJECT:
      return { type: 'reject', id, cause: reader.u8(), reason: reader.text(MAX_REASON_BYTES) }
    case CODE.PROGRESS:
      return { type: 'progress', id, bytes: reader.varint() }
    case CODE.DONE:
      return { type: 'done', id }
    case CODE.FAIL:
      return { type: 'fail', id, cause: reader.u8(), reason: reader.text(MAX_REASON_BYTES) }
    case CODE.WITHDRAW:
      return { type: 'withdraw', id, reason: reader.text(MAX_REASON_BYTES) }
    case CODE.OPEN:
      return { type: 'open', id, label: reader.text(MAX_LABEL_BYTES) }
    case CODE.OPENED:
      return { type: 'opened', id }
    case CODE.REFUSE:
      return { type: 'refuse', id }
    case CODE.ABORT:
      return { type: 'abort', id, reason: reader.text(MAX_REASON_BYTES) }
    case CODE.STOP:
      return { type: 'stop', id, reason: reader.text(MAX_REASON_BYTES) }
    default:
      throw new DecodeError('unknown code')
  }
}

export const decodeTransferFrame = (bytes: Uint8Array): TransferFrame => {
  const reader = new Reader(bytes)
  const code = reader.u8()
  const frame = decodeBody(code, encodeBase64url(reader.bytes(TRANSFER_ID_BYTES)), reader)
  reader.end()
  return frame
}

/** Of an offer or an opening that cannot be read, the id by which it can be declined; `null` of all else. */
export const idToDecline = (bytes: Uint8Array): { readonly type: 'offer' | 'open'; readonly id: string } | null => {
  const code = bytes[0]
  if ((code !== CODE.OFFER && code !== CODE.OPEN) || bytes.length <= TRANSFER_ID_BYTES) return null
  const id = encodeBase64url(bytes.subarray(1, 1 + TRANSFER_ID_BYTES))
  return { type: code === CODE.OFFER ? 'offer' : 'open', id }
}

export const encodeStreamEnd = (end: StreamEnd): Uint8Array =>
  encoding.encode((encoder) => {
    switch (end.type) {
      case 'given-up':
        encoding.writeUint8(encoder, END.GIVEN_UP)
        return encoding.writeVarUint8Array(encoder, encodeUtf8(end.reason))
      case 'whole':
        encoding.writeUint8(encoder, END.WHOLE)
        encoding.writeVarUint(encoder, end.size)
        return encoding.writeUint8Array(encoder, end.hash)
      case 'closed':
        return encoding.writeUint8(encoder, END.CLOSED)
    }
  })

const readStreamEnd = (reader: Reader): StreamEnd => {
  switch (reader.u8()) {
    case END.GIVEN_UP:
      return { type: 'given-up', reason: reader.text(MAX_REASON_BYTES) }
    case END.WHOLE:
      return { type: 'whole', size: reader.varint(), hash: reader.bytes(FILE_HASH_BYTES) }
    case END.CLOSED:
      return { type: 'closed' }
    default:
      throw new DecodeError('unknown end')
  }
}

export const decodeStreamEnd = (bytes: Uint8Array): StreamEnd => {
  const reader = new Reader(bytes)
  const end = readStreamEnd(reader)
  reader.end()
  return end
}
