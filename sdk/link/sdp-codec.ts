/**
 * Packs SDP: known pieces of text become one byte each, with what fills their holes behind it in binary; any other text
 * goes as it is. PROTOCOL.md section 6.3 has the layout.
 */
import { DecodeError } from '../protocol/decode-error.js'
import { MAX_DESCRIPTION_BYTES } from '../protocol/limits.js'
import { Reader } from '../protocol/reader.js'
import { decodeUtf8, encodeUtf8 } from '../util/bytes.js'
import { SDP_PIECES } from './sdp-pieces.js'

/** Something variable inside a piece: what it looks like, and its bytes. */
interface Hole {
  readonly pattern: string
  readonly write: (text: string) => readonly number[]
  readonly read: (reader: Reader) => string
}

interface Piece {
  /** What is before each hole, and after the last one. */
  readonly texts: readonly string[]
  readonly holes: readonly Hole[]
  readonly pattern: RegExp
}

/** Before text that is in no piece. */
const PLAIN = 0
/** As many as 64 bits take; session ids have 63. */
const MAX_NUMBER_BYTES = 10

const writeNumber = (value: bigint): readonly number[] =>
  value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...writeNumber(value >> 7n)]

const readNumber = (reader: Reader): bigint => {
  let value = 0n
  for (let size = 0; size < MAX_NUMBER_BYTES; size++) {
    const byte = reader.u8()
    value |= BigInt(byte & 127) << BigInt(7 * size)
    if (byte < 128) return value
  }
  throw new DecodeError('number too long')
}

const writeHex = (text: string): readonly number[] =>
  Array.from(text.match(/\w\w/g) ?? [], (byte) => parseInt(byte, 16))

const readHex = (bytes: Uint8Array, separator = ''): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(separator)

const prefixed = (bytes: readonly number[]): readonly number[] => [bytes.length, ...bytes]

// Patterns let through a little more than can be rebuilt: packSdp compares.
const HOLES: Readonly<Record<string, Hole>> = {
  n: {
    pattern: '(?:0|[1-9]\\d{0,18})',
    write: (text) => writeNumber(BigInt(text)),
    read: (reader) => readNumber(reader).toString(),
  },
  b: {
    pattern: '(?:[A-Za-z0-9+/]{4}){1,80}',
    write: (text) => prefixed(Array.from(atob(text), (character) => character.charCodeAt(0))),
    read: (reader) => btoa(String.fromCharCode(...reader.bytes(reader.u8()))),
  },
  h: {
    pattern: '(?:[0-9a-f]{2}){1,255}',
    write: (text) => prefixed(writeHex(text)),
    read: (reader) => readHex(reader.bytes(reader.u8())),
  },
  f: {
    pattern: '(?:[0-9A-F]{2}:){31}[0-9A-F]{2}',
    write: writeHex,
    read: (reader) => readHex(reader.bytes(32), ':').toUpperCase(),
  },
  u: {
    pattern: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
    write: writeHex,
    read: (reader) => readHex(reader.bytes(16)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  },
  4: {
    pattern: '\\d{1,3}(?:\\.\\d{1,3}){3}',
    write: (text) => text.split('.').map(Number),
    read: (reader) => reader.bytes(4).join('.'),
  },
  // Group by group, so that every way of shortening comes back as it was; 0 stands for an empty group.
  6: {
    pattern: '[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}',
    write: (text) => {
      const groups = text.split(':').map((group) => (group === '' ? 0n : BigInt(`0x${group}`) + 1n))
      return [groups.length, ...groups.flatMap(writeNumber)]
    },
    read: (reader) => {
      const groups = Array.from({ length: reader.u8() }, () => readNumber(reader))
      return groups.map((group) => (group === 0n ? '' : (group - 1n).toString(16))).join(':')
    },
  },
}

const compile = (piece: string): Piece => {
  const parts = piece.split(/\{(.)\}/)
  const texts = parts.filter((_, index) => index % 2 === 0)
  const holes = parts.filter((_, index) => index % 2 === 1).map((name) => HOLES[name] as Hole)
  const patterns = texts.map((text, at) => {
    const escaped = text.replace(/[.*+/]/g, '\\$&')
    return at < holes.length ? `${escaped}(${holes[at]?.pattern ?? ''})` : escaped
  })
  return { texts, holes, pattern: new RegExp(patterns.join(''), 'y') }
}

const pieces = SDP_PIECES.map(compile)

/** `null` where {@link unpackSdp} would not give back this very text, or where that would save nothing. */
export const packSdp = (text: string): Uint8Array | null => {
  const bytes: number[] = []
  for (let at = 0; at < text.length;) {
    const [code, match] = findPiece(text, at)
    if (match === null) {
      const end = text.indexOf('\n', at) + 1 || text.length
      const plain = encodeUtf8(text.slice(at, end))
      bytes.push(PLAIN, ...writeNumber(BigInt(plain.length)), ...plain)
      at = end
    } else {
      bytes.push(code)
      pieces[code - 1]?.holes.forEach((hole, index) => bytes.push(...hole.write(match[index + 1] as string)))
      at += match[0].length
    }
  }
  const packed = Uint8Array.from(bytes)
  return packed.length < text.length && unpackSdp(new Reader(packed)) === text ? packed : null
}

const findPiece = (text: string, at: number): [code: number, match: RegExpExecArray] | [code: 0, match: null] => {
  for (const [index, { pattern }] of pieces.entries()) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) return [index + 1, match]
  }
  return [PLAIN, null]
}

/** Takes all that is left to read. Throws a {@link DecodeError} and nothing else; takes no more memory than its limit. */
export const unpackSdp = (reader: Reader): string => {
  let text = ''
  while (reader.left > 0) {
    const code = reader.u8()
    if (code === PLAIN) text += readUtf8(reader.prefixed(MAX_DESCRIPTION_BYTES))
    else {
      const piece = pieces[code - 1]
      if (piece === undefined) throw new DecodeError(`unknown piece ${code}`)
      piece.texts.forEach((part, index) => (text += part + (piece.holes[index]?.read(reader) ?? '')))
    }
    // Few bytes make much text.
    if (text.length > MAX_DESCRIPTION_BYTES) throw new DecodeError('longer than any description')
  }
  return text
}

export const readUtf8 = (bytes: Uint8Array): string => {
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw new DecodeError('not UTF-8', { cause })
  }
}
