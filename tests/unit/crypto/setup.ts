import { loadSodium } from '../../../sdk/crypto/index.js'
import { createSuite as createShippedSuite } from '../../../sdk/crypto/noise-suite.js'
import type { CryptoSuite, Handshake, KeyPair } from '../../../sdk/crypto/suite.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import { Random } from '../../support/random.js'

export const sodium = await loadSodium()

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

/** A suite whose randomness follows from the seed. */
export const createSuite = (seed: string): CryptoSuite => {
  const random = new Random(seed)
  return createShippedSuite({ sodium, random: (size) => random.bytes(size) })
}

export const prologue = encodeUtf8('a prologue')
export const psk = new Uint8Array(32).fill(7)

/** Points of X25519 whose multiples are few: what is agreed on with one of them is no secret. */
export const smallOrderPoints = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
].map(unhex)

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
