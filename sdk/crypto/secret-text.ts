import { SkeinError } from '../errors.js'
import { decodeBase64url, encodeBase64url } from '../util/base64url.js'
import { concatBytes, encodeUtf8, equalBytes } from '../util/bytes.js'
import { openRandom, sealRandom } from './aead.js'
import { KEY_BYTES } from './kdf.js'
import type { Sodium } from './sodium.js'

/**
 * A secret of 32 bytes as a text that people keep: a prefix that says what it is, and base64url of
 *
 *     version u8 | flags u8 | seed 32                       | check 4      flags 0
 *     version u8 | flags u8 | salt 16 | nonce 24, sealed 48 | check 4      flags 1: under a passphrase
 *
 * The check is over all before it, so that a text which was cut off or mistyped is told from a wrong passphrase.
 */
export interface SecretText {
  readonly prefix: string
  /** What is hashed for the check, under a label of its own. */
  readonly check: (sodium: Sodium, bytes: Uint8Array) => Uint8Array
  /** Authenticated with what is sealed, so that a text of one kind opens as no other. */
  readonly context: string
}

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

const checkOf = (sodium: Sodium, { check }: SecretText, bytes: Uint8Array): Uint8Array =>
  check(sodium, bytes).subarray(0, CHECK_BYTES)

const encode = (sodium: Sodium, kind: SecretText, flags: number, ...content: readonly Uint8Array[]): string => {
  const bytes = concatBytes(Uint8Array.of(VERSION, flags), ...content)
  return kind.prefix + encodeBase64url(concatBytes(bytes, checkOf(sodium, kind, bytes)))
}

const associatedData = ({ context }: SecretText, salt: Uint8Array): Uint8Array =>
  concatBytes(encodeUtf8(context), Uint8Array.of(VERSION, SEALED), salt)

/** The secret as it is, for whoever reads the text. */
export const encodeSecret = (sodium: Sodium, kind: SecretText, seed: Uint8Array): string =>
  encode(sodium, kind, PLAIN, seed)

/** Another text each time, of which nothing can be learned without the passphrase. */
export const sealSecret = async (
  sodium: Sodium,
  random: (size: number) => Uint8Array,
  kind: SecretText,
  seed: Uint8Array,
  passphrase: string,
): Promise<string> => {
  const salt = random(SALT_BYTES)
  const { stretch } = await import('./passphrase.js')
  const key = await stretch(passphrase, salt)
  return encode(sodium, kind, SEALED, salt, sealRandom(sodium, random, key, associatedData(kind, salt), seed))
}

const parse = (
  sodium: Sodium,
  kind: SecretText,
  action: string,
  text: string,
): { readonly flags: number; readonly content: Uint8Array } => {
  const damaged = (): RangeError => new RangeError(`${action}: the text is damaged or cut off`)
  if (!text.startsWith(kind.prefix)) throw new RangeError(`${action}: the text does not begin with ${kind.prefix}`)
  const bytes = decodeBase64url(text.slice(kind.prefix.length))
  if (bytes === null || bytes.length < HEADER_BYTES) throw damaged()
  const [version, flags = PLAIN] = bytes
  const size = contentBytes[flags]
  if (version !== VERSION || size === undefined) throw new RangeError(`${action}: a newer version made the text`)
  if (bytes.length !== HEADER_BYTES + size + CHECK_BYTES) throw damaged()
  const end = bytes.length - CHECK_BYTES
  if (!equalBytes(bytes.subarray(end), checkOf(sodium, kind, bytes.subarray(0, end)))) throw damaged()
  return { flags, content: bytes.subarray(HEADER_BYTES, end) }
}

/**
 * The secret in a text; `action` opens the message of an error. Rejects with a `RangeError` for what is none, which it does not quote, and with
 * `passphrase-wrong` for one that is sealed under another passphrase, or under one when none was given.
 */
export const decodeSecret = async (
  sodium: Sodium,
  kind: SecretText,
  action: string,
  text: string,
  passphrase: string | undefined,
): Promise<Uint8Array> => {
  const { flags, content } = parse(sodium, kind, action, text)
  if (flags === PLAIN) return content.slice()
  if (passphrase === undefined)
    throw new SkeinError('passphrase-wrong', `${action}: it is sealed, and no passphrase was given`)
  const salt = content.subarray(0, SALT_BYTES)
  const { stretch } = await import('./passphrase.js')
  const key = await stretch(passphrase, salt)
  const seed = openRandom(sodium, key, associatedData(kind, salt), content.subarray(SALT_BYTES))
  if (seed === null) throw new SkeinError('passphrase-wrong', `${action}: it is sealed under another passphrase`)
  return seed
}
