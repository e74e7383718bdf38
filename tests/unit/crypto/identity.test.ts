import { describe, expect, it } from 'vitest'
import { createIdentityKeys, decodeIdentity, encodeIdentity, sealIdentity } from '../../../sdk/crypto/identity.js'
import { decodeBase64url, encodeBase64url } from '../../../sdk/util/base64url.js'
import { Random } from '../../support/random.js'
import { hex, sodium, unhex } from './setup.js'

const source = new Random('identities')
const random = (size: number) => source.bytes(size)
const keys = createIdentityKeys(sodium, () => unhex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'))

const code = (value: string) => expect.objectContaining({ name: 'SkeinError', code: value }) as unknown
const action = 'identity could not be imported'
const decode = (text: string, passphrase?: string) => decodeIdentity(sodium, action, text, passphrase)

/** Written by the first version that had them. What it wrote is read for ever. */
const frozen = {
  publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  plain: 'skid1_AQCdYbGd7_1aYLqESvSS7CzEREnFaXsyaRlwO6wDHK5_YM8NJS4',
  sealed:
    'skid1_AQF98BpmlwYCdM2l2J9YZ5gXwXtaOF_gL8afm7DljWw58bybOrtBRbR09x5CxPpuGyLjV7XL_K9A7xZYN68zkQym5XbOQBb73wdlzpnKwdPq2JuNGi_noFYu2yD1Pw',
  passphrase: 'caf\u00e9 au lait',
}

describe('an identity as a text', () => {
  it('has the frozen form', async () => {
    expect(encodeIdentity(sodium, keys)).toBe(frozen.plain)
    expect(hex((await decode(frozen.plain)).publicKey)).toBe(frozen.publicKey)
    expect(hex((await decode(frozen.sealed, frozen.passphrase)).publicKey)).toBe(frozen.publicKey)
  })

  it('gives back the keys', async () => {
    const made = createIdentityKeys(sodium, random)
    expect(await decode(encodeIdentity(sodium, made))).toEqual(made)
    expect(await decode(await sealIdentity(sodium, random, made, 'secret'), 'secret')).toEqual(made)
  })

  it('is another text each time under a passphrase, and has nothing of the secret in it', async () => {
    const texts = await Promise.all([1, 2].map(() => sealIdentity(sodium, random, keys, 'secret')))
    expect(texts[0]).not.toBe(texts[1])
    for (const text of texts) {
      const bytes = hex(decodeBase64url(text.slice('skid1_'.length)) ?? new Uint8Array())
      expect(bytes).not.toContain(hex(keys.secretKey.subarray(0, 16)))
    }
  })

  it('opens with the passphrase however Unicode composes it', async () => {
    expect(frozen.passphrase.normalize('NFD')).not.toBe(frozen.passphrase)
    expect(hex((await decode(frozen.sealed, frozen.passphrase.normalize('NFD'))).publicKey)).toBe(frozen.publicKey)
  })

  it('tells a wrong passphrase, and a missing one, from a damaged text', async () => {
    await expect(decode(frozen.sealed, 'another')).rejects.toEqual(code('passphrase-wrong'))
    await expect(decode(frozen.sealed)).rejects.toEqual(code('passphrase-wrong'))
    const damaged = `${frozen.sealed.slice(0, 40)}${frozen.sealed[40] === 'A' ? 'B' : 'A'}${frozen.sealed.slice(41)}`
    await expect(decode(damaged, frozen.passphrase)).rejects.toThrow(RangeError)
  })

  it('is a RangeError when any one character is another, or any end is missing', async () => {
    for (let at = 0; at < frozen.plain.length; at++) {
      const other = frozen.plain[at] === 'A' ? 'B' : 'A'
      await expect(decode(frozen.plain.slice(0, at) + other + frozen.plain.slice(at + 1))).rejects.toThrow(RangeError)
      await expect(decode(frozen.plain.slice(0, at))).rejects.toThrow(RangeError)
    }
    for (const text of [`${frozen.plain}A`, ` ${frozen.plain}`, `${frozen.plain}\n`, frozen.plain.slice(6)]) {
      await expect(decode(text)).rejects.toThrow(RangeError)
    }
  })

  it('says of an unknown version or flag that a newer version made it', async () => {
    for (const header of ['0200', '0002', '01ff', '0102']) {
      const text = `skid1_${encodeBase64url(unhex(header + '00'.repeat(36)))}`
      await expect(decode(text)).rejects.toThrow('newer version')
      await expect(decode(text)).rejects.toThrow(RangeError)
    }
  })

  it('is in no error', async () => {
    for (const text of [`${frozen.plain}A`, frozen.plain.slice(1), frozen.plain.slice(0, -2)]) {
      const error = (await decode(text).catch((reason: unknown) => reason)) as Error
      for (let at = 6; at + 8 < text.length; at++) expect(String(error.stack)).not.toContain(text.slice(at, at + 8))
    }
  })
})
