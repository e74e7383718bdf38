import { ANONYMOUS_PROVIDER } from '../protocol/providers.js'
import { MAX_PROVIDERS, MAX_PROVIDER_ID_BYTES } from '../protocol/limits.js'
import type { AuthProvider } from '../crypto/index.js'
import { decodeBase64url } from '../util/base64url.js'
import { encodeUtf8 } from '../util/bytes.js'
import { checkArray } from './checks.js'
import { describeType } from './messages.js'

const IDENTITY_BYTES = 32
const SHARED_SECRET_BYTES = 4_096

/** Whoever has the group key is let in. What a group does without an `auth` option. */
export const anonymous = (): AuthProvider => Object.freeze({ id: ANONYMOUS_PROVIDER })

/**
 * Whoever has the group key and this secret is let in: text, or bytes, 1 to 4,096 of them.
 *
 * Not a password to be remembered: a holder of the group key to whom somebody tries to connect can try words against
 * that, as fast as its machine computes. Take what a machine made up.
 *
 * Throws a `TypeError` or `RangeError` for what is no such secret; no error quotes it.
 */
export const sharedSecret = (secret: string | Uint8Array): AuthProvider => {
  const action = 'shared secret could not be taken'
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw new TypeError(`${action}: it must be a string or Uint8Array, not ${describeType(secret)}`)
  }
  const bytes = typeof secret === 'string' ? encodeUtf8(secret.normalize('NFC')) : secret.slice()
  if (bytes.length === 0 || bytes.length > SHARED_SECRET_BYTES) {
    throw new RangeError(`${action}: it takes ${bytes.length} bytes, not 1 to ${SHARED_SECRET_BYTES}`)
  }
  return secretly('shared-secret', bytes)
}

/**
 * Whoever has the group key and one of these identities (43 characters each, see `Identity.id`) is let in. Both sides
 * look: two members have a session if each is on the other's list. The list is copied.
 *
 * Throws a `TypeError` or `RangeError` for what is no identity.
 */
export const allowList = (identities: readonly string[]): AuthProvider => {
  const action = 'allow list could not be made'
  const allowed = new Set(
    checkArray(action, 'the list', identities).map((identity, index) => {
      if (typeof identity !== 'string') {
        throw new TypeError(`${action}: an identity must be a string, not ${describeType(identity)}`)
      }
      if (decodeBase64url(identity)?.length !== IDENTITY_BYTES) {
        // It may be an exported identity, and so a secret.
        throw new RangeError(`${action}: entry ${index + 1} is no identity of 43 base64url characters`)
      }
      return identity
    }),
  )
  return Object.freeze({ id: 'allow-list', admits: (identity: string) => allowed.has(identity) })
}

/** The secret is there for whoever asks for it, and for nothing that prints or copies objects. */
const secretly = (id: string, secret: Uint8Array): AuthProvider =>
  Object.freeze(Object.defineProperty({ id }, 'secret', { value: secret, enumerable: false }))

const ID = /^[a-z0-9][a-z0-9-]*$/

/** One provider or several, best first, as they were given. */
export const resolveAuth = (action: string, value: unknown): readonly AuthProvider[] => {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (given.length === 0) throw new RangeError(`${action}: auth is empty, so nobody could be let in`)
  if (given.length > MAX_PROVIDERS) throw new RangeError(`${action}: auth has more than ${MAX_PROVIDERS} providers`)
  const providers = given.map((provider) => checkProvider(action, provider))
  if (new Set(providers.map(({ id }) => id)).size < providers.length) {
    throw new RangeError(`${action}: auth has two providers of the same id`)
  }
  return Object.freeze(providers)
}

const checkProvider = (action: string, value: unknown): AuthProvider => {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`${action}: auth must hold auth providers, not ${describeType(value)}`)
  }
  const { id, secret, admits } = value as Partial<Record<keyof AuthProvider, unknown>>
  if (typeof id !== 'string' || !ID.test(id) || id.length > MAX_PROVIDER_ID_BYTES) {
    throw new TypeError(
      `${action}: the id of an auth provider must be 1 to ${MAX_PROVIDER_ID_BYTES} characters of a-z, 0-9 and -`,
    )
  }
  if (secret !== undefined && !(secret instanceof Uint8Array)) {
    throw new TypeError(`${action}: the secret of an auth provider must be a Uint8Array, not ${describeType(secret)}`)
  }
  if (admits !== undefined && typeof admits !== 'function') {
    throw new TypeError(`${action}: "admits" of an auth provider must be a function, not ${describeType(admits)}`)
  }
  return value as AuthProvider
}
