import { SkeinError } from '../errors.js'
import { decodeBase64url, encodeBase64url } from '../util/base64url.js'
import { concatBytes, equalBytes } from '../util/bytes.js'
import { openRandom, sealRandom } from './aead.js'
import { KEY_BYTES, kdf } from './kdf.js'
import type { Sodium } from './sodium.js'
import type { KeyPair } from './suite.js'

/**
 * An identity as a text: `skid1_` and base64url of
 *
 *     version u8 | flags u8 | seed 32                       | check 4      flags 0
 *     version u8 | flags u8 | salt 16 | nonce 24, sealed 48 | check 4      flags 1: under a passphrase
 *
 * The check is over all before it, so that a text which was cut off or mistyped is told from a wrong passphrase.
 */
const PREFIX = 'skid1_'
const VERSION = 1
const PLAIN = 0
const SEALED = 1
const HEADER_BYTES = 2
const SALT_BYTES = 16
const SEALED_SEED_BYTES = 72
const CHECK_BYTES = 4
const contentBytes: Readonly<Record<number, number>> = {
  [PLAIN]: KEY_BYTES,
  [SEALED]: SALT_BYTES + SEALED_SEED_BYTES,
}

const keysOf = (sodium: Sodium, seed: Uint8Array): KeyPair => {
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed)
  return { publicKey, secretKey: privateKey }
}

export const createIdentityKeys = (sodium: Sodium, random: (size: number) => Uint8Array): KeyPair =>
  keysOf(sodium, random(KEY_BYTES))

const seedOf = (keys: KeyPair): Uint8Array => keys.secretKey.subarray(0, KEY_BYTES)

const checkOf = (sodium: Sodium, bytes: Uint8Array): Uint8Array =>
  kdf(sodium, null, 'identity-check', bytes).subarray(0, CHECK_BYTES)

const encode = (sodium: Sodium, flags: number, ...content: readonly Uint8Array[]): string => {
  const bytes = concatBytes(Uint8Array.of(VERSION, flags), ...content)
  return PREFIX + encodeBase64url(concatBytes(bytes, checkOf(sodium, bytes)))
}

/** The secret as it is, for whoever reads the text. */
export const encodeIdentity = (sodium: Sodium, keys: KeyPair): string => encode(sodium, PLAIN, seedOf(keys))

/** Another text each time, of which nothing can be learned without the passphrase. */
export const sealIdentity = async (
  sodium: Sodium,
  random: (size: number) => Uint8Array,
  keys: KeyPair,
  passphrase: string,
): Promise<string> => {
  const salt = random(SALT_BYTES)
  const { stretch } = await import('./passphrase.js')
  const key = await stretch(passphrase, salt)
  return encode(sodium, SEALED, salt, sealRandom(sodium, random, key, associatedData(salt), seedOf(keys)))
}

const associatedData = (salt: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(VERSION, SEALED), salt)

const parse = (
  sodium: Sodium,
  action: string,
  text: string,
): { readonly flags: number; readonly content: Uint8Array } => {
  const damaged = (): RangeError => new RangeError(`${action}: the text is damaged or cut off`)
  if (!text.startsWith(PREFIX)) throw new RangeError(`${action}: the text does not begin with ${PREFIX}`)
  const bytes = decodeBase64url(text.slice(PREFIX.length))
  if (bytes === null || bytes.length < HEADER_BYTES) throw damaged()
  const [version, flags = PLAIN] = bytes
  const size = contentBytes[flags]
  if (version !== VERSION || size === undefined) throw new RangeError(`${action}: a newer version made the text`)
  if (bytes.length !== HEADER_BYTES + size + CHECK_BYTES) throw damaged()
  const end = bytes.length - CHECK_BYTES
  if (!equalBytes(bytes.subarray(end), checkOf(sodium, bytes.subarray(0, end)))) throw damaged()
  return { flags, content: bytes.subarray(HEADER_BYTES, end) }
}

/**
 * The keys in a text; `action` opens the message of an error. Rejects with a `RangeError` for what is none, which it does not quote, and with
 * `passphrase-wrong` for one that is sealed under another passphrase, or under one when none was given.
 */
export const decodeIdentity = async (
  sodium: Sodium,
  action: string,
  text: string,
  passphrase: string | undefined,
): Promise<KeyPair> => {
  const { flags, content } = parse(sodium, action, text)
  if (flags === PLAIN) return keysOf(sodium, content)
  if (passphrase === undefined)
    throw new SkeinError('passphrase-wrong', `${action}: it is sealed, and no passphrase was given`)
  const salt = content.subarray(0, SALT_BYTES)
  const { stretch } = await import('./passphrase.js')
  const key = await stretch(passphrase, salt)
  const seed = openRandom(sodium, key, associatedData(salt), content.subarray(SALT_BYTES))
  if (seed === null) throw new SkeinError('passphrase-wrong', `${action}: it is sealed under another passphrase`)
  return keysOf(sodium, seed)
}
