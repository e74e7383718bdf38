import { decodeBase64url } from '../util/base64url.js'
import { encodeUtf8 } from '../util/bytes.js'
import { TRANSFER_ID_BYTES } from './limits.js'

/** The bytes that this text names, or `null` when it names no id. */
export const parseTransferId = (id: string): Uint8Array | null => {
  const bytes = decodeBase64url(id)
  return bytes?.length === TRANSFER_ID_BYTES ? bytes : null
}

/** `metadata` as it goes into an offer. Throws a `TypeError` for what JSON cannot hold; none for `undefined`. */
export const encodeMetadata = (metadata: unknown): Uint8Array | undefined => {
  // Of a function or a symbol it gives undefined too, which its types do not say.
  const text = JSON.stringify(metadata) as string | undefined
  if (text === undefined && metadata !== undefined) throw new TypeError(`JSON holds no ${typeof metadata}`)
  return text === undefined ? undefined : encodeUtf8(text)
}
