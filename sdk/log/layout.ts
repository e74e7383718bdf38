import { concatBytes, encodeUtf8 } from '../util/bytes.js'
import type { TilePlace } from './tree/tiles.js'

/**
 * Where things of logs are in a storage: a byte that says what it is, then of which log. Records of a log follow each other in
 * the order of their blocks.
 */
const NAME = Uint8Array.of(1)
const WRITER = Uint8Array.of(2)
const HEAD = Uint8Array.of(3)
const FORK = Uint8Array.of(4)
const RECORD = Uint8Array.of(5)
const TILE = Uint8Array.of(6)
const PRESENCE = Uint8Array.of(7)
const STORE_NAME = Uint8Array.of(8)
const STORE = Uint8Array.of(9)
const STORE_LIST = Uint8Array.of(10)

/** The key of the log that is called so on this device. */
export const nameEntry = (name: string): Uint8Array => concatBytes(NAME, encodeUtf8(name))
export const writerEntry = (logKey: Uint8Array): Uint8Array => concatBytes(WRITER, logKey)
export const headEntry = (logKey: Uint8Array): Uint8Array => concatBytes(HEAD, logKey)
export const forkEntry = (logKey: Uint8Array): Uint8Array => concatBytes(FORK, logKey)

/** The key of the store that is called so on this device. */
export const storeNameEntry = (name: string): Uint8Array => concatBytes(STORE_NAME, encodeUtf8(name))
export const storeEntry = (storeKey: Uint8Array): Uint8Array => concatBytes(STORE, storeKey)
/** Of a store of others: which log its list is. */
export const storeListEntry = (storeKey: Uint8Array): Uint8Array => concatBytes(STORE_LIST, storeKey)

/** Big-endian, as keys are ordered bytewise. */
const u64 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(value / 0x1_0000_0000))
  view.setUint32(4, value >>> 0)
  return bytes
}

/** Of the record whose first block this is. */
export const recordEntry = (logKey: Uint8Array, first: number): Uint8Array => concatBytes(RECORD, logKey, u64(first))

export const tileEntry = (logKey: Uint8Array, { level, index }: TilePlace): Uint8Array =>
  concatBytes(TILE, logKey, Uint8Array.of(level), u64(index))

/** Of what is here of the blocks from `page` times 32,768 on. */
export const presenceEntry = (logKey: Uint8Array, page: number): Uint8Array => concatBytes(PRESENCE, logKey, u64(page))

/** The number that an entry ends with: of a record's first block, or of a page. */
export const firstOf = (entry: Uint8Array): number => {
  const view = new DataView(entry.buffer, entry.byteOffset + entry.length - 8, 8)
  return view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4)
}
