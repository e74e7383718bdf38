import { decodeBase64url, encodeBase64url } from '../util/base64url.js'

const KEY_BYTES = 32
const LOG_URL = 'skein://log/'
const STORE_URL = 'skein://store/'
const MAX_NAME_CHARACTERS = 64

/** What is named as applications name it: a new one, the one with this key, or the one that is called so. */
export type Address =
  | { readonly kind: 'new' }
  | { readonly kind: 'key'; readonly key: Uint8Array }
  | { readonly kind: 'name'; readonly name: string }

/** Which log: one that is named, or the one that follows from a seed, of which this device becomes the writer. */
export type LogAddress =
  | Address
  | {
      readonly kind: 'seed'
      readonly seed: Uint8Array
      /** Another device may have written to it. */
      readonly isRestored: boolean
    }

/** One that is found out when the log is opened, however long that takes: rejects with the signal's reason. */
export interface SoughtAddress {
  readonly kind: 'sought'
  readonly find: (signal: AbortSignal) => Promise<LogAddress>
}

/** For parts of this library alone: what `Log` takes in place of what applications give. */
export class InnerAddress {
  readonly address: LogAddress | SoughtAddress

  constructor(address: LogAddress | SoughtAddress) {
    this.address = address
  }
}

export const urlOf = (key: Uint8Array): string => LOG_URL + encodeBase64url(key)
export const storeUrlOf = (key: Uint8Array): string => STORE_URL + encodeBase64url(key)

/**
 * Keys of ours and of others, groups, identities and stores: a text that was meant as one must not become a name, and a log of
 * its own.
 */
const looksLikeKey = (text: string): boolean =>
  text.includes('://') ||
  /^(sk|skid|sks)1_/.test(text) ||
  /^[0-9a-f]{64}$/i.test(text) ||
  decodeBase64url(text)?.length === KEY_BYTES

/** Throws a `TypeError` or `RangeError` for what is none. */
export const parseAddress = (action: string, value: unknown): Address => parse(action, value, [LOG_URL])

/** What `Log` is given, by whomever. */
export const readAddress = (action: string, value: unknown): LogAddress | SoughtAddress =>
  value instanceof InnerAddress ? value.address : parseAddress(action, value)

/** Of a store, which the URL of its default log names as well. */
export const parseStoreAddress = (action: string, value: unknown): Address => parse(action, value, [STORE_URL, LOG_URL])

const parse = (action: string, value: unknown, prefixes: readonly string[]): Address => {
  if (value === null) return { kind: 'new' }
  if (value instanceof Uint8Array) {
    if (value.length === KEY_BYTES) return { kind: 'key', key: value.slice() }
    throw new RangeError(`${action}: the key has ${value.length} bytes, not ${KEY_BYTES}`)
  }
  if (typeof value !== 'string') throw new TypeError(`${action}: it takes null, a key, a URL or a name`)
  const prefix = prefixes.find((each) => value.startsWith(each))
  return prefix === undefined ? { kind: 'name', name: parseName(action, value) } : parseUrl(action, value, prefix)
}

const parseUrl = (action: string, url: string, prefix: string): Address => {
  const key = decodeBase64url(url.slice(prefix.length))
  if (key?.length === KEY_BYTES) return { kind: 'key', key }
  throw new RangeError(`${action}: the URL has no key of ${KEY_BYTES} bytes behind ${prefix}`)
}

/** Throws a `TypeError` or `RangeError` for what is none. */
export const parseName = (action: string, value: unknown): string => {
  if (typeof value !== 'string') throw new TypeError(`${action}: a name is a string`)
  const name = value.normalize('NFC')
  if (name.length < 1 || name.length > MAX_NAME_CHARACTERS) {
    throw new RangeError(`${action}: a name has 1 to ${MAX_NAME_CHARACTERS} characters, not ${name.length}`)
  }
  // Not quoted: it may be a secret.
  if (looksLikeKey(name)) throw new RangeError(`${action}: the name looks like a key or a URL`)
  if (/\p{Surrogate}/u.test(name)) throw new RangeError(`${action}: the name has half a character`)
  return name
}
