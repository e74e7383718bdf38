import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadSodium, logKeysOf } from '../../sdk/crypto/index.js'
import { signStoreList, verifyStoreList } from '../../sdk/crypto/store.js'
import { DecodeError } from '../../sdk/protocol/decode-error.js'
import { decodeStoreEntry, encodeStoreEntry } from '../../sdk/protocol/store-entry.js'
import { decodeStoreRecord, encodeStoreRecord } from '../../sdk/protocol/store-record.js'
import { encodeUtf8 } from '../../sdk/util/bytes.js'
import { storeLogs } from '../support/log-formats.js'

const sodium = await loadSodium()
const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
const key = 'A'.repeat(43)
const entry = (value: object): Uint8Array => encodeUtf8(JSON.stringify({ namespace: [], name: 'a', key, ...value }))

describe('what stores keep and say', () => {
  it('J27: an entry is read as it was written', () => {
    fc.assert(
      fc.property(storeLogs, (log) => {
        expect(decodeStoreEntry(encodeStoreEntry(log))).toEqual(log)
      }),
    )
  })

  it('J27: whatever JSON there is, is an entry within the limits or none', () => {
    const values = fc.record({ namespace: fc.jsonValue(), name: fc.jsonValue(), key: fc.jsonValue() })
    fc.assert(
      fc.property(fc.oneof(values, fc.jsonValue()), (value) => {
        try {
          decodeStoreEntry(encodeUtf8(JSON.stringify(value)))
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
    )
  })

  it('J30: what makes a device the writer of a store is read as it was written', () => {
    fc.assert(
      fc.property(fc.record({ seed: bytes, isRestored: fc.boolean() }), (record) => {
        expect(decodeStoreRecord(encodeStoreRecord(record))).toEqual(record)
      }),
    )
  })

  it('J28: a statement is of the key that signed it, and of none where a bit is another', () => {
    fc.assert(
      fc.property(bytes, bytes, fc.nat(96), fc.nat(7), (seed, listKey, at, bit) => {
        const { publicKey, secretKey } = logKeysOf(sodium, seed)
        const statement = signStoreList(sodium, secretKey, listKey)
        expect(statement).toHaveLength(97)
        expect(verifyStoreList(sodium, publicKey, statement)).toEqual(listKey)
        expect(verifyStoreList(sodium, listKey, statement)).toBeNull()
        expect(verifyStoreList(sodium, publicKey, statement.with(at, (statement[at] ?? 0) ^ (1 << bit)))).toBeNull()
      }),
    )
  })
})

describe('limits of what a store lists', () => {
  it.each<[string, (isAtLimit: boolean) => Uint8Array]>([
    ['a namespace has at most 8 names', (ok) => entry({ namespace: Array.from({ length: ok ? 8 : 9 }, () => 'x') })],
    ['a name has at most 64 characters', (ok) => entry({ name: 'x'.repeat(ok ? 64 : 65) })],
    ['a name has characters', (ok) => entry({ name: ok ? 'x' : '' })],
    ['a name of a namespace has at most 64', (ok) => entry({ namespace: ['x'.repeat(ok ? 64 : 65)] })],
    ['a name is in NFC', (ok) => entry({ name: ok ? '\u00e9' : 'e\u0301' })],
    ['a name has whole characters', (ok) => entry({ name: ok ? '\ud83d\ude00' : '\ud83d' })],
    ['a key has 32 bytes', (ok) => entry({ key: ok ? key : key.slice(1) })],
  ])('J27: %s', (_rule, encoded) => {
    expect(() => decodeStoreEntry(encoded(true))).not.toThrow()
    expect(() => decodeStoreEntry(encoded(false))).toThrow(DecodeError)
  })
})
