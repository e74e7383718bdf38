import { platform } from '#platform'
import { createIdentityKeys, decodeIdentity, encodeIdentity, sealIdentity } from '../crypto/identity.js'
import type { Sodium } from '../crypto/sodium.js'
import type { KeyPair } from '../crypto/suite.js'
import { withSecrets } from './storage.js'

/** The work behind `Identity`, apart from it: a page that has none of its own need not load this. */

const random = (size: number): Uint8Array => platform.randomBytes(size)

export const createKeys = (sodium: Sodium): KeyPair => createIdentityKeys(sodium, random)

/** Those of this name on this device, made when there are none. Rejects with `storage-failed`. */
export const loadKeys = (sodium: Sodium, action: string, name: string): Promise<KeyPair> =>
  withSecrets(action, platform, async (secrets) => {
    const kept =
      (await secrets.get('identities', name)) ??
      (await secrets.add('identities', name, encodeIdentity(sodium, createKeys(sodium))))
    return decodeIdentity(sodium, action, kept, undefined)
  })

export const importKeys = decodeIdentity

export const exportKeys = async (sodium: Sodium, keys: KeyPair, passphrase: string | undefined): Promise<string> =>
  passphrase === undefined ? encodeIdentity(sodium, keys) : sealIdentity(sodium, random, keys, passphrase)
