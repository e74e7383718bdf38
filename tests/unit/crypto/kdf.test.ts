import { describe, expect, it } from 'vitest'
import { kdf } from '../../../sdk/crypto/kdf.js'
import type { Label } from '../../../sdk/crypto/labels.js'
import { hex, sodium, unhex } from './setup.js'
import vectors from './vectors.json' with { type: 'json' }

describe('kdf', () => {
  it('gives the frozen bytes', () => {
    for (const { key, label, parts, out } of vectors.kdf) {
      const derived = kdf(sodium, key === null ? null : unhex(key), label as Label, ...parts.map(unhex))
      expect(hex(derived)).toBe(out)
    }
  })

  it('takes no key for a key of zeros', () => {
    expect(kdf(sodium, null, 'sid')).toEqual(kdf(sodium, new Uint8Array(32), 'sid'))
  })

  it('K5: tells apart where one part ends and the next begins', () => {
    const parts = [[], [''], ['', ''], ['6162', '63'], ['61', '6263'], ['616263'], ['616263', '']]
    const derived = parts.map((list) => hex(kdf(sodium, null, 'sid', ...list.map(unhex))))
    expect(new Set(derived).size).toBe(parts.length)
  })

  it('refuses a key that is not 32 bytes long', () => {
    for (const size of [0, 16, 31, 33, 64]) {
      expect(() => kdf(sodium, new Uint8Array(size), 'sid')).toThrow(RangeError)
    }
  })

  it('leaves key and parts as they were', () => {
    const key = unhex('11'.repeat(32))
    const part = unhex('22'.repeat(5))
    kdf(sodium, key, 'psk', part)
    expect([hex(key), hex(part)]).toEqual(['11'.repeat(32), '22'.repeat(5)])
  })
})
