import { createCipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../../sdk/util/bytes.js'
import { createSuite, hex, unhex } from './setup.js'

const key = unhex('42'.repeat(32))
const ad = unhex('0102')
const plaintext = unhex('00112233445566')

const flipBit = (bytes: Uint8Array, bit: number): Uint8Array => {
  const flipped = bytes.slice()
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
  return flipped
}

describe('seal', () => {
  it('is ChaCha20-Poly1305 under four zero bytes and the counter, as OpenSSL makes it', () => {
    for (const counter of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER]) {
      const nonce = Buffer.alloc(12)
      nonce.writeBigUInt64LE(BigInt(counter), 4)
      const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
      cipher.setAAD(ad, { plaintextLength: plaintext.length })
      const expected = concatBytes(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
      expect(hex(createSuite('any').seal(key, counter, ad, plaintext))).toBe(hex(expected))
    }
  })

  it('takes only counters that are whole and exact', () => {
    const suite = createSuite('any')
    for (const counter of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => suite.seal(key, counter, ad, plaintext)).toThrow(RangeError)
      expect(() => suite.open(key, counter, ad, plaintext)).toThrow(RangeError)
    }
  })
})

describe('open', () => {
  const suite = createSuite('any')
  const sealed = suite.seal(key, 5, ad, plaintext)

  it('gives back what was sealed, an empty text as well', () => {
    expect(suite.open(key, 5, ad, sealed)).toEqual(plaintext)
    const none = new Uint8Array()
    expect(suite.open(key, 6, none, suite.seal(key, 6, none, none))).toEqual(none)
  })

  it('answers null when anything differs', () => {
    expect(suite.open(unhex('43'.repeat(32)), 5, ad, sealed)).toBeNull()
    expect(suite.open(key, 6, ad, sealed)).toBeNull()
    expect(suite.open(key, 5, unhex('0103'), sealed)).toBeNull()
    for (let bit = 0; bit < sealed.length * 8; bit++) expect(suite.open(key, 5, ad, flipBit(sealed, bit))).toBeNull()
  })

  it('answers null for any length but the right one, of text and key', () => {
    for (let size = 0; size < sealed.length; size++) expect(suite.open(key, 5, ad, sealed.subarray(0, size))).toBeNull()
    expect(suite.open(key, 5, ad, concatBytes(sealed, unhex('00')))).toBeNull()
    for (const size of [0, 31, 33]) expect(suite.open(new Uint8Array(size), 5, ad, sealed)).toBeNull()
  })
})

describe('sealRandom and openRandom', () => {
  const suite = createSuite('any')
  const sealed = suite.sealRandom(key, ad, plaintext)

  it('adds 40 bytes and opens again', () => {
    expect(sealed.length).toBe(plaintext.length + 40)
    expect(suite.openRandom(key, ad, sealed)).toEqual(plaintext)
  })

  it('never seals the same text alike', () => {
    expect(hex(suite.sealRandom(key, ad, plaintext))).not.toBe(hex(sealed))
  })

  it('leads with the nonce that the random source gave', () => {
    expect(createSuite('same').sealRandom(key, ad, plaintext).subarray(0, 24)).toEqual(createSuite('same').random(24))
  })

  it('answers null when anything differs', () => {
    expect(suite.openRandom(unhex('43'.repeat(32)), ad, sealed)).toBeNull()
    expect(suite.openRandom(key, unhex('0103'), sealed)).toBeNull()
    for (let bit = 0; bit < sealed.length * 8; bit++) expect(suite.openRandom(key, ad, flipBit(sealed, bit))).toBeNull()
    for (let size = 0; size < sealed.length; size++)
      expect(suite.openRandom(key, ad, sealed.subarray(0, size))).toBeNull()
    for (const size of [0, 31, 33]) expect(suite.openRandom(new Uint8Array(size), ad, sealed)).toBeNull()
  })
})
