import { describe, expect, it } from 'vitest'
import type { Sodium } from '../../../sdk/crypto/sodium.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import { IKPSK1, NoiseHandshake, XX } from '../../../sdk/crypto/noise.js'
import { Random } from '../../support/random.js'
import { createSuite, hex, prologue, psk, setupPair, smallOrderPoints, sodium, unhex } from './setup.js'

const hello = encodeUtf8('hello')
const answer = encodeUtf8('the answer')

const finish = (seed = '') => {
  const pair = setupPair({ seed })
  const first = pair.alice.write(hello)
  pair.bob.read(first)
  const second = pair.bob.write(answer)
  pair.alice.read(second)
  return { ...pair, first, second, aliceSecrets: pair.alice.split(), bobSecrets: pair.bob.split() }
}

describe('the handshake', () => {
  it('carries a payload each way, in messages 96 and 48 bytes longer', () => {
    const { alice, bob, aliceKeys, bobKeys } = setupPair()
    expect(alice.remoteStatic).toEqual(bobKeys.publicKey)
    expect(bob.remoteStatic).toBeNull()
    const first = alice.write(hello)
    expect(first.length).toBe(hello.length + 96)
    expect(bob.read(first)).toEqual(hello)
    expect(bob.remoteStatic).toEqual(aliceKeys.publicKey)
    const second = bob.write(answer)
    expect(second.length).toBe(answer.length + 48)
    expect(alice.read(second)).toEqual(answer)
  })

  it('carries empty payloads and those of 50 KiB', () => {
    for (const size of [0, 51_200]) {
      const { alice, bob } = setupPair()
      expect(bob.read(alice.write(new Uint8Array(size)))?.length).toBe(size)
      expect(alice.read(bob.write(new Uint8Array(size)))?.length).toBe(size)
    }
  })

  it('leaves both ends with the same hash and crossed keys', () => {
    const { aliceSecrets, bobSecrets } = finish()
    expect(aliceSecrets.hash.length).toBe(64)
    expect(aliceSecrets.hash).toEqual(bobSecrets.hash)
    expect(aliceSecrets.send).toEqual(bobSecrets.receive)
    expect(aliceSecrets.receive).toEqual(bobSecrets.send)
    expect(aliceSecrets.send).not.toEqual(aliceSecrets.receive)
  })

  it('leaves other keys and another hash every time', () => {
    const secrets = ['a', 'b', 'c'].flatMap((seed) => {
      const { send, receive, hash } = finish(seed).aliceSecrets
      return [send, receive, hash].map(hex)
    })
    expect(new Set(secrets).size).toBe(9)
  })

  it('is repeatable, byte for byte, when the random source is', () => {
    expect(finish()).toEqual(finish())
  })

  it('shows neither the payloads nor who begins', () => {
    const { first, second, aliceKeys } = finish()
    expect(hex(first)).not.toContain(hex(aliceKeys.publicKey))
    expect(hex(first)).not.toContain(hex(hello))
    expect(hex(second)).not.toContain(hex(answer))
  })
})

/** As libsodium, but that everything agreed on with this secret key is zero. */
const agreeingOnZeros = (weak: Uint8Array): Sodium => ({
  ...sodium,
  crypto_scalarmult: (secretKey, publicKey) =>
    secretKey === weak ? new Uint8Array(32) : sodium.crypto_scalarmult(secretKey, publicKey),
})

/** Every bit flipped, every length below, and a byte more. */
const damagedForms = (message: Uint8Array): Uint8Array[] => [
  ...Array.from({ length: message.length * 8 }, (_, bit) => {
    const damaged = message.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
    return damaged
  }),
  ...Array.from(message, (_byte, size) => message.subarray(0, size)),
  new Uint8Array([...message, 0]),
]

describe('writing to a key with which nothing is secret, or of another length', () => {
  it.each([...smallOrderPoints, new Uint8Array(), new Uint8Array(31), new Uint8Array(33).fill(9)])(
    'N3: gives a message that nobody can read, and no exception: %#',
    (rs) => {
      const alice = createSuite('alice')
      const handshake = alice.start('initiator', prologue, alice.sessionKeys(), rs, psk)
      const first = handshake.write(hello)
      expect(first).toHaveLength(hello.length + 96)
      const secretKey = new Uint8Array(32).fill(5)
      const reader = new NoiseHandshake({
        sodium: agreeingOnZeros(secretKey),
        random: () => secretKey,
        pattern: IKPSK1,
        role: 'responder',
        prologue,
        s: { publicKey: rs, secretKey },
        psk,
      })
      expect(reader.read(first)).toBeNull()
      expect(handshake.read(first)).toBeNull()
    },
  )
})

describe('reading message 1', () => {
  it('answers null under another psk, prologue or responder key', () => {
    const other = createSuite('other').sessionKeys().publicKey
    for (const options of [
      { bobPsk: unhex('08'.repeat(32)) },
      { bobPrologue: encodeUtf8('another') },
      { assumedBob: other },
      { assumedBob: new Uint8Array() },
    ]) {
      const { alice, bob } = setupPair(options)
      expect(bob.read(alice.write(hello))).toBeNull()
      expect(bob.remoteStatic).toBeNull()
    }
  })

  it('H4: answers null for any bit flipped and any length cut or added, and still reads the genuine one', () => {
    const { alice, bob } = setupPair()
    const first = alice.write(hello)
    for (const damaged of damagedForms(first)) expect(bob.read(damaged)).toBeNull()
    expect(bob.remoteStatic).toBeNull()
    expect(bob.read(first)).toEqual(hello)
  })

  it('N3: answers null for an ephemeral key with which nothing is secret, and still reads the genuine one', () => {
    const { alice, bob } = setupPair()
    const first = alice.write(hello)
    for (const point of smallOrderPoints) {
      expect(bob.read(new Uint8Array([...point, ...first.subarray(32)]))).toBeNull()
    }
    expect(bob.read(first)).toEqual(hello)
  })

  it('N3: answers null for a static key with which nothing is secret', () => {
    const bobKeys = createSuite('bob').sessionKeys()
    const random = new Random('forger')
    for (const publicKey of smallOrderPoints) {
      const bob = createSuite('bob').start('responder', prologue, bobKeys, null, psk)
      // Who claims such a key needs no secret for it: what is agreed on with it is always zero.
      const secretKey = random.bytes(32)
      const forger = new NoiseHandshake({
        sodium: agreeingOnZeros(secretKey),
        random: (size) => random.bytes(size),
        pattern: IKPSK1,
        role: 'initiator',
        prologue,
        s: { publicKey, secretKey },
        rs: bobKeys.publicKey,
        psk,
      })
      expect(bob.read(forger.write(hello))).toBeNull()
      expect(bob.remoteStatic).toBeNull()
    }
  })

  it('H4: answers null for the answer that it would send itself', () => {
    const { alice, bob } = setupPair()
    const other = setupPair({ seed: 'other' })
    other.bob.read(other.alice.write(hello))
    expect(bob.read(other.bob.write(answer))).toBeNull()
    expect(bob.read(alice.write(hello))).toEqual(hello)
  })
})

describe('reading message 2', () => {
  it('H4: answers null for any bit flipped and any length cut or added, and still reads the genuine one', () => {
    const { alice, bob } = setupPair()
    bob.read(alice.write(hello))
    const second = bob.write(answer)
    for (const damaged of damagedForms(second)) expect(alice.read(damaged)).toBeNull()
    expect(alice.read(second)).toEqual(answer)
    expect(alice.split().hash).toEqual(bob.split().hash)
  })

  it('N3: answers null for an ephemeral key with which nothing is secret, and still reads the genuine one', () => {
    const { alice, bob } = setupPair()
    bob.read(alice.write(hello))
    const second = bob.write(answer)
    for (const point of smallOrderPoints) {
      expect(alice.read(new Uint8Array([...point, ...second.subarray(32)]))).toBeNull()
    }
    expect(alice.read(second)).toEqual(answer)
  })

  it('N2: answers null to who knows the psk and everything that is public, but not the key it was written to', () => {
    const { alice, aliceKeys, bobKeys } = setupPair()
    const first = alice.write(hello)
    const mallory = createSuite('mallory')
    // With a key of their own in place of Bob's, they cannot even read; with a pair made up from both, neither.
    for (const s of [mallory.sessionKeys(), { ...mallory.sessionKeys(), publicKey: bobKeys.publicKey }]) {
      const between = mallory.start('responder', prologue, s, null, psk)
      expect(between.read(first)).toBeNull()
    }
    // What they write to their own copy of Alice is not taken by Alice.
    const copy = mallory.start('initiator', prologue, aliceKeys, bobKeys.publicKey, psk)
    const bob = createSuite('bob').start('responder', prologue, bobKeys, null, psk)
    bob.read(copy.write(hello))
    expect(alice.read(bob.write(answer))).toBeNull()
  })

  it('H4: answers null for the answer to another run, and for its own message sent back', () => {
    const { alice, bob } = setupPair()
    const first = alice.write(hello)
    bob.read(first)
    expect(alice.read(finish('another run').second)).toBeNull()
    expect(alice.read(first)).toBeNull()
  })

  it('answers null when bob has read another message 1 of the same initiator', () => {
    const { alice, bob, aliceKeys, bobKeys } = setupPair()
    alice.write(hello)
    const again = createSuite('again').start('initiator', prologue, aliceKeys, bobKeys.publicKey, psk)
    bob.read(again.write(hello))
    expect(alice.read(bob.write(answer))).toBeNull()
  })

  it('works however late the answer is written, other handshakes having run meanwhile', () => {
    const { alice, bob } = setupPair()
    bob.read(alice.write(hello))
    finish('meanwhile')
    expect(alice.read(bob.write(answer))).toEqual(answer)
    expect(alice.split().hash).toEqual(bob.split().hash)
  })
})

describe('who has recorded a handshake and later learns psk and static keys', () => {
  it('N4: reads message 1 at most: the keys that it ended in are not to be had from them', () => {
    const { first, second, aliceKeys, bobKeys, aliceSecrets } = finish()
    const thief = createSuite('thief')
    const asBob = thief.start('responder', prologue, bobKeys, null, psk)
    expect(asBob.read(first)).toEqual(hello)
    asBob.write(answer)
    expect(asBob.split().receive).not.toEqual(aliceSecrets.send)
    const asAlice = thief.start('initiator', prologue, aliceKeys, bobKeys.publicKey, psk)
    asAlice.write(hello)
    expect(asAlice.read(second)).toBeNull()
  })

  it('N4: no two handshakes have an ephemeral key in common, even with the same keys and payloads', () => {
    const suite = createSuite('any')
    const [a, b] = [suite.sessionKeys(), suite.sessionKeys()]
    const ephemerals = Array.from({ length: 10 }, () => {
      const alice = suite.start('initiator', prologue, a, b.publicKey, psk)
      const bob = suite.start('responder', prologue, b, null, psk)
      const first = alice.write(hello)
      bob.read(first)
      return [first, bob.write(answer)].map((message) => hex(message.subarray(0, 32)))
    })
    expect(new Set(ephemerals.flat()).size).toBe(20)
  })
})

describe('calls out of turn', () => {
  it('throw', () => {
    const { alice, bob } = setupPair()
    expect(() => alice.read(hello)).toThrow('cannot read')
    expect(() => bob.write(hello)).toThrow('cannot write')
    expect(() => alice.split()).toThrow('cannot split')
    const first = alice.write(hello)
    expect(() => alice.write(hello)).toThrow('cannot write')
    bob.read(first)
    expect(() => bob.read(first)).toThrow('cannot read')
    expect(() => bob.split()).toThrow('cannot split')
    alice.read(bob.write(answer))
    expect(() => bob.write(answer)).toThrow('cannot write')
    expect(() => alice.read(first)).toThrow('cannot read')
    expect(() => bob.read(first)).toThrow('cannot read')
  })

  it('a handshake wants the other key from an initiator, and from nobody else', () => {
    const suite = createSuite('any')
    const keys = suite.sessionKeys()
    expect(() => suite.start('initiator', prologue, keys, null, psk)).toThrow(TypeError)
    expect(() => suite.start('responder', prologue, keys, keys.publicKey, psk)).toThrow(TypeError)
  })
})

describe('XX', () => {
  const start = (role: 'initiator' | 'responder', seed: string) => {
    const random = new Random(seed)
    const s = createSuite(seed).sessionKeys()
    return { s, end: new NoiseHandshake({ sodium, random: (n) => random.bytes(n), pattern: XX, role, prologue, s }) }
  }

  it('tells both of the key that the other one has, in the message that proves it', () => {
    const [alice, bob] = [start('initiator', 'alice'), start('responder', 'bob')]
    expect(bob.end.read(alice.end.write(hello))).toEqual(hello)
    expect([alice.end.remoteStatic, bob.end.remoteStatic]).toEqual([null, null])
    expect(alice.end.read(bob.end.write(answer))).toEqual(answer)
    expect([alice.end.remoteStatic, bob.end.remoteStatic]).toEqual([bob.s.publicKey, null])
    expect(bob.end.read(alice.end.write(hello))).toEqual(hello)
    expect(bob.end.remoteStatic).toEqual(alice.s.publicKey)
    expect(alice.end.split().hash).toEqual(bob.end.split().hash)
    expect(alice.end.split().send).toEqual(bob.end.split().receive)
  })

  it('wants neither the other key nor a psk', () => {
    const options = { sodium, random: () => new Uint8Array(32), pattern: XX, role: 'initiator', prologue } as const
    const { s } = start('initiator', 'alice')
    expect(() => new NoiseHandshake({ ...options, s, rs: s.publicKey })).toThrow(TypeError)
    expect(() => new NoiseHandshake({ ...options, s, psk })).toThrow(TypeError)
  })

  it('answers null for a first message that is too short for a key, and reads the genuine one', () => {
    const [alice, bob] = [start('initiator', 'alice'), start('responder', 'bob')]
    const first = alice.end.write(new Uint8Array())
    for (let size = 0; size < 32; size++) expect(bob.end.read(first.subarray(0, size))).toBeNull()
    expect(bob.end.read(first)).toEqual(new Uint8Array())
    expect(alice.end.read(bob.end.write(answer))).toEqual(answer)
  })

  it.each([2, 3])(
    'answers null for message %i with any bit flipped or any length cut, and reads the genuine one',
    (at) => {
      const [alice, bob] = [start('initiator', 'alice'), start('responder', 'bob')]
      bob.end.read(alice.end.write(hello))
      let [message, reader] = [bob.end.write(answer), alice.end]
      if (at === 3) {
        alice.end.read(message)
        ;[message, reader] = [alice.end.write(answer), bob.end]
      }
      for (const damaged of damagedForms(message)) expect(reader.read(damaged)).toBeNull()
      expect(reader.read(message)).toEqual(answer)
    },
  )
})
