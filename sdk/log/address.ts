import { decodeBase64url, encodeBase64url } from '../util/base64url.js'

const KEY_BYTES = 32
const URL_PREFIX = 'skein://log/'
const MAX_NAME_CHARACTERS = 64
const action = 'log could not be made'

/** Which log: a new one, the one with this key, or the one that this device calls so. */
export type LogAddress =
  | { readonly kind: 'new' }
  | { readonly kind: 'key'; readonly key: Uint8Array }
  | { readonly kind: 'name'; readonly name: string }

export const urlOf = (key: Uint8Array): string => URL_PREFIX + encodeBase64url(key)

/** Keys of ours and of others, groups and identities: a text that was meant as one must not become a name, and a log of its own. */
const looksLikeKey = (text: string): boolean =>
  text.includes('://') ||
  /^(sk|skid)1_/.test(text) ||
  /^[0-9a-f]{64}$/i.test(text) ||
  decodeBase64url(text)?.length === KEY_BYTES

/** Throws a `TypeError` or `RangeError` for what is none. */
export const parseAddress = (value: unknown): LogAddress => {
  if (value === null) return { kind: 'new' }
  if (value instanceof Uint8Array) {
    if (value.length === KEY_BYTES) return { kind: 'key', key: value.slice() }
    throw new RangeError(`${action}: the key has ${value.length} bytes, not ${KEY_BYTES}`)
  }
  if (typeof value !== 'string') throw new TypeError(`${action}: it takes null, a key, a URL or a name`)
  return value.startsWith(URL_PREFIX) ? parseUrl(value) : parseName(value)
}

const parseUrl = (url: string): LogAddress => {
  const key = decodeBase64url(url.slice(URL_PREFIX.length))
  if (key?.length === KEY_BYTES) return { kind: 'key', key }
  throw new RangeError(`${action}: the URL has no key of ${KEY_BYTES} bytes behind ${URL_PREFIX}`)
}

const parseName = (text: string): LogAddress => {
  const name = text.normalize('NFC')
  if (name.length < 1 || name.length > MAX_NAME_CHARACTERS) {
    throw new RangeError(`${action}: a name has 1 to ${MAX_NAME_CHARACTERS} characters, not ${name.length}`)
  }
  // Not quoted: it may be a secret.
  if (looksLikeKey(name)) throw new RangeError(`${action}: the name looks like a key or a URL`)
  if (/\p{Surrogate}/u.test(name)) throw new RangeError(`${action}: the name has half a character`)
  return { kind: 'name', name }
}
