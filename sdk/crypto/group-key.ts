import { decodeBase64url, encodeBase64url } from '../util/base64url.js'
import { concatBytes } from '../util/bytes.js'
import { deriveAdmission, type Admission, type AuthProvider } from './auth.js'
import { KEY_BYTES } from './kdf.js'
import { labelBytes } from './labels.js'
import type { CryptoSuite } from './suite.js'

const PREFIX = 'sk1_'
const VERSION = 1
const NO_FLAGS = 0
const HEADER_BYTES = 2
const MAX_KEY_CHARACTERS = 512
const GROUP_ID_BYTES = 16

/** What a key string says: its 32 secret bytes, or a text that somebody made up. */
export type GroupKey =
  { readonly kind: 'generated'; readonly secret: Uint8Array } | { readonly kind: 'typed'; readonly text: string }

/** What members of one group share. */
export interface GroupKeys {
  /** Names the group to the signaling server, which learns nothing else of the key. */
  readonly topic: Uint8Array
  readonly helloKey: Uint8Array
  /** In the order of the providers. */
  readonly admissions: readonly Admission[]
  /** Names the group to its members; 22 base64url characters. */
  readonly groupId: string
}

/** `sk1_` and base64url of version (u8), flags (u8, none yet) and 32 random bytes: 50 characters. */
export const generateGroupKey = (random: (size: number) => Uint8Array): string =>
  PREFIX + encodeBase64url(concatBytes(Uint8Array.of(VERSION, NO_FLAGS), random(KEY_BYTES)))

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
  if (bytes.length !== HEADER_BYTES + KEY_BYTES) throw new RangeError('group key is damaged or cut off')
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

const EPOCH_ZERO = new Uint8Array(4)
/** Final: the topic is on the wire, and the others decide who understands whom. */
export const deriveGroupKeys = (
  suite: Pick<CryptoSuite, 'kdf'>,
  secret: Uint8Array,
  providers: readonly AuthProvider[],
  onError: (error: unknown) => void = () => undefined,
): GroupKeys => {
  const topic = suite.kdf(secret, 'topic', EPOCH_ZERO)
  return {
    topic,
    helloKey: suite.kdf(secret, 'hello', topic),
    admissions: providers.map((provider) => deriveAdmission(suite, secret, topic, provider, onError)),
    groupId: encodeBase64url(suite.kdf(secret, 'group-id').subarray(0, GROUP_ID_BYTES)),
  }
}
