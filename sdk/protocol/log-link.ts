import * as encoding from 'lib0/encoding'
import { concatBytes } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { LOG_NONCE_BYTES, MAX_MEMBER_FRAME_BYTES } from './limits.js'
import { Reader } from './reader.js'

/**
 * Of many logs between two devices over any stream of bytes: messages behind their length as u32, at most 65,519 bytes, and in them
 *
 * first, once      version u8 = 1 | nonce 32
 * then             channel varint | a frame of one log (log-frames.ts), or nothing: the channel is closed
 */
const VERSION = 1
const LENGTH_BYTES = 4

/** What one of the two makes up for this stream alone. */
export const encodeLogLinkHello = (nonce: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(VERSION), nonce)

export const decodeLogLinkHello = (bytes: Uint8Array): Uint8Array => {
  const reader = new Reader(bytes)
  if (reader.u8() !== VERSION) throw new DecodeError('unknown version of a link between logs')
  const nonce = reader.bytes(LOG_NONCE_BYTES)
  reader.end()
  return nonce
}

export interface LogLinkMessage {
  /** By which its sender knows the log. */
  readonly channel: number
  /** Empty when nothing more is said on the channel. */
  readonly frame: Uint8Array
}

/** In parts, for `framed`: what is large is copied once. */
export const encodeLogLinkMessage = (channel: number, ...frame: readonly Uint8Array[]): readonly Uint8Array[] => [
  encoding.encode((encoder) => encoding.writeVarUint(encoder, channel)),
  ...frame,
]

/** Its bytes are views of `bytes`. */
export const decodeLogLinkMessage = (bytes: Uint8Array): LogLinkMessage => {
  const reader = new Reader(bytes)
  return { channel: reader.varint(), frame: reader.rest() }
}

/** A message, which these are the parts of, behind its length. */
export const framed = (...parts: readonly Uint8Array[]): Uint8Array => {
  const length = new Uint8Array(LENGTH_BYTES)
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  new DataView(length.buffer).setUint32(0, size, true)
  return concatBytes(length, ...parts)
}

/** Parts a stream into messages, however it is cut into chunks. Holds one message at most, and never more than has come. */
export class LogMessages {
  #parts: Uint8Array[] = []
  #size = 0

  /** The messages that are whole with this. Throws a `DecodeError` for one that is too long or empty. */
  add(chunk: Uint8Array): Uint8Array[] {
    this.#parts.push(chunk)
    this.#size += chunk.length
    const messages: Uint8Array[] = []
    if (this.#size < this.#needed()) return messages
    const [first] = this.#parts
    let rest = this.#parts.length === 1 && first !== undefined ? first : concatBytes(...this.#parts)
    for (let needed = lengthOf(rest); rest.length >= needed; needed = lengthOf(rest)) {
      messages.push(rest.subarray(LENGTH_BYTES, needed))
      rest = rest.subarray(needed)
    }
    this.#parts = rest.length === 0 ? [] : [rest]
    this.#size = rest.length
    return messages
  }

  /** With its length; all that there is when not even that is known. */
  #needed(): number {
    const [first] = this.#parts
    return first === undefined || first.length < LENGTH_BYTES ? 0 : lengthOf(first)
  }
}

/** Of the first message with its length; Infinity when that is not known yet. */
const lengthOf = (bytes: Uint8Array): number => {
  if (bytes.length < LENGTH_BYTES) return Infinity
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (length < 1 || length > MAX_MEMBER_FRAME_BYTES) throw new DecodeError('bad message length')
  return LENGTH_BYTES + length
}
