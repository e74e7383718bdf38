import { DecodeError } from './decode-error.js'

/** `bytes` behind its length (u16, little-endian), with zeros up to a multiple of `block`: sizes tell less. */
export const pad = (bytes: Uint8Array, block: number): Uint8Array => {
  const padded = new Uint8Array(Math.ceil((bytes.length + 2) / block) * block)
  padded[0] = bytes.length & 0xff
  padded[1] = bytes.length >> 8
  padded.set(bytes, 2)
  return padded
}

/** What was padded. The zeros are not checked: the padded whole is authenticated. */
export const unpad = (padded: Uint8Array): Uint8Array => {
  const size = (padded[0] ?? 0) | ((padded[1] ?? 0) << 8)
  if (padded.length < 2 + size) throw new DecodeError('bad padding')
  return padded.subarray(2, 2 + size)
}
