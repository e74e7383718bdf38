import { decodeBase64url, encodeBase64url } from '../util/base64url.js'
import { decodeUtf8, encodeUtf8 } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { LOG_KEY_BYTES, MAX_STORE_NAME_CHARACTERS, MAX_STORE_NAMESPACE } from './limits.js'

/**
 * A block of a store's list, in JSON:
 *
 *     { "namespace": up to 8 names, "name"?: name, "key": log key in base64url }
 *
 * What else it has is not looked at. A name has 1 to 64 characters, whole ones and in NFC, so that two that look alike are one.
 */
export interface StoreLog {
  readonly namespace: readonly string[]
  /** `null` for a log that is not of the store's own seed. */
  readonly name: string | null
  readonly key: Uint8Array
}

export const encodeStoreEntry = ({ namespace, name, key }: StoreLog): Uint8Array =>
  encodeUtf8(JSON.stringify({ namespace, ...(name === null ? {} : { name }), key: encodeBase64url(key) }))

export const decodeStoreEntry = (bytes: Uint8Array): StoreLog => {
  const value = parse(bytes)
  if (typeof value !== 'object' || value === null) throw new DecodeError('no entry of a store')
  const { namespace, name = null, key } = value as Readonly<Record<string, unknown>>
  if (!Array.isArray(namespace) || namespace.length > MAX_STORE_NAMESPACE || !namespace.every(isName))
    throw new DecodeError('no namespace of a store')
  if (name !== null && !isName(name)) throw new DecodeError('no name of a log')
  const logKey = typeof key === 'string' ? decodeBase64url(key) : null
  if (logKey?.length !== LOG_KEY_BYTES) throw new DecodeError('no key of a log')
  return { namespace, name, key: logKey }
}

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(decodeUtf8(bytes)) as unknown
  } catch (cause) {
    throw new DecodeError('no JSON', { cause })
  }
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length >= 1 &&
  value.length <= MAX_STORE_NAME_CHARACTERS &&
  !/\p{Surrogate}/u.test(value) &&
  value === value.normalize('NFC')
