import { loadSodium } from '../crypto/index.js'
import type { KeyPair } from '../crypto/suite.js'
import { SkeinError } from '../errors.js'
import { encodeBase64url } from '../util/base64url.js'
import type { IdentityKeys } from './identity-keys.js'
import { describeType } from './messages.js'

const MAX_NAME_CHARACTERS = 64
const MAX_PASSPHRASE_CHARACTERS = 512
const MAX_TEXT_CHARACTERS = 512

/** Nobody outside of this file can show it. */
const madeHere = Symbol('made here')
const keysByIdentity = new WeakMap<object, KeyPair>()

/**
 * Who somebody is, beyond one join: an Ed25519 key pair. Members see its public half as `peer.identity`.
 *
 * The secret half is in no property: it shows in no log and no JSON, and does not survive `structuredClone`. It leaves by
 * `export()` alone. Frozen.
 *
 * @example
 * ```ts
 * const identity = await Identity.load('ada')
 * const group = new WebGroup({ signaling: 'wss://signal.example.org', identity })
 * ```
 */
export class Identity {
  /** The public key: 43 base64url characters. What others see as `peer.identity`. */
  readonly id: string

  private constructor(token: symbol, keys: KeyPair) {
    if (token !== madeHere) {
      throw new TypeError('identity could not be made: use Identity.create(), Identity.load() or Identity.import()')
    }
    this.id = encodeBase64url(keys.publicKey)
    keysByIdentity.set(this, keys)
    Object.freeze(this)
  }

  /** A fresh one, which is kept nowhere. Rejects with `engine-missing` when the cryptography could not be loaded. */
  static async create(): Promise<Identity> {
    const work = await load('identity could not be made')
    return new Identity(madeHere, work.create())
  }

  /**
   * The identity of this name on this device, made and kept at the first call: in a browser in IndexedDB, for all pages
   * of this origin; in Node in a file that its owner alone can read, in `identities` below `SKEIN_HOME` or `~/.skein`.
   * Tabs or processes that load a new name at the same time are given the same one.
   *
   * It is kept as it is, without a passphrase. Browsers may drop what pages keep (on request, or when a device is
   * full), and the identity is gone with it: `export()` it where that matters.
   *
   * `name` has 1 to 64 characters, any of them; texts that Unicode holds to be the same (NFC) are one name. Rejects with
   * `storage-failed` where nothing can be kept (a private window, a page without IndexedDB) or what is kept cannot be
   * read, which then stays as it is; and with `engine-missing`. Throws a `TypeError` or `RangeError` for another name.
   */
  static load(name: string): Promise<Identity> {
    const action = 'identity could not be loaded'
    checkText(action, 'name', name, MAX_NAME_CHARACTERS)
    const normalized = name.normalize('NFC')
    // Two of these would be written as the same bytes, and so be one identity.
    if (/\p{Surrogate}/u.test(normalized)) throw new RangeError(`${action}: name has half a character`)
    return Identity.#load(action, normalized)
  }

  /**
   * The identity in a text that `export()` gave; `passphrase` as it was given there, and ignored when none was.
   *
   * Rejects with a `RangeError` for a text that is damaged, cut off or no identity, with `passphrase-wrong` when it is
   * sealed and `passphrase` is another or missing, and with `engine-missing`. A sealed text takes a third of a second of
   * work. Throws a `TypeError` or `RangeError` for arguments that are no text, empty, or longer than 512 characters.
   */
  static import(text: string, passphrase?: string): Promise<Identity> {
    const action = 'identity could not be imported'
    checkText(action, 'text', text, MAX_TEXT_CHARACTERS)
    if (passphrase !== undefined) checkText(action, 'passphrase', passphrase, MAX_PASSPHRASE_CHARACTERS)
    return Identity.#import(action, text, passphrase)
  }

  /**
   * A text of one line that `Identity.import()` takes, on any device. Without a passphrase whoever reads it has the
   * identity. With one, each try to guess it costs a third of a second of work and 64 MiB (scrypt, as for typed keys),
   * which is enough for a sentence that nobody else would think of. Nothing can be done for who forgets it.
   *
   * Rejects with `engine-missing`. Throws a `TypeError` or `RangeError` for a passphrase that is no text, empty, or
   * longer than 512 characters; texts that Unicode holds to be the same (NFC) are one.
   */
  export(passphrase?: string): Promise<string> {
    const action = 'identity could not be exported'
    if (passphrase !== undefined) checkText(action, 'passphrase', passphrase, MAX_PASSPHRASE_CHARACTERS)
    return Identity.#export(action, keysOf(this), passphrase)
  }

  static async #load(action: string, name: string): Promise<Identity> {
    const work = await load(action)
    return new Identity(madeHere, await work.load(action, name))
  }

  static async #import(action: string, text: string, passphrase: string | undefined): Promise<Identity> {
    const work = await load(action, passphrase)
    return new Identity(madeHere, await work.import(action, text, passphrase))
  }

  static async #export(action: string, keys: KeyPair, passphrase: string | undefined): Promise<string> {
    const work = await load(action, passphrase)
    return work.export(keys, passphrase)
  }
}

/** For parts of this library alone. Throws a `TypeError` for what is no `Identity` of this copy of it. */
export const keysOf = (identity: unknown): KeyPair => {
  const keys = keysByIdentity.get(identity as object)
  if (keys === undefined) throw new TypeError('expected an Identity')
  return keys
}

export const isIdentity = (value: unknown): value is Identity => keysByIdentity.has(value as object)

/** Only now, since a page may never have an identity to keep. */
const load = async (action: string, passphrase?: string): Promise<IdentityKeys> => {
  try {
    const [sodium, { IdentityKeys }] = await Promise.all([
      loadSodium(),
      import('./identity-keys.js'),
      // Used later, but what cannot be loaded is to be told of here.
      passphrase === undefined ? null : import('../crypto/passphrase.js'),
    ])
    return new IdentityKeys(sodium)
  } catch (cause) {
    throw new SkeinError('engine-missing', `${action}: the cryptography could not be loaded`, { cause })
  }
}

/** No error quotes the value: it may be a secret. */
const checkText = (action: string, name: string, value: unknown, maxCharacters: number): void => {
  if (typeof value !== 'string') throw new TypeError(`${action}: ${name} must be a string, not ${describeType(value)}`)
  if (value === '') throw new RangeError(`${action}: ${name} is empty`)
  if (value.length > maxCharacters) {
    throw new RangeError(`${action}: ${name} has ${value.length} characters, more than ${maxCharacters}`)
  }
}
