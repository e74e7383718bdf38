import { platform } from '#platform'
import { createIdentityKeys, decodeIdentity, encodeIdentity, sealIdentity } from '../crypto/identity.js'
import type { Sodium } from '../crypto/sodium.js'
import type { KeyPair } from '../crypto/suite.js'
import { withSecrets } from './storage.js'

/** The work behind `Identity`, apart from it: a page that has none of its own need not load this. */
export class IdentityKeys {
  readonly #sodium: Sodium

  constructor(sodium: Sodium) {
    this.#sodium = sodium
  }

  create(): KeyPair {
    return createIdentityKeys(this.#sodium, random)
  }

  /** Those of this name on this device, made when there are none. Rejects with `storage-failed`. */
  load(action: string, name: string): Promise<KeyPair> {
    return withSecrets(action, platform, async (secrets) => {
      const kept =
        (await secrets.get('identities', name)) ??
        (await secrets.add('identities', name, encodeIdentity(this.#sodium, this.create())))
      return this.import(action, kept, undefined)
    })
  }

  import(action: string, text: string, passphrase: string | undefined): Promise<KeyPair> {
    return decodeIdentity(this.#sodium, action, text, passphrase)
  }

  async export(keys: KeyPair, passphrase: string | undefined): Promise<string> {
    if (passphrase === undefined) return encodeIdentity(this.#sodium, keys)
    return sealIdentity(this.#sodium, random, keys, passphrase)
  }
}

const random = (size: number): Uint8Array => platform.randomBytes(size)
