const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** By character code; -1 for what is none of them. */
const values = new Int8Array(128).fill(-1)
Array.from(alphabet).forEach((character, value) => (values[character.charCodeAt(0)] = value))

const codes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0))
/** As many as any engine takes as the arguments of one call. */
const CODES_AT_ONCE = 8_192

/** RFC 4648 section 5, without padding. */
export const encodeBase64url = (bytes: Uint8Array): string => {
  const text: number[] = []
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text.push(codes[group >> 18] as number, codes[(group >> 12) & 63] as number)
    if (left > 1) text.push(codes[(group >> 6) & 63] as number)
    if (left > 2) text.push(codes[group & 63] as number)
  }
  // In one piece: a text that is put together character by character is kept as a tree of all its pieces.
  if (text.length <= CODES_AT_ONCE) return String.fromCharCode(...text)
  const pieces: string[] = []
  for (let i = 0; i < text.length; i += CODES_AT_ONCE) {
    pieces.push(String.fromCharCode(...text.slice(i, i + CODES_AT_ONCE)))
  }
  return pieces.join('')
}

/** The bytes, or `null` for anything that `encodeBase64url` would not have written. */
export const decodeBase64url = (text: string): Uint8Array | null => {
  if (text.length % 4 === 1) return null
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let buffer = 0
  let bits = 0
  let size = 0
  for (let i = 0; i < text.length; i++) {
    const value = values[text.charCodeAt(i)] ?? -1
    if (value < 0) return null
    buffer = ((buffer << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[size++] = (buffer >> bits) & 0xff
    }
  }
  // Bits left over must be zero, or two texts would name the same bytes.
  return (buffer & ((1 << bits) - 1)) === 0 ? bytes : null
}
