import { concatBytes, encodeUtf8 } from '../util/bytes.js'

/**
 * Where things of logs are in a storage: a byte that says what it is, then of which log. Records of a log follow each other in
 * the order of their blocks.
 */
const NAME = Uint8Array.of(1)
const WRITER = Uint8Array.of(2)
const HEAD = Uint8Array.of(3)
const FORK = Uint8Array.of(4)
const RECORD = Uint8Array.of(5)

/** The key of the log that is called so on this device. */
export const nameEntry = (name: string): Uint8Array => concatBytes(NAME, encodeUtf8(name))
export const writerEntry = (logKey: Uint8Array): Uint8Array => concatBytes(WRITER, logKey)
export const headEntry = (logKey: Uint8Array): Uint8Array => concatBytes(HEAD, logKey)
export const forkEntry = (logKey: Uint8Array): Uint8Array => concatBytes(FORK, logKey)

/** Of the record whose first block this is; big-endian, as keys are ordered bytewise. */
export const recordEntry = (logKey: Uint8Array, first: number): Uint8Array => {
  const place = new Uint8Array(8)
  const view = new DataView(place.buffer)
  view.setUint32(0, Math.floor(first / 0x1_0000_0000))
  view.setUint32(4, first >>> 0)
  return concatBytes(RECORD, logKey, place)
}

/** The first block of a record, by its entry. */
export const firstOf = (entry: Uint8Array): number => {
  const view = new DataView(entry.buffer, entry.byteOffset + entry.length - 8, 8)
  return view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4)
}
