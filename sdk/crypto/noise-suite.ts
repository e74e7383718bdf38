import { open, openRandom, seal, sealRandom } from './aead.js'
import { kdf, KEY_BYTES } from './kdf.js'
import { IKPSK1, NoiseHandshake } from './noise.js'
import { sign, verify } from './signature.js'
import type { Sodium } from './sodium.js'
import type { CryptoSuite } from './suite.js'

/**
 * The suite that ships: Noise_IKpsk1_25519_ChaChaPoly_BLAKE2b between two members, Ed25519 for what a member signs.
 *
 * `random` is the only source of randomness, so that a seeded one makes every byte repeatable.
 */
export const createSuite = (options: {
  readonly sodium: Sodium
  readonly random: (size: number) => Uint8Array
}): CryptoSuite => {
  const { sodium, random } = options
  return {
    start: (role, prologue, s, rs, psk) =>
      new NoiseHandshake({ sodium, random, pattern: IKPSK1, role, prologue, s, rs, psk }),
    kdf: (key, label, ...parts) => kdf(sodium, key, label, ...parts),
    seal: (key, counter, ad, plaintext) => seal(sodium, key, counter, ad, plaintext),
    open: (key, counter, ad, sealed) => open(sodium, key, counter, ad, sealed),
    sealRandom: (key, ad, plaintext) => sealRandom(sodium, random, key, ad, plaintext),
    openRandom: (key, ad, sealed) => openRandom(sodium, key, ad, sealed),
    sign: (secretKey, label, body) => sign(sodium, secretKey, label, body),
    verify: (publicKey, label, body, signature) => verify(sodium, publicKey, label, body, signature),
    random,
    identityKeys: () => {
      const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(random(KEY_BYTES))
      return { publicKey, secretKey: privateKey }
    },
    sessionKeys: () => {
      const secretKey = random(KEY_BYTES)
      return { publicKey: sodium.crypto_scalarmult_base(secretKey), secretKey }
    },
  }
}
