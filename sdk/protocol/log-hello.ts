import * as encoding from 'lib0/encoding'
import { DecodeError } from './decode-error.js'
import { LOG_KEY_BYTES, MAX_LISTED_LOGS } from './limits.js'
import { Reader } from './reader.js'

/**
 * What a member of a group that has logs says to the others:
 *
 * version u8 = 1 | flags u8 (1: an answer) | instance varint | up to 1,024 times log key 32
 */
const VERSION = 1
const ANSWER = 1

export interface LogHello {
  /** To a hello that the other side had begun with: it wants none itself. */
  readonly isAnswer: boolean
  /** Greater than what the same member has said before it began anew. */
  readonly instance: number
  /** The logs that the member lists, at most 1,024. */
  readonly keys: readonly Uint8Array[]
}

export const encodeLogHello = ({ isAnswer, instance, keys }: LogHello): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeUint8(encoder, VERSION)
    encoding.writeUint8(encoder, isAnswer ? ANSWER : 0)
    encoding.writeVarUint(encoder, instance)
    for (const key of keys) encoding.writeUint8Array(encoder, key)
  })

/** The keys are views of `bytes`. */
export const decodeLogHello = (bytes: Uint8Array): LogHello => {
  const reader = new Reader(bytes)
  if (reader.u8() !== VERSION) throw new DecodeError('unknown version of a log hello')
  const flags = reader.u8()
  if (flags > ANSWER) throw new DecodeError('unknown flags')
  const instance = reader.varint()
  if (reader.left > MAX_LISTED_LOGS * LOG_KEY_BYTES) throw new DecodeError('too many logs')
  const keys: Uint8Array[] = []
  while (reader.left > 0) keys.push(reader.bytes(LOG_KEY_BYTES))
  return { isAnswer: flags === ANSWER, instance, keys }
}

/** The name of the stream of a link: of which instance of its sender, and to which of its recipient. */
export const logStreamName = (from: number, to: number): string => `${from} ${to}`

/** `null` for what is none. */
export const parseLogStreamName = (name: string): { readonly from: number; readonly to: number } | null => {
  const match = /^([1-9][0-9]{0,15}) ([1-9][0-9]{0,15})$/.exec(name)
  return match === null ? null : { from: Number(match[1]), to: Number(match[2]) }
}
