import { describe, expect, it } from 'vitest'
import { createContentHash } from '../../../sdk/crypto/content-hash.js'
import { loadSodium } from '../../../sdk/crypto/sodium.js'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('a content hash', () => {
  it('is BLAKE2b-256 over all bytes, however they are cut', async () => {
    const sodium = await loadSodium()
    expect(hex(createContentHash(sodium).finish())).toBe(
      '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8',
    )
    const bytes = Uint8Array.from({ length: 1_000 }, (_, i) => i & 0xff)
    const hash = createContentHash(sodium)
    for (const [from, to] of [
      [0, 1],
      [1, 128],
      [128, 129],
      [129, 700],
      [700, 1_000],
    ])
      hash.update(bytes.subarray(from, to))
    expect(hex(hash.finish())).toBe(hex(sodium.crypto_generichash(32, bytes, null)))
  })

  it('is not used once it is over, whose memory may be that of another', async () => {
    const hash = createContentHash(await loadSodium())
    hash.free()
    hash.free()
    expect(() => hash.update(new Uint8Array(1))).toThrow('it is over')
    expect(() => hash.finish()).toThrow('it is over')
  })
})
