import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import { createSuite, hex, prologue, psk, setupPair, unhex } from './setup.js'

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

  it('H4: answers null for any byte changed and any length cut or added, and still reads the genuine one', () => {
    const { alice, bob } = setupPair()
    const first = alice.write(hello)
    for (let i = 0; i < first.length; i++) {
      const damaged = first.slice()
      damaged[i] = (damaged[i] as number) ^ 0x80
      expect(bob.read(damaged)).toBeNull()
      expect(bob.read(first.subarray(0, i))).toBeNull()
    }
    expect(bob.read(new Uint8Array([...first, 0]))).toBeNull()
    expect(bob.remoteStatic).toBeNull()
    expect(bob.read(first)).toEqual(hello)
  })
})

describe('reading message 2', () => {
  it('H4: answers null for any byte changed and any length cut, and still reads the genuine one', () => {
    const { alice, bob } = setupPair()
    bob.read(alice.write(hello))
    const second = bob.write(answer)
    for (let i = 0; i < second.length; i++) {
      const damaged = second.slice()
      damaged[i] = (damaged[i] as number) ^ 1
      expect(alice.read(damaged)).toBeNull()
      expect(alice.read(second.subarray(0, i))).toBeNull()
    }
    expect(alice.read(second)).toEqual(answer)
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
