import { describe, expect, it } from 'vitest'
import {
  compareBytes,
  concatBytes,
  decodeUtf8,
  decodeUtf8Lossy,
  encodeUtf8,
  equalBytes,
} from '../../../sdk/util/bytes.js'

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('UTF-8', () => {
  it('goes there and back, a leading byte order mark and nulls included', () => {
    for (const text of ['', 'plain', 'Zoë \u{1f9f6}', '\ufeffmarked', 'a\0b']) {
      expect(decodeUtf8(encodeUtf8(text))).toBe(text)
      expect(decodeUtf8Lossy(encodeUtf8(text))).toBe(text)
    }
  })

  it('decodeUtf8 refuses what is not UTF-8, which decodeUtf8Lossy replaces', () => {
    for (const wrong of [bytes(0xff), bytes(0xc3), bytes(0xc0, 0x80), bytes(0xed, 0xa0, 0x80)]) {
      expect(() => decodeUtf8(wrong)).toThrow(TypeError)
      expect(decodeUtf8Lossy(wrong)).toMatch(/^\ufffd+$/)
    }
  })
})

describe('concatBytes', () => {
  it('joins any number of parts', () => {
    expect(concatBytes()).toEqual(bytes())
    expect(concatBytes(bytes(1), bytes(), bytes(2, 3))).toEqual(bytes(1, 2, 3))
  })

  it('copies', () => {
    const part = bytes(1)
    const joined = concatBytes(part)
    part[0] = 9
    expect(joined).toEqual(bytes(1))
  })
})

describe('compareBytes and equalBytes', () => {
  it('order bytewise as unsigned numbers, a prefix first', () => {
    const sorted = [bytes(), bytes(0), bytes(0, 0), bytes(0, 255), bytes(1), bytes(127, 9), bytes(128), bytes(255)]
    for (const [i, a] of sorted.entries()) {
      for (const [j, b] of sorted.entries()) {
        expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(i - j))
        expect(equalBytes(a, b)).toBe(i === j)
      }
    }
  })
})
