import { createPrivateKey, createPublicKey, verify as verifyWithOpenSsl, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../sdk/util/bytes.js'
import { createSuite, hex, sodium, unhex } from './setup.js'

/** The public key that OpenSSL finds for a secret one, given as the start of its PKCS #8 form and its 32 bytes. */
const publicKeyOf = (algorithm: string, secret: Uint8Array): string => {
  const der = Buffer.concat([Buffer.from(`302e020100300506032b65${algorithm}04220420`, 'hex'), secret])
  const publicKey = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
}

/** An Ed25519 public key as OpenSSL takes it. */
const opensslKey = (publicKey: Uint8Array): KeyObject =>
  createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]),
    format: 'der',
    type: 'spki',
  })

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

  it('is Ed25519 (RFC 8032) over the label, a zero byte and the body', () => {
    const signed = Buffer.concat([Buffer.from('skein/v1/record\0'), body])
    expect(verifyWithOpenSsl(null, signed, opensslKey(publicKey), signature)).toBe(true)
  })

  it('K8: holds for one purpose: under every other label, and without one, it is none', () => {
    for (const label of ['cert', 'bot-cert'] as const) {
      expect(suite.verify(publicKey, label, body, signature)).toBe(false)
      expect(hex(suite.sign(secretKey, label, body))).not.toBe(hex(signature))
    }
    expect(suite.verify(publicKey, 'record', body, sodium.crypto_sign_detached(body, secretKey))).toBe(false)
  })

  it('K8: cannot be made by a member in the name of another: every other secret key gives another one', () => {
    const mallory = createSuite('mallory').identityKeys()
    // The public key that a secret one ends with can be swapped; the result is still not theirs.
    for (const key of [mallory.secretKey, new Uint8Array([...mallory.secretKey.subarray(0, 32), ...publicKey])]) {
      expect(suite.verify(publicKey, 'record', body, suite.sign(key, 'record', body))).toBe(false)
    }
  })

  it('K8: does not hold under a key of small order, nor in a second form', () => {
    const anything = new Uint8Array(64)
    anything[0] = 1
    for (const point of ['01'.padEnd(64, '0'), '00'.repeat(32), `ec${'ff'.repeat(30)}7f`, `01${'00'.repeat(30)}80`]) {
      expect(suite.verify(unhex(point), 'record', body, anything)).toBe(false)
    }
    // S and S + L are the same number modulo the order of the group.
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const s = BigInt(`0x${hex(signature.slice(32).reverse())}`) + order
    const second = concatBytes(signature.subarray(0, 32), unhex(s.toString(16).padStart(64, '0')).reverse())
    expect(suite.verify(publicKey, 'record', body, second)).toBe(false)
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
