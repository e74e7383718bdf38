import { deriveGroupKeys, loadSodium } from '../../sdk/crypto/index.js'
import { createSuite } from '../../sdk/crypto/noise-suite.js'
import type { Sodium } from '../../sdk/crypto/sodium.js'
import type { CryptoSuite } from '../../sdk/crypto/suite.js'
import type { EngineOptions } from '../../sdk/mesh/options.js'
import type { Random } from '../support/random.js'
import { rememberingSodium } from './remembering-sodium.js'
import { standInSodium } from './stand-in-sodium.js'

/** With the key of the one way in that all have, for tests that shake hands by hand. */
export type GroupKeys = EngineOptions['keys'] & { readonly psk: Uint8Array }

const fail = (): never => {
  throw new Error('no way in')
}

const sodium = await loadSodium()

/**
 * The suite that ships, fed from a seed: everything it does is repeatable. One group secret for a whole world. `watch`
 * sees all that libsodium is asked for; without it, something faster stands in for libsodium.
 */
export const createSimulatedCrypto = (
  random: Random,
  watch: ((sodium: Sodium) => Sodium) | null = (unwatched) => unwatched,
): { suite: CryptoSuite; keys: GroupKeys } => {
  const groupSecret = random.bytes(32)
  const used = watch === null ? standInSodium : watch(rememberingSodium(sodium))
  const suite = createSuite({ sodium: used, random: (size: number) => random.bytes(size) })
  const keys = deriveGroupKeys(suite, groupSecret, [{ id: 'anonymous' }])
  return { suite, keys: { ...keys, psk: keys.admissions[0]?.psk ?? fail() } }
}
