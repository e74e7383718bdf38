import { parseSocketUrl } from '../platform/socket-url.js'
import { decodeBase64url } from '../util/base64url.js'
import { describeType } from './messages.js'
import type { Invitee } from './invites.js'

const IDENTITY_BYTES = 32

/**
 * Splits the URL of a bot into its address and the identity behind `#`. Throws a `TypeError` for what is no string, and
 * a `RangeError` for what is no URL of a bot or no identity.
 */
export const splitBotUrl = (text: unknown): Invitee => {
  const action = 'bot could not be invited'
  if (typeof text !== 'string') throw new TypeError(`${action}: its URL must be a string, not ${describeType(text)}`)
  const [address = '', fragment = ''] = text.split(/#(.*)/s)
  const pin = fragment === '' ? null : decodeBase64url(fragment)
  if (fragment !== '' && pin?.length !== IDENTITY_BYTES) {
    throw new RangeError(`${action}: what stands behind # in its URL is no identity`)
  }
  // Whether it may be dialled without TLS is not a matter of its form.
  return { url: parseSocketUrl(address, { allowInsecure: true, what: 'bot' }), pin }
}
