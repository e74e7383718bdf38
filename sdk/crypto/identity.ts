import { KEY_BYTES, kdf } from './kdf.js'
import { decodeSecret, encodeSecret, sealSecret, type SecretText } from './secret-text.js'
import type { Sodium } from './sodium.js'
import type { KeyPair } from './suite.js'

/** An identity as a text. */
const text: SecretText = {
  prefix: 'skid1_',
  check: (sodium, bytes) => kdf(sodium, null, 'identity-check', bytes),
  context: '',
}

const keysOf = (sodium: Sodium, seed: Uint8Array): KeyPair => {
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed)
  return { publicKey, secretKey: privateKey }
}

export const createIdentityKeys = (sodium: Sodium, random: (size: number) => Uint8Array): KeyPair =>
  keysOf(sodium, random(KEY_BYTES))

const seedOf = (keys: KeyPair): Uint8Array => keys.secretKey.subarray(0, KEY_BYTES)

/** The secret as it is, for whoever reads the text. */
export const encodeIdentity = (sodium: Sodium, keys: KeyPair): string => encodeSecret(sodium, text, seedOf(keys))

/** Another text each time, of which nothing can be learned without the passphrase. */
export const sealIdentity = (
  sodium: Sodium,
  random: (size: number) => Uint8Array,
  keys: KeyPair,
  passphrase: string,
): Promise<string> => sealSecret(sodium, random, text, seedOf(keys), passphrase)

/** The keys in a text. Rejects as `decodeSecret` does. */
export const decodeIdentity = async (
  sodium: Sodium,
  action: string,
  value: string,
  passphrase: string | undefined,
): Promise<KeyPair> => keysOf(sodium, await decodeSecret(sodium, text, action, value, passphrase))
