import { createSuite, deriveGroupKeys, loadSodium } from '../../sdk/crypto/index.js'
import type { CryptoSuite } from '../../sdk/crypto/suite.js'
import type { EngineOptions } from '../../sdk/mesh/options.js'
import type { Random } from '../support/random.js'
import { rememberingSodium } from './remembering-sodium.js'

const sodium = await loadSodium()

/** The suite that ships, fed from a seed: everything it does is repeatable. One group secret for a whole world. */
export const createSimulatedCrypto = (random: Random): { suite: CryptoSuite; keys: EngineOptions['keys'] } => {
  const groupSecret = random.bytes(32)
  const suite = createSuite({ sodium: rememberingSodium(sodium), random: (size: number) => random.bytes(size) })
  return { suite, keys: deriveGroupKeys(suite, groupSecret) }
}
