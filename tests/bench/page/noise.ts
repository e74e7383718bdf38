/** Bytes of no pattern: nothing on the way can make them smaller. */
export const createNoise = (size: number, seed = 1): Uint8Array<ArrayBuffer> => {
  const words = new Uint32Array(size / 4)
  let state = seed
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return new Uint8Array(words.buffer)
}
