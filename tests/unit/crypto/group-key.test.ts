import type { Admission } from '../../../sdk/crypto/auth.js'
import { describe, expect, it } from 'vitest'
import { deriveGroupKeys, generateGroupKey, groupSecretOf, parseGroupKey } from '../../../sdk/crypto/index.js'
import { encodeBase64url } from '../../../sdk/util/base64url.js'
import { createSuite, hex, unhex } from './setup.js'
import vectors from './vectors.json' with { type: 'json' }

const suite = createSuite('any')
const [first] = vectors.generated
const keyOf = (bytes: string) => `sk1_${encodeBase64url(unhex(bytes))}`

const describeKeys = (secret: Uint8Array) => {
  const { topic, helloKey, admissions, groupId } = deriveGroupKeys(suite, secret, [{ id: 'anonymous' }])
  const { psk } = admissions[0] as Admission
  return { secret: hex(secret), topic: hex(topic), helloKey: hex(helloKey), psk: hex(psk), groupId }
}

describe('generateGroupKey', () => {
  it('K1: gives the frozen string', () => {
    for (const { key, secret } of vectors.generated) expect(generateGroupKey(() => unhex(secret))).toBe(key)
  })

  it('gives 50 characters that fit a fragment, and another key each time', () => {
    const keys = Array.from({ length: 20 }, () => generateGroupKey((size) => suite.random(size)))
    for (const key of keys) expect(key).toMatch(/^sk1_[A-Za-z0-9_-]{46}$/)
    expect(new Set(keys).size).toBe(20)
  })
})

describe('parseGroupKey', () => {
  it('K1: finds the secret in a generated key', () => {
    for (const { key, secret } of vectors.generated) {
      expect(parseGroupKey(key)).toEqual({ kind: 'generated', secret: unhex(secret) })
    }
  })

  it('K3: takes any other text for a typed key, as it is', () => {
    for (const text of ['a', ' ', 'sk1', 'sk2_abc', 'SK1_abc', 'e\u0301', 'x'.repeat(512)]) {
      expect(parseGroupKey(text)).toEqual({ kind: 'typed', text })
    }
  })

  it('K2: refuses a damaged generated key instead of taking it for a typed one', () => {
    const key = first?.key ?? ''
    const damaged = [
      'sk1_',
      `${key} `,
      `${key}A`,
      `${key}AA`,
      key.slice(0, -1),
      key.slice(0, -2),
      `${key.slice(0, -1)}B`,
    ]
    damaged.push(`${key.slice(0, 20)}+${key.slice(21)}`, `${key.slice(0, 20)}=${key.slice(21)}`, 'sk1_AQ', 'sk1_AQA')
    for (const text of damaged) expect(() => parseGroupKey(text), text).toThrow(RangeError)
  })

  it('says of an unknown version or flag that a newer version made the key, whatever its length', () => {
    for (const bytes of [`0001${'00'.repeat(32)}`, `0200${'00'.repeat(32)}`, '0200', ...[1, 2, 4, 128].map(flagged)]) {
      expect(() => parseGroupKey(keyOf(bytes))).toThrow('made by a newer version')
      expect(() => parseGroupKey(keyOf(bytes))).toThrow(RangeError)
    }
  })

  it('K3: refuses what is empty or longer than 512 characters with a RangeError, and other types with a TypeError', () => {
    expect(() => parseGroupKey('')).toThrow(RangeError)
    expect(() => parseGroupKey('x'.repeat(513))).toThrow(RangeError)
    expect(() => parseGroupKey(`sk1_${'A'.repeat(600)}`)).toThrow(RangeError)
    for (const value of [undefined, null, 7, {}, ['a'], new String('a')]) {
      expect(() => parseGroupKey(value)).toThrow(TypeError)
    }
  })

  it('never quotes the key in an error', () => {
    expect(() => parseGroupKey('sk1_hunter2')).toThrow(/^(?!.*hunter2)/)
  })
})

const flagged = (flag: number) => `01${flag.toString(16).padStart(2, '0')}${'00'.repeat(52)}`

describe('groupSecretOf and deriveGroupKeys', () => {
  it('K4: give the frozen bytes for generated keys', async () => {
    for (const { key, ...expected } of vectors.generated) {
      expect(describeKeys(await groupSecretOf(parseGroupKey(key)))).toEqual(expected)
    }
  })

  it('K3, K4: give the frozen bytes for typed keys', async () => {
    for (const { key, ...expected } of vectors.typed) {
      expect(describeKeys(await groupSecretOf(parseGroupKey(key)))).toEqual(expected)
    }
  }, 30_000)

  it('K3: take texts that Unicode holds to be the same for one key', async () => {
    const { key = '', secret } = vectors.typed.at(-1) ?? {}
    expect(key.normalize('NFC')).not.toBe(key)
    expect(hex(await groupSecretOf(parseGroupKey(key.normalize('NFC'))))).toBe(secret)
  })

  it('let timers run while a typed key is worked on', async () => {
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    await groupSecretOf({ kind: 'typed', text: 'a' })
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(0)
  })

  it('give four unlike values, and a group id of 22 characters', () => {
    const { topic, helloKey, psk, groupId } = describeKeys(suite.random(32))
    expect(new Set([topic, helloKey, psk]).size).toBe(3)
    expect(groupId).toMatch(/^[A-Za-z0-9_-]{22}$/)
  })

  it('refuse a secret that is not 32 bytes long', () => {
    expect(() => deriveGroupKeys(suite, new Uint8Array(31), [])).toThrow(RangeError)
  })
})
