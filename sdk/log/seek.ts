import { byteUnknown, damaged } from './failures.js'
import type { Records } from './records.js'

/** A byte of all values in a row: the block that it is in, and where in it. */
export interface BytePlace {
  readonly index: number
  /** In bytes from the begin of the block's value. */
  readonly offset: number
}

/**
 * Looks at as many records as the size has binary digits; at all before it where they do not know how many bytes there are before them,
 * as those that came from others. `byte` is below the bytes of all `size` blocks.
 */
export const seekByte = async (records: Records, size: number, overhead: number, byte: number): Promise<BytePlace> => {
  let [low, high] = [0, size]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const record = await records.at(middle)
    if (record === null) throw damaged(`the record of block "${middle}" is missing`)
    if (record.offset === null) return within(await walkTo(records, size, overhead, byte))
    let at = record.offset - overhead * record.first
    if (byte < at) {
      high = record.first
      continue
    }
    for (const [position, length] of record.lengths.entries()) {
      if (byte < at + length - overhead) return { index: record.first + position, offset: byte - at }
      at += length - overhead
    }
    low = record.first + record.lengths.length
  }
  return within({ bytes: byte })
}

const within = (found: BytePlace | { readonly bytes: number }): BytePlace => {
  if ('index' in found) return found
  throw damaged('its records do not follow each other')
}

/** From the first block on, which needs to know of no other; how many bytes there are where they are too few. Rejects `block-missing`. */
export const walkTo = async (
  records: Records,
  size: number,
  overhead: number,
  byte: number,
): Promise<BytePlace | { readonly bytes: number }> => {
  let [next, at] = [0, 0]
  for await (const read of records.from(0, size)) {
    if (!('record' in read)) throw read.error
    if (read.first !== next) break
    for (const length of read.record.lengths) {
      if (next === size) break
      if (byte < at + length - overhead) return { index: next, offset: byte - at }
      at += length - overhead
      next++
    }
  }
  if (next < size) throw byteUnknown(next)
  return { bytes: at }
}
