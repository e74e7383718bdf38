/** Bytes that tell where they belong: any loss, swap or repeat changes their {@link summarize}. */
export const createBytes = (size: number, seed: number): Uint8Array<ArrayBuffer> => {
  const words = new Uint32Array(Math.ceil(size / 4))
  let state = seed * 2_654_435_761 || 1
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return new Uint8Array(words.buffer, 0, size)
}

/** A message in a few characters: short text as it is, everything else by its length and a hash of 64 bits. */
export const summarize = (data: string | Uint8Array): string => {
  if (typeof data === 'string') return data.length <= 1_000 ? data : `text ${hash(new TextEncoder().encode(data))}`
  return `bytes ${hash(data)}`
}

const hash = (bytes: Uint8Array): string => {
  let [a, b] = [0x811c9dc5, 0x9e3779b9]
  const whole = bytes.byteOffset % 4 === 0 ? bytes.length >>> 2 : 0
  for (const word of new Uint32Array(bytes.buffer, whole === 0 ? 0 : bytes.byteOffset, whole)) {
    a = Math.imul(a ^ word, 0x01000193)
    b = Math.imul(b ^ (word >>> 15) ^ word, 0x85ebca6b)
  }
  for (const byte of bytes.subarray(whole * 4)) {
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b ^ byte, 0x85ebca6b)
  }
  return `${bytes.length} ${(a >>> 0).toString(16)}${(b >>> 0).toString(16)}`
}
