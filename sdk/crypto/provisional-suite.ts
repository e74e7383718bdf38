import { open, openRandom, seal, sealRandom } from './aead.js'
import { kdf, KEY_BYTES, keyedHash } from './kdf.js'
import { ProvisionalHandshake } from './provisional-handshake.js'
import type { Sodium } from './sodium.js'
import type { CryptoSuite } from './suite.js'

const ED25519_SECRET_BYTES = 64
const SIGNATURE_BYTES = 64

/**
 * A suite with the calls and sizes of the final one, whose handshake and signatures rest on the group's keys alone.
 *
 * What it gives: whoever lacks the group key can neither read, alter nor make up anything.
 * What it does not give: members are not protected from each other, since any of them could sign or shake hands in
 * another's name; and there is no forward secrecy, since whoever learns the group key later can read what was
 * recorded before. Noise_IKpsk1_25519_ChaChaPoly_BLAKE2b takes the place of the handshake and Ed25519 that of the
 * keyed hashes, behind the same interface. Derivation, sealing and key pairs are final.
 *
 * `random` is the only source of randomness, so that a seeded one makes every byte repeatable.
 */
export const createProvisionalSuite = (options: {
  readonly sodium: Sodium
  /** 32 bytes, those that the group's other keys are derived from. */
  readonly groupSecret: Uint8Array
  readonly random: (size: number) => Uint8Array
}): CryptoSuite => {
  const { sodium, groupSecret, random } = options
  const signingKey = keyedHash(sodium, KEY_BYTES, groupSecret, 'provisional-sign', [])
  const signatureOf: CryptoSuite['sign'] = (publicKey, label, body) =>
    keyedHash(sodium, SIGNATURE_BYTES, signingKey, label, [publicKey, body])

  return {
    start: (role, prologue, s, rs, psk) => new ProvisionalHandshake({ sodium, random, role, prologue, s, rs, psk }),
    kdf: (key, label, ...parts) => kdf(sodium, key, label, ...parts),
    seal: (key, counter, ad, plaintext) => seal(sodium, key, counter, ad, plaintext),
    open: (key, counter, ad, sealed) => open(sodium, key, counter, ad, sealed),
    sealRandom: (key, ad, plaintext) => sealRandom(sodium, random, key, ad, plaintext),
    openRandom: (key, ad, sealed) => openRandom(sodium, key, ad, sealed),
    sign: (secretKey, label, body) => {
      if (secretKey.length !== ED25519_SECRET_BYTES) {
        throw new RangeError(`cannot sign: secret key of ${secretKey.length} bytes, not ${ED25519_SECRET_BYTES}`)
      }
      // An Ed25519 secret key is its seed followed by the public key.
      return signatureOf(secretKey.subarray(KEY_BYTES), label, body)
    },
    verify: (publicKey, label, body, signature) =>
      publicKey.length === KEY_BYTES &&
      signature.length === SIGNATURE_BYTES &&
      sodium.memcmp(signatureOf(publicKey, label, body), signature),
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
