import * as encoding from 'lib0/encoding'
import { DecodeError } from './decode-error.js'
import { LOG_KEY_BYTES, MAX_LOG_BLOCKS, MAX_SHARED_WRITERS } from './limits.js'
import { Reader } from './reader.js'

/**
 * A block of one of the logs that make a shared one:
 *
 * version u8 = 1 | code u8 | n varint | n times (log key 32 | length varint) | what the code says
 *
 * 1 value: a value (any-value.ts) | 2 authorises: log key 32 | 3 authorises as one who authorises: log key 32
 * 4 revokes: log key 32 | length varint
 */
const VERSION = 1
const CODE = { VALUE: 1, AUTHORIZE: 2, ADMIT_ADMIN: 3, REVOKE: 4 } as const

/** How much of a log the writer of an entry had seen, when that is more than its entry before says. */
export interface SeenLog {
  readonly key: Uint8Array
  /** In blocks, at least 1. */
  readonly length: number
}

export type SharedAction =
  | { readonly type: 'value'; readonly value: Uint8Array }
  | { readonly type: 'authorize'; readonly key: Uint8Array; readonly isAdmin: boolean }
  /** Blocks of that log from `length` on do not count. */
  | { readonly type: 'revoke'; readonly key: Uint8Array; readonly length: number }

export interface SharedEntry {
  readonly seen: readonly SeenLog[]
  readonly action: SharedAction
}

const codeOf = (action: SharedAction): number => {
  if (action.type === 'value') return CODE.VALUE
  if (action.type === 'revoke') return CODE.REVOKE
  return action.isAdmin ? CODE.ADMIT_ADMIN : CODE.AUTHORIZE
}

export const encodeSharedEntry = ({ seen, action }: SharedEntry): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeUint8(encoder, VERSION)
    encoding.writeUint8(encoder, codeOf(action))
    encoding.writeVarUint(encoder, seen.length)
    for (const { key, length } of seen) {
      encoding.writeUint8Array(encoder, key)
      encoding.writeVarUint(encoder, length)
    }
    encoding.writeUint8Array(encoder, action.type === 'value' ? action.value : action.key)
    if (action.type === 'revoke') encoding.writeVarUint(encoder, action.length)
  })

/** Its bytes are views of `bytes`. Whether a value can be read is not looked at. */
export const decodeSharedEntry = (bytes: Uint8Array): SharedEntry => {
  const reader = new Reader(bytes)
  if (reader.u8() !== VERSION) throw new DecodeError('unknown version of an entry')
  const code = reader.u8()
  const count = reader.varint()
  if (count > MAX_SHARED_WRITERS) throw new DecodeError('too many logs')
  const seen: SeenLog[] = []
  for (let at = 0; at < count; at++) seen.push({ key: reader.bytes(LOG_KEY_BYTES), length: readLength(reader, 1) })
  const action = readAction(code, reader)
  reader.end()
  return { seen, action }
}

const readLength = (reader: Reader, least: number): number => {
  const length = reader.varint()
  if (length < least || length > MAX_LOG_BLOCKS) throw new DecodeError('no length of a log')
  return length
}

const readAction = (code: number, reader: Reader): SharedAction => {
  switch (code) {
    case CODE.VALUE:
      return { type: 'value', value: reader.rest() }
    case CODE.AUTHORIZE:
    case CODE.ADMIT_ADMIN:
      return { type: 'authorize', key: reader.bytes(LOG_KEY_BYTES), isAdmin: code === CODE.ADMIT_ADMIN }
    case CODE.REVOKE:
      return { type: 'revoke', key: reader.bytes(LOG_KEY_BYTES), length: readLength(reader, 0) }
    default:
      throw new DecodeError('unknown code')
  }
}
