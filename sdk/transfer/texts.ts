import { MAX_REASON_BYTES } from '../protocol/limits.js'
import { encodeUtf8 } from '../util/bytes.js'

/** The longest beginning of `text` that takes at most `maxBytes` in UTF-8; no character is cut in two. */
export const capText = (text: string, maxBytes: number): string => {
  let size = 0
  let end = 0
  for (const character of text) {
    size += encodeUtf8(character).length
    if (size > maxBytes) return text.slice(0, end)
    end += character.length
  }
  return text
}

/**
 * What the other side is told of why something ends. Texts are told; errors are not, since what they say may be of this
 * machine alone.
 */
export const reasonText = (reason: unknown): string =>
  typeof reason === 'string' ? capText(reason, MAX_REASON_BYTES) : ''
