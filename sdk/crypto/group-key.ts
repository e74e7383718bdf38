import { decodeBase64url, encodeBase64url } from '../util/base64url.js'
import { concatBytes } from '../util/bytes.js'
import { labelBytes } from './labels.js'

const PREFIX = 'sk1_'
const VERSION = 1
const NO_FLAGS = 0
const HEADER_BYTES = 2
const SECRET_BYTES = 32
const MAX_KEY_CHARACTERS = 512

/** What a key string says: its 32 secret bytes, or a text that somebody made up. */
export type GroupKey =
  { readonly kind: 'generated'; readonly secret: Uint8Array } | { readonly kind: 'typed'; readonly text: string }

/** `sk1_` and base64url of version (u8), flags (u8, none yet) and 32 random bytes: 50 characters. */
export const generateGroupKey = (random: (size: number) => Uint8Array): string =>
  PREFIX + encodeBase64url(concatBytes(Uint8Array.of(VERSION, NO_FLAGS), random(SECRET_BYTES)))

/**
 * Reads a key string. Any text is a key but for what begins with `sk1_`, which must be a generated one, whole: a
 * mistyped one would otherwise open an empty group without a word. No error quotes the key.
 */
export const parseGroupKey = (text: unknown): GroupKey => {
  if (typeof text !== 'string') throw new TypeError(`group key must be a string, not ${describe(text)}`)
  if (text === '') throw new RangeError('group key is empty')
  if (text.length > MAX_KEY_CHARACTERS) {
    throw new RangeError(`group key has ${text.length} characters, more than ${MAX_KEY_CHARACTERS}`)
  }
  if (!text.startsWith(PREFIX)) return { kind: 'typed', text }
  const bytes = decodeBase64url(text.slice(PREFIX.length))
  if (bytes === null || bytes.length < HEADER_BYTES) throw new RangeError('group key is damaged or cut off')
  if (bytes[0] !== VERSION || bytes[1] !== NO_FLAGS) throw new RangeError('group key was made by a newer version')
  if (bytes.length !== HEADER_BYTES + SECRET_BYTES) throw new RangeError('group key is damaged or cut off')
  return { kind: 'generated', secret: bytes.slice(HEADER_BYTES) }
}

const describe = (value: unknown): string => (value === null ? 'null' : typeof value)

const TYPED_KEY_SALT = labelBytes('typed-key')

/**
 * The 32 bytes that the group's keys are derived from. A typed key goes through scrypt, which is loaded only then;
 * texts that Unicode holds to be the same (NFC) are one key.
 */
export const groupSecretOf = async (key: GroupKey): Promise<Uint8Array> => {
  if (key.kind === 'generated') return key.secret
  const { stretch } = await import('./passphrase.js')
  return stretch(key.text, TYPED_KEY_SALT)
}
