import { DecodeError } from '../protocol/decode-error.js'
import { decodeStoreList, encodeStoreListBody } from '../protocol/store-list.js'
import { concatBytes, encodeUtf8 } from '../util/bytes.js'
import { kdf } from './kdf.js'
import { decodeSecret, encodeSecret, sealSecret, type SecretText } from './secret-text.js'
import { sign, verify } from './signature.js'
import type { Sodium } from './sodium.js'

/** The seed of a store as a text. */
const text: SecretText = {
  prefix: 'sks1_',
  check: (sodium, bytes) => kdf(sodium, null, 'store-check', bytes),
  context: 'sks1_',
}

/** The seeds of a store's logs, each of the seed of the store. */
export const defaultSeedOf = (sodium: Sodium, seed: Uint8Array): Uint8Array => kdf(sodium, seed, 'store-default')
export const listSeedOf = (sodium: Sodium, seed: Uint8Array): Uint8Array => kdf(sodium, seed, 'store-list')
export const namedSeedOf = (sodium: Sodium, seed: Uint8Array, namespace: readonly string[], name: string): Uint8Array =>
  kdf(sodium, seed, 'store-log', ...[...namespace, name].map(encodeUtf8))

/** LIST, as it is kept and sent: by the secret key of the store's default log. */
export const signStoreList = (sodium: Sodium, secretKey: Uint8Array, listKey: Uint8Array): Uint8Array => {
  const body = encodeStoreListBody(listKey)
  return concatBytes(body, sign(sodium, secretKey, 'store-list-of', body))
}

/** The key of the log that the list of this store is, by its own word; `null` for whatever else the bytes are. */
export const verifyStoreList = (sodium: Sodium, storeKey: Uint8Array, bytes: Uint8Array): Uint8Array | null => {
  try {
    const { listKey, body, signature } = decodeStoreList(bytes)
    return verify(sodium, storeKey, 'store-list-of', body, signature) ? listKey.slice() : null
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

/** As it is, or sealed under a passphrase: another text each time then. */
export const exportSeed = async (
  sodium: Sodium,
  random: (size: number) => Uint8Array,
  seed: Uint8Array,
  passphrase: string | undefined,
): Promise<string> =>
  passphrase === undefined ? encodeSecret(sodium, text, seed) : sealSecret(sodium, random, text, seed, passphrase)

/** Rejects as `decodeSecret` does. */
export const importSeed = (
  sodium: Sodium,
  action: string,
  value: string,
  passphrase: string | undefined,
): Promise<Uint8Array> => decodeSecret(sodium, text, action, value, passphrase)
