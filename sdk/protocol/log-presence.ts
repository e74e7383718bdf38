import * as encoding from 'lib0/encoding'
import { DecodeError } from './decode-error.js'
import { PRESENCE_BLOCKS } from './limits.js'
import { Reader } from './reader.js'

/**
 * PRESENCE = version u8 = 1 | bytes u64 | bits, up to 4,096 bytes, the last of which is not 0
 *
 * Which of 32,768 blocks are here, lowest bit first, and the bytes of those together; on the writer's device which are not.
 */
const VERSION = 1
const BITS_BYTES = PRESENCE_BLOCKS / 8

export interface LogPresence {
  /** Of the blocks whose bits are 1. */
  readonly bytes: number
  readonly bits: Uint8Array
}

export const encodeLogPresence = ({ bytes, bits }: LogPresence): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeUint8(encoder, VERSION)
    encoding.writeUint32(encoder, bytes >>> 0)
    encoding.writeUint32(encoder, Math.floor(bytes / 0x1_0000_0000))
    const length = bits.findLastIndex((byte) => byte !== 0) + 1
    encoding.writeUint8Array(encoder, bits.subarray(0, length))
  })

/** Its bits are a copy, as long as they are stored. */
export const decodeLogPresence = (stored: Uint8Array): LogPresence => {
  const reader = new Reader(stored)
  if (reader.u8() !== VERSION) throw new DecodeError('unknown log presence version')
  const bytes = reader.u64()
  if (reader.left > BITS_BYTES) throw new DecodeError('too many bits')
  const bits = reader.rest().slice()
  if (bits.at(-1) === 0) throw new DecodeError('a last byte without bits')
  return { bytes, bits }
}
