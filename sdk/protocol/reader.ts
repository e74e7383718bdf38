import * as decoding from 'lib0/decoding'
import { decodeUtf8 } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'

/** 2^53 - 1, seven bits a byte. */
const MAX_VARINT_BYTES = 8

/** Reads primitives off bytes and never past their end: whatever is wrong with them is a `DecodeError`. */
export class Reader {
  readonly #decoder: decoding.Decoder

  constructor(bytes: Uint8Array) {
    this.#decoder = decoding.createDecoder(bytes)
  }

  get left(): number {
    return this.#decoder.arr.length - this.#decoder.pos
  }

  get position(): number {
    return this.#decoder.pos
  }

  u8(): number {
    this.#need(1)
    return decoding.readUint8(this.#decoder)
  }

  u16(): number {
    this.#need(2)
    return decoding.readUint16(this.#decoder)
  }

  u32(): number {
    this.#need(4)
    return decoding.readUint32(this.#decoder)
  }

  /** Little-endian, at most 2^53 - 1. */
  u64(): number {
    this.#need(8)
    const low = decoding.readUint32(this.#decoder)
    const high = decoding.readUint32(this.#decoder)
    if (high > 0x1f_ffff) throw new DecodeError('number above 2^53')
    return high * 0x1_0000_0000 + low
  }

  /** LEB128, at most 2^53 - 1. */
  varint(): number {
    const from = this.position
    const value = this.#varUint()
    // Beyond that only zeros can follow, and from some length on lib0 makes NaN of them.
    if (this.position - from > MAX_VARINT_BYTES) throw new DecodeError('varint too long')
    return value
  }

  #varUint(): number {
    try {
      return decoding.readVarUint(this.#decoder)
    } catch {
      // lib0 throws plain errors, for an end too soon and for numbers beyond 2^53.
      throw new DecodeError('bad varint')
    }
  }

  /** lib0's signed varint: six bits and the sign in its first byte. Within 2^53 - 1 either way; may be -0. */
  signedVarint(): number {
    // lib0 takes an end right here for zero.
    this.#need(1)
    const from = this.position
    const value = this.#varInt()
    if (this.position - from > MAX_VARINT_BYTES) throw new DecodeError('varint too long')
    if (!Number.isSafeInteger(value)) throw new DecodeError('bad varint')
    return value
  }

  #varInt(): number {
    try {
      return decoding.readVarInt(this.#decoder)
    } catch {
      throw new DecodeError('bad varint')
    }
  }

  f32(): number {
    this.#need(4)
    return decoding.readFloat32(this.#decoder)
  }

  f64(): number {
    this.#need(8)
    return decoding.readFloat64(this.#decoder)
  }

  /** Big-endian. */
  i64(): bigint {
    this.#need(8)
    return decoding.readBigInt64(this.#decoder) as bigint
  }

  /** A view of the next `size` bytes, not a copy. */
  bytes(size: number): Uint8Array {
    this.#need(size)
    return decoding.readUint8Array(this.#decoder, size)
  }

  /** Bytes behind their varint length, at most `max`. */
  prefixed(max: number): Uint8Array {
    const size = this.varint()
    if (size > max) throw new DecodeError('too long')
    return this.bytes(size)
  }

  /** UTF-8 behind its length in bytes, at most `max`; anything else in there is a `DecodeError`. */
  text(max: number): string {
    const bytes = this.prefixed(max)
    try {
      return decodeUtf8(bytes)
    } catch {
      throw new DecodeError('not UTF-8')
    }
  }

  rest(): Uint8Array {
    return this.bytes(this.left)
  }

  end(): void {
    if (this.left !== 0) throw new DecodeError('trailing bytes')
  }

  #need(size: number): void {
    if (this.left < size) throw new DecodeError('too short')
  }
}
