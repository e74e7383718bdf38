import * as encoding from 'lib0/encoding'
import { concatBytes, encodeUtf8 } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { MAX_ERROR_CODE_LENGTH, MAX_ERROR_TEXT_LENGTH } from './limits.js'
import { Reader } from './reader.js'

/**
 * VALUE   = 0 | payload
 * REQUEST = 1 | id varint | flags u8 (1: the answer may be a stream) | payload
 * ANSWER  = 2 | id varint | flags u8 (1: the last, 2: with a value, 4: with a number) | number varint, if so | payload
 * ERROR   = 3 | id varint | reason u8 | of THROWN: code size varint, UTF-8 | text size varint, UTF-8
 * CANCEL  = 4 | id varint
 * CREDIT  = 5 | id varint | count varint
 * EACH    = 6 | payload
 *
 * EACH is a VALUE that is for all and sent to each of them by itself. What the messages of a channel's streams are, which bear the channel's name: of each member one for VALUE, and another for
 * all else, so that who is slow to read values keeps no answer back. REQUEST, CANCEL and CREDIT go from who asks, ANSWER and
 * ERROR back, on a stream of who answers. Ids are given by who asks, ascending over all its channels.
 * An empty message, the last of its stream, says that the channel is closed. Where no channel answers,
 * ERROR comes on a stream named `skein:requests`.
 */
const TYPE = { VALUE: 0, REQUEST: 1, ANSWER: 2, ERROR: 3, CANCEL: 4, CREDIT: 5, EACH: 6 } as const
const REQUEST_FLAG = { STREAM: 1 } as const
const ANSWER_FLAG = { LAST: 1, VALUE: 2, NUMBER: 4 } as const

/**
 * Why a request has no answer. Of `THROWN`, the handler says so itself; of `LOST`, some of the answer was given up on its way. What later
 * versions add reads as `FAILED`.
 */
export const REASON = { THROWN: 0, FAILED: 1, NO_HANDLER: 2, BUSY: 3, INVALID: 4, STREAMED: 5, LOST: 6 } as const

export type Reason = (typeof REASON)[keyof typeof REASON]

/** Bytes that a UTF-16 unit takes at most. */
const UNIT_BYTES = 3

export type ValueFrame = {
  readonly type: 'value'
  /** It is for all, whomever it was sent to. */
  readonly isToEach: boolean
  readonly payload: Uint8Array
}

export type RequestFrame = {
  readonly type: 'request'
  readonly id: number
  readonly isStream: boolean
  readonly payload: Uint8Array
}

export type AnswerFrame = {
  readonly type: 'answer'
  readonly id: number
  readonly isLast: boolean
  /** Of a stream: of this item, from 1, or of its end. Items may be lost on their way with a member's window. `null`: the only one. */
  readonly number: number | null
  /** `null`: the last, and nothing but the end of a stream. */
  readonly payload: Uint8Array | null
}

export type ErrorFrame = {
  readonly type: 'error'
  readonly id: number
  readonly reason: Reason
  /** Of `THROWN`; else empty both. */
  readonly code: string
  readonly text: string
}

export type ChannelFrame =
  | ValueFrame
  | RequestFrame
  | AnswerFrame
  | ErrorFrame
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'credit'; readonly id: number; readonly count: number }

export const encodeChannelFrame = (frame: ChannelFrame): Uint8Array => {
  switch (frame.type) {
    case 'value':
      return concatBytes(Uint8Array.of(frame.isToEach ? TYPE.EACH : TYPE.VALUE), frame.payload)
    case 'request':
      return concatBytes(head(TYPE.REQUEST, frame.id, frame.isStream ? REQUEST_FLAG.STREAM : 0), frame.payload)
    case 'answer':
      return encodeAnswer(frame)
    case 'error':
      return encodeError(frame)
    case 'cancel':
      return head(TYPE.CANCEL, frame.id)
    case 'credit':
      return head(TYPE.CREDIT, frame.id, frame.count)
  }
}

/** The same value, to be sent to each of all by itself. A copy. */
export const encodeToEach = (value: Uint8Array): Uint8Array => {
  const copy = value.slice()
  copy[0] = TYPE.EACH
  return copy
}

/** Flags and reasons are below 128, and so a varint the same as a byte. */
const head = (type: number, ...numbers: readonly number[]): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeUint8(encoder, type)
    for (const number of numbers) encoding.writeVarUint(encoder, number)
  })

const encodeAnswer = ({ id, isLast, number, payload }: AnswerFrame): Uint8Array => {
  const kind = (isLast ? ANSWER_FLAG.LAST : 0) | (payload === null ? 0 : ANSWER_FLAG.VALUE)
  const start = number === null ? head(TYPE.ANSWER, id, kind) : head(TYPE.ANSWER, id, kind | ANSWER_FLAG.NUMBER, number)
  return concatBytes(start, payload ?? new Uint8Array(0))
}

const encodeError = ({ id, reason, code, text }: ErrorFrame): Uint8Array => {
  const start = head(TYPE.ERROR, id, reason)
  if (reason !== REASON.THROWN) return start
  const texts = encoding.encode((encoder) => {
    encoding.writeVarUint8Array(encoder, encodeUtf8(code))
    encoding.writeVarUint8Array(encoder, encodeUtf8(text))
  })
  return concatBytes(start, texts)
}

/** Payloads are views, not copies. */
export const decodeChannelFrame = (bytes: Uint8Array): ChannelFrame => {
  const reader = new Reader(bytes)
  const type = reader.u8()
  switch (type) {
    case TYPE.VALUE:
    case TYPE.EACH:
      return { type: 'value', isToEach: type === TYPE.EACH, payload: reader.rest() }
    case TYPE.REQUEST:
      return readRequest(reader)
    case TYPE.ANSWER:
      return readAnswer(reader)
    case TYPE.ERROR:
      return readError(reader)
    case TYPE.CANCEL:
      return whole(reader, { type: 'cancel', id: reader.varint() })
    case TYPE.CREDIT:
      return whole(reader, { type: 'credit', id: reader.varint(), count: reader.varint() })
    default:
      throw new DecodeError('type not in use')
  }
}

const whole = <Frame>(reader: Reader, frame: Frame): Frame => {
  reader.end()
  return frame
}

const readFlags = (reader: Reader, known: number): number => {
  const flags = reader.u8()
  if ((flags & ~known) !== 0) throw new DecodeError('flags not in use')
  return flags
}

const readRequest = (reader: Reader): RequestFrame => {
  const id = reader.varint()
  const flags = readFlags(reader, REQUEST_FLAG.STREAM)
  return { type: 'request', id, isStream: flags === REQUEST_FLAG.STREAM, payload: reader.rest() }
}

const readAnswer = (reader: Reader): AnswerFrame => {
  const id = reader.varint()
  const flags = readFlags(reader, ANSWER_FLAG.LAST | ANSWER_FLAG.VALUE | ANSWER_FLAG.NUMBER)
  const isLast = (flags & ANSWER_FLAG.LAST) !== 0
  const number = (flags & ANSWER_FLAG.NUMBER) === 0 ? null : reader.varint()
  if ((flags & ANSWER_FLAG.VALUE) !== 0) return { type: 'answer', id, isLast, number, payload: reader.rest() }
  if (!isLast) throw new DecodeError('answer of nothing')
  return whole(reader, { type: 'answer', id, isLast, number, payload: null })
}

const readError = (reader: Reader): ErrorFrame => {
  const id = reader.varint()
  const number = reader.u8()
  const reason = Object.values(REASON).find((known) => known === number) ?? REASON.FAILED
  // What a later version adds may have more to say.
  if (reason !== REASON.THROWN) return { type: 'error', id, reason, code: '', text: '' }
  const code = readText(reader, MAX_ERROR_CODE_LENGTH)
  if (code === '') throw new DecodeError('error without a code')
  return whole(reader, { type: 'error', id, reason, code, text: readText(reader, MAX_ERROR_TEXT_LENGTH) })
}

const readText = (reader: Reader, maxLength: number): string => {
  const text = reader.text(maxLength * UNIT_BYTES)
  if (text.length > maxLength) throw new DecodeError('too long')
  return text
}
