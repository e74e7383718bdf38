import * as encoding from 'lib0/encoding'
import { DecodeError } from './decode-error.js'
import { MAX_LOG_BLOCKS, SIGNATURE_BYTES } from './limits.js'
import { Reader } from './reader.js'

/**
 * HEAD = version u8 = 1 | key 32 | size u64 | root 32 | signature 64
 *
 * What the writer of a log says of it: so many blocks it has, at least one, and this is the root of their tree. The signature
 * is over all before it.
 */
const VERSION = 1
const KEY_BYTES = 32
const ROOT_BYTES = 32
export const LOG_HEAD_BYTES = 1 + KEY_BYTES + 8 + ROOT_BYTES + SIGNATURE_BYTES

export interface LogHead {
  /** The public key of the log's writer, by which the log is known. */
  readonly key: Uint8Array
  readonly size: number
  readonly root: Uint8Array
}

export interface SignedLogHead extends LogHead {
  readonly signature: Uint8Array
  /** The bytes that the signature covers. */
  readonly body: Uint8Array
}

/** What is signed; the head is this and the signature. */
export const encodeLogHeadBody = (head: LogHead): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeUint8(encoder, VERSION)
    encoding.writeUint8Array(encoder, head.key)
    encoding.writeUint32(encoder, head.size >>> 0)
    encoding.writeUint32(encoder, Math.floor(head.size / 0x1_0000_0000))
    encoding.writeUint8Array(encoder, head.root)
  })

/** Its bytes are views of `bytes`. Whether the signature is genuine is not looked at. */
export const decodeLogHead = (bytes: Uint8Array): SignedLogHead => {
  const reader = new Reader(bytes)
  if (reader.u8() !== VERSION) throw new DecodeError('unknown log head version')
  const key = reader.bytes(KEY_BYTES)
  const size = reader.u64()
  if (size < 1 || size > MAX_LOG_BLOCKS) throw new DecodeError('bad log size')
  const root = reader.bytes(ROOT_BYTES)
  const body = bytes.subarray(0, reader.position)
  const signature = reader.bytes(SIGNATURE_BYTES)
  reader.end()
  return { key, size, root, signature, body }
}
