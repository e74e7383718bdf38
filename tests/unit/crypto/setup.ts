import { createProvisionalSuite, loadSodium } from '../../../sdk/crypto/index.js'
import type { CryptoSuite, Handshake, KeyPair } from '../../../sdk/crypto/suite.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import { Random } from '../../support/random.js'

export const sodium = await loadSodium()

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

/** A suite whose randomness follows from the seed. Suites share a group unless a secret is given. */
export const createSuite = (seed: string, groupSecret: Uint8Array = new Uint8Array(32).fill(9)): CryptoSuite => {
  const random = new Random(seed)
  return createProvisionalSuite({ sodium, groupSecret, random: (size) => random.bytes(size) })
}

export const prologue = encodeUtf8('a prologue')
export const psk = new Uint8Array(32).fill(7)

/** Alice, who begins, and Bob, who answers; what differs from an honest pair is given. */
export const setupPair = (
  options: {
    readonly bobPrologue?: Uint8Array
    readonly bobPsk?: Uint8Array
    readonly assumedBob?: Uint8Array
    readonly seed?: string
  } = {},
): { alice: Handshake; bob: Handshake; aliceKeys: KeyPair; bobKeys: KeyPair } => {
  const seed = options.seed ?? ''
  const aliceSuite = createSuite(`alice${seed}`)
  const bobSuite = createSuite(`bob${seed}`)
  const aliceKeys = aliceSuite.sessionKeys()
  const bobKeys = bobSuite.sessionKeys()
  return {
    alice: aliceSuite.start('initiator', prologue, aliceKeys, options.assumedBob ?? bobKeys.publicKey, psk),
    bob: bobSuite.start('responder', options.bobPrologue ?? prologue, bobKeys, null, options.bobPsk ?? psk),
    aliceKeys,
    bobKeys,
  }
}
