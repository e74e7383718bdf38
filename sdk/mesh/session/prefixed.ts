import type { Label } from '../../crypto/labels.js'
import { concatBytes, encodeUtf8 } from '../../util/bytes.js'

/** `label` behind its length (u32, little-endian), then `rest`: what is authenticated under it is nothing else. */
export const prefixed = (label: Label, rest: Uint8Array): Uint8Array => {
  const text = encodeUtf8(`skein/v1/${label}`)
  const size = new Uint8Array(4)
  new DataView(size.buffer).setUint32(0, text.length, true)
  return concatBytes(size, text, rest)
}
