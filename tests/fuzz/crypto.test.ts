import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdentityKeys, decodeIdentity, encodeIdentity } from '../../sdk/crypto/identity.js'
import { parseGroupKey } from '../../sdk/crypto/index.js'
import { NoiseHandshake, XX } from '../../sdk/crypto/noise.js'
import { encodeBase64url } from '../../sdk/util/base64url.js'
import { createSuite, prologue, psk, setupPair, sodium } from '../unit/crypto/setup.js'

const suite = createSuite('fuzz')
const key = new Uint8Array(32).fill(1)
const bytes = fc.uint8Array({ maxLength: 200 })
const counter = fc.maxSafeNat()

describe('opening', () => {
  it('gives back what was sealed', () => {
    fc.assert(
      fc.property(counter, bytes, bytes, (counter, ad, plaintext) => {
        expect(suite.open(key, counter, ad, suite.seal(key, counter, ad, plaintext))).toEqual(plaintext)
        expect(suite.openRandom(key, ad, suite.sealRandom(key, ad, plaintext))).toEqual(plaintext)
      }),
    )
  })

  it('answers null for random bytes under keys of any length', () => {
    fc.assert(
      fc.property(bytes, counter, bytes, bytes, (key, counter, ad, sealed) => {
        expect(suite.open(key, counter, ad, sealed)).toBeNull()
        expect(suite.openRandom(key, ad, sealed)).toBeNull()
      }),
    )
  })
})

describe('verify', () => {
  it('answers false for random keys and signatures of any length', () => {
    const exact = fc.uint8Array({ minLength: 64, maxLength: 64 })
    fc.assert(
      fc.property(bytes, bytes, fc.oneof(bytes, exact), (publicKey, body, signature) => {
        expect(suite.verify(publicKey, 'record', body, signature)).toBe(false)
        expect(suite.verify(publicKey.slice(0, 32), 'record', body, signature)).toBe(false)
      }),
    )
  })
})

describe('the handshake', () => {
  it('carries any payloads, and both ends agree', () => {
    fc.assert(
      fc.property(bytes, bytes, fc.string(), (first, second, seed) => {
        const { alice, bob } = setupPair({ seed })
        expect(bob.read(alice.write(first))).toEqual(first)
        expect(alice.read(bob.write(second))).toEqual(second)
        expect(alice.split().hash).toEqual(bob.split().hash)
      }),
    )
  })

  it('H4: answers null for random bytes on either side, and still reads the genuine messages', () => {
    const { alice, bob } = setupPair()
    const first = alice.write(key)
    // Of the right length as well, and with a genuine beginning, so that each field in turn is what fails.
    const exact = fc.uint8Array({ minLength: 96, maxLength: 300 })
    const begun = fc.tuple(fc.nat({ max: first.length - 1 }), bytes).map(([size, rest]) => {
      const message = new Uint8Array(size + rest.length)
      message.set(first.subarray(0, size))
      message.set(rest, size)
      return message
    })
    const isGenuine = (message: Uint8Array) => Buffer.from(message).equals(first)
    fc.assert(
      fc.property(fc.oneof(bytes, exact, begun), (message) => {
        fc.pre(!isGenuine(message))
        expect(bob.read(message)).toBeNull()
        expect(alice.read(message)).toBeNull()
      }),
      { numRuns: 500 },
    )
    expect(bob.read(first)).toEqual(key)
    expect(alice.read(bob.write(key))).toEqual(key)
  })

  it('of an invitation: answers null for random bytes behind the first message, however they begin', () => {
    const ends = (['initiator', 'responder'] as const).map(
      (role) =>
        new NoiseHandshake({
          sodium,
          random: (size) => suite.random(size),
          pattern: XX,
          role,
          prologue,
          s: suite.sessionKeys(),
        }),
    )
    const [alice, bob] = ends as [NoiseHandshake, NoiseHandshake]
    bob.read(alice.write(new Uint8Array()))
    const second = bob.write(key)
    fc.assert(
      fc.property(fc.nat({ max: second.length - 1 }), bytes, (size, rest) => {
        const message = Buffer.concat([second.subarray(0, size), rest])
        fc.pre(!message.equals(second))
        expect(alice.read(message)).toBeNull()
      }),
    )
    expect(alice.read(second)).toEqual(key)
  })

  it('begins with a key of any length, and nobody else can answer it', () => {
    const responder = suite.start('responder', prologue, suite.sessionKeys(), null, psk)
    fc.assert(
      fc.property(bytes, (rs) => {
        const handshake = suite.start('initiator', prologue, suite.sessionKeys(), rs, psk)
        expect(responder.read(handshake.write(key))).toBeNull()
      }),
    )
  })
})

describe('parseGroupKey', () => {
  it('K2: parses or throws a RangeError, and never takes sk1_ for typed', () => {
    const tail = fc.oneof(
      fc.string(),
      bytes.map(encodeBase64url),
      bytes.map((body) => `AQ${encodeBase64url(body)}`),
    )
    fc.assert(
      fc.property(fc.constantFrom('', 'sk1_', 'sk1'), tail, (head, tail) => {
        const text = head + tail
        let kind
        try {
          kind = parseGroupKey(text).kind
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
          return
        }
        expect(kind).toBe(text.startsWith('sk1_') ? 'generated' : 'typed')
      }),
    )
  })
})

describe('decodeIdentity', () => {
  const decode = (text: string) => decodeIdentity(sodium, 'identity could not be imported', text, undefined)

  it('gives back any identity', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (seed) => {
        const keys = createIdentityKeys(sodium, () => seed)
        expect(await decode(encodeIdentity(sodium, keys))).toEqual(keys)
      }),
    )
  })

  it('rejects random and damaged texts with a RangeError', async () => {
    const any = fc.oneof(
      fc.string(),
      fc.string().map((text) => `skid1_${text}`),
      bytes.map((random) => `skid1_${encodeBase64url(random)}`),
      fc.constantFrom(0, 1, 2).chain((flags) =>
        fc.uint8Array({ minLength: 30, maxLength: 100 }).map((random) => {
          random.set([1, flags])
          return `skid1_${encodeBase64url(random)}`
        }),
      ),
    )
    await fc.assert(
      fc.asyncProperty(any, async (text) => {
        await expect(decode(text)).rejects.toBeInstanceOf(RangeError)
      }),
    )
  })
})
