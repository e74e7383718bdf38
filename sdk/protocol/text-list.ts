import * as encoding from 'lib0/encoding'
import { decodeUtf8, encodeUtf8 } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { Reader } from './reader.js'

/** Short texts in UTF-8, one after the other, each behind its length. */
export const encodeTexts = (texts: readonly string[]): Uint8Array =>
  encoding.encode((encoder) => {
    for (const text of texts) encoding.writeVarUint8Array(encoder, encodeUtf8(text))
  })

export const decodeTexts = (
  bytes: Uint8Array,
  limits: { readonly count: number; readonly bytes: number },
): string[] => {
  const reader = new Reader(bytes)
  const texts: string[] = []
  while (reader.left > 0) {
    if (texts.length === limits.count) throw new DecodeError('too many texts')
    texts.push(decodeText(reader.prefixed(limits.bytes)))
  }
  return texts
}

const decodeText = (bytes: Uint8Array): string => {
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw new DecodeError('not UTF-8', { cause })
  }
}
