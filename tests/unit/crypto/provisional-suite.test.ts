import { createPrivateKey, createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import { createSuite, hex, unhex } from './setup.js'

/** The public key that OpenSSL finds for a secret one, given as the start of its PKCS #8 form and its 32 bytes. */
const publicKeyOf = (algorithm: string, secret: Uint8Array): string => {
  const der = Buffer.concat([Buffer.from(`302e020100300506032b65${algorithm}04220420`, 'hex'), secret])
  const publicKey = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
}

describe('key pairs', () => {
  it('identityKeys makes Ed25519 keys, the secret one ending with the public one', () => {
    const { publicKey, secretKey } = createSuite('any').identityKeys()
    expect(secretKey.length).toBe(64)
    expect(hex(publicKey)).toBe(publicKeyOf('70', secretKey.subarray(0, 32)))
    expect(hex(secretKey.subarray(32))).toBe(hex(publicKey))
  })

  it('sessionKeys makes X25519 keys', () => {
    const { publicKey, secretKey } = createSuite('any').sessionKeys()
    expect(hex(publicKey)).toBe(publicKeyOf('6e', secretKey))
  })

  it('follow from the random source alone', () => {
    expect(createSuite('same').identityKeys()).toEqual(createSuite('same').identityKeys())
    const suite = createSuite('same')
    expect(suite.sessionKeys()).not.toEqual(suite.sessionKeys())
  })
})

describe('sign and verify', () => {
  const suite = createSuite('signer')
  const { publicKey, secretKey } = suite.identityKeys()
  const body = encodeUtf8('body')
  const signature = suite.sign(secretKey, 'record', body)

  it('makes 64 bytes that any member can verify', () => {
    expect(signature.length).toBe(64)
    expect(createSuite('other member').verify(publicKey, 'record', body, signature)).toBe(true)
  })

  it('verifies nothing else', () => {
    const other = suite.identityKeys()
    expect(suite.verify(other.publicKey, 'record', body, signature)).toBe(false)
    expect(suite.verify(publicKey, 'cert', body, signature)).toBe(false)
    expect(suite.verify(publicKey, 'record', encodeUtf8('bodY'), signature)).toBe(false)
    for (let i = 0; i < 64; i++) {
      const damaged = signature.slice()
      damaged[i] = (damaged[i] as number) ^ 1
      expect(suite.verify(publicKey, 'record', body, damaged)).toBe(false)
    }
  })

  it('is of no use outside the group, in either direction', () => {
    const stranger = createSuite('signer', unhex('77'.repeat(32)))
    expect(stranger.verify(publicKey, 'record', body, signature)).toBe(false)
    expect(suite.verify(publicKey, 'record', body, stranger.sign(secretKey, 'record', body))).toBe(false)
  })

  it('answers false for keys and signatures of any wrong length', () => {
    for (const size of [0, 31, 33, 64])
      expect(suite.verify(new Uint8Array(size), 'record', body, signature)).toBe(false)
    for (const size of [0, 32, 63, 65])
      expect(suite.verify(publicKey, 'record', body, new Uint8Array(size))).toBe(false)
  })

  it('throws when asked to sign with anything but a secret key', () => {
    expect(() => suite.sign(publicKey, 'record', body)).toThrow(RangeError)
  })
})
