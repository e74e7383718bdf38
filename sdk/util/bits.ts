/** The first bit from `start` up to and without `end` that is such a one, lowest first in each byte; `end` where there is none. */
export const firstBit = (bits: Uint8Array, start: number, end: number, isSet: boolean): number => {
  const other = isSet ? 0 : 0xff
  for (let at = start; at < end;) {
    const byte = bits[at >> 3] as number
    if ((at & 7) === 0 && byte === other) at += 8
    else if (((byte >> (at & 7)) & 1) === (isSet ? 1 : 0)) return at
    else at++
  }
  return end
}
