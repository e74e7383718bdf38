const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lossyUtf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export const encodeUtf8 = (text: string): Uint8Array => utf8Encoder.encode(text)

/** Throws a `TypeError` on bytes that are not UTF-8. */
export const decodeUtf8 = (bytes: Uint8Array): string => utf8Decoder.decode(bytes)

/** Replaces what is not UTF-8 by U+FFFD. */
export const decodeUtf8Lossy = (bytes: Uint8Array): string => lossyUtf8Decoder.decode(bytes)

export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => {
  let size = 0
  for (const part of parts) size += part.length
  const joined = new Uint8Array(size)
  joinInto(joined, parts)
  return joined
}

/** Writes all parts one after the other into the beginning of `space`, and returns a view of that. */
export const joinInto = (space: Uint8Array, parts: readonly Uint8Array[]): Uint8Array => {
  let offset = 0
  for (const part of parts) {
    space.set(part, offset)
    offset += part.length
  }
  return space.subarray(0, offset)
}

/** Not in constant time: for public values alone. */
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => compareBytes(a, b) === 0

/** Bytewise order, a prefix before what it begins. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
