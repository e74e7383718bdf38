import * as encoding from 'lib0/encoding'
import { encodeUtf8 } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { MAX_VALUE_DEPTH, MAX_VALUE_PARTS } from './limits.js'
import { Reader } from './reader.js'

/**
 * value = tag u8 | what the tag says, as lib0's Any:
 *
 * 127 undefined | 126 null | 121 false | 120 true
 * 125 whole number up to 2^31 - 1 either way: signed varint
 * 124 other number: f32, where that is exact | 123 f64, big-endian both
 * 122 bigint: i64, big-endian
 * 119 string: size varint | UTF-8
 * 118 object: count varint | count x (key: size varint | UTF-8, then value)
 * 117 array: count varint | count x value
 * 116 bytes: size varint | bytes
 *
 * lib0's own reader recurses as deep as it is told to, sets `__proto__` and reads past the end; hence this one.
 */
const TAG = {
  UNDEFINED: 127,
  NULL: 126,
  INTEGER: 125,
  FLOAT32: 124,
  FLOAT64: 123,
  BIGINT: 122,
  FALSE: 121,
  TRUE: 120,
  STRING: 119,
  OBJECT: 118,
  ARRAY: 117,
  BYTES: 116,
} as const

/** Setting it changes what an object is, here or in whatever merges it into another. */
const FORBIDDEN_KEY = '__proto__'
const MAX_INTEGER = 0x7fff_ffff

/** The value takes more than it may: what encodes it names the limit. */
export class ValueTooLarge extends Error {
  override readonly name = 'ValueTooLarge'
}

/**
 * Copies a value into bytes: JSON's values, and `undefined`, bigints of 64 bits, `Uint8Array`s. Lone surrogates become
 * U+FFFD; symbol keys go unnoticed, as in JSON. Throws a `TypeError` for all else, which would arrive as something
 * different: functions, symbols, instances of classes, the key `__proto__`, cycles, a depth above 64, more than 1,048,576
 * parts; and `ValueTooLarge` beyond `maxBytes`.
 */
export const encodeValue = (value: unknown, maxBytes: number): Uint8Array => {
  const writer = new ValueWriter(maxBytes)
  writer.write(value)
  return writer.finish()
}

class ValueWriter {
  readonly #encoder = encoding.createEncoder()
  readonly #maxBytes: number
  /** What is being written, outermost first. */
  readonly #around: object[] = []
  #parts = 0
  /** At least as many bytes are written. */
  #leastBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  finish(): Uint8Array {
    if (encoding.length(this.#encoder) > this.#maxBytes) throw new ValueTooLarge()
    return encoding.toUint8Array(this.#encoder)
  }

  write(value: unknown): void {
    // Not merely at the end: what is shared between many objects is written again in each.
    if (++this.#parts > MAX_VALUE_PARTS) throw new TypeError(`value has more than ${MAX_VALUE_PARTS} parts`)
    this.#grow(1)
    switch (typeof value) {
      case 'undefined':
        return this.#tag(TAG.UNDEFINED)
      case 'boolean':
        return this.#tag(value ? TAG.TRUE : TAG.FALSE)
      case 'string':
        this.#tag(TAG.STRING)
        return this.#text(value)
      case 'number':
        return this.#number(value)
      case 'bigint':
        return this.#bigint(value)
      case 'object':
        return value === null ? this.#tag(TAG.NULL) : this.#object(value)
      default:
        throw new TypeError(`value contains a ${typeof value}`)
    }
  }

  #grow(bytes: number): void {
    this.#leastBytes += bytes
    if (this.#leastBytes > this.#maxBytes) throw new ValueTooLarge()
  }

  #tag(tag: number): void {
    encoding.writeUint8(this.#encoder, tag)
  }

  #text(text: string): void {
    // No UTF-16 unit takes less than a byte, so what is too long already need not be encoded to know it.
    this.#grow(text.length)
    encoding.writeVarUint8Array(this.#encoder, encodeUtf8(text))
  }

  #number(value: number): void {
    if (Number.isInteger(value) && Math.abs(value) <= MAX_INTEGER) {
      this.#tag(TAG.INTEGER)
      encoding.writeVarInt(this.#encoder, value)
    } else if (Math.fround(value) === value) {
      this.#tag(TAG.FLOAT32)
      encoding.writeFloat32(this.#encoder, value)
    } else {
      this.#tag(TAG.FLOAT64)
      encoding.writeFloat64(this.#encoder, value)
    }
  }

  #bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw new TypeError('value contains a bigint beyond 64 bits')
    this.#tag(TAG.BIGINT)
    encoding.writeBigInt64(this.#encoder, value)
  }

  #object(value: object): void {
    if (isUint8Array(value)) {
      this.#grow(value.length)
      this.#tag(TAG.BYTES)
      encoding.writeVarUint8Array(this.#encoder, value)
      return
    }
    if (this.#around.includes(value)) throw new TypeError('value contains itself')
    if (this.#around.length === MAX_VALUE_DEPTH) throw new TypeError(`value is more than ${MAX_VALUE_DEPTH} deep`)
    this.#around.push(value)
    if (Array.isArray(value)) this.#array(value)
    else this.#fields(value)
    this.#around.pop()
  }

  #array(items: readonly unknown[]): void {
    this.#tag(TAG.ARRAY)
    // Read once: a getter among the items may change it.
    const { length } = items
    encoding.writeVarUint(this.#encoder, length)
    for (let i = 0; i < length; i++) this.write(items[i])
  }

  #fields(value: object): void {
    if (!isPlainObject(value)) {
      const type = Object.prototype.toString.call(value).slice(8, -1)
      throw new TypeError(`value contains an object that is neither plain, an array nor a Uint8Array: ${type}`)
    }
    const keys = Object.keys(value)
    this.#tag(TAG.OBJECT)
    encoding.writeVarUint(this.#encoder, keys.length)
    for (const key of keys) {
      if (key === FORBIDDEN_KEY) throw new TypeError(`value contains the key "${FORBIDDEN_KEY}"`)
      this.#text(key)
      this.write(value[key])
    }
  }
}

/** Those of other realms (frames, test environments) count too. */
const isUint8Array = (value: object): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'

/** Made by braces, in whatever realm, or without a prototype. */
export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * Reads what `encodeValue` writes, and nothing else. `Uint8Array`s in it have buffers of their own. Of a key that comes
 * twice the last counts, as in JSON.
 */
export const decodeValue = (bytes: Uint8Array): unknown => {
  const reader = new ValueReader(bytes)
  const value = reader.read(0)
  reader.end()
  return value
}

class ValueReader {
  readonly #reader: Reader
  readonly #size: number
  #parts = 0

  constructor(bytes: Uint8Array) {
    this.#reader = new Reader(bytes)
    this.#size = bytes.length
  }

  end(): void {
    this.#reader.end()
  }

  /** `depth`: arrays and objects around it. */
  read(depth: number): unknown {
    if (++this.#parts > MAX_VALUE_PARTS) throw new DecodeError('too many parts')
    const tag = this.#reader.u8()
    switch (tag) {
      case TAG.UNDEFINED:
        return undefined
      case TAG.NULL:
        return null
      case TAG.INTEGER:
        return this.#reader.signedVarint()
      case TAG.FLOAT32:
        return this.#reader.f32()
      case TAG.FLOAT64:
        return this.#reader.f64()
      case TAG.BIGINT:
        return this.#reader.i64()
      case TAG.FALSE:
        return false
      case TAG.TRUE:
        return true
      case TAG.STRING:
        return this.#reader.text(this.#size)
      case TAG.OBJECT:
        return this.#object(depth)
      case TAG.ARRAY:
        return this.#array(depth)
      case TAG.BYTES:
        return this.#reader.prefixed(this.#size).slice()
      default:
        throw new DecodeError('tag not in use')
    }
  }

  /** Of items that take at least so many bytes each; nothing is held for them before they are there. */
  #count(depth: number, leastBytes: number): number {
    if (depth === MAX_VALUE_DEPTH) throw new DecodeError('too deep')
    const count = this.#reader.varint()
    if (count * leastBytes > this.#reader.left) throw new DecodeError('too short')
    return count
  }

  #array(depth: number): unknown[] {
    const count = this.#count(depth, 1)
    const items: unknown[] = []
    for (let i = 0; i < count; i++) items.push(this.read(depth + 1))
    return items
  }

  #object(depth: number): Record<string, unknown> {
    const count = this.#count(depth, 2)
    const fields: Record<string, unknown> = {}
    for (let i = 0; i < count; i++) {
      const key = this.#reader.text(this.#size)
      if (key === FORBIDDEN_KEY) throw new DecodeError('forbidden key')
      fields[key] = this.read(depth + 1)
    }
    return fields
  }
}
