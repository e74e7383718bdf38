import { concatBytes } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { Reader } from './reader.js'

/**
 * STORE = version u8 = 1 | flags u8 (1: restored) | seed 32
 *
 * What makes this device the writer of a store and of all its logs. Never sent. Restored is one that came out of an export: another
 * device may have written to its logs.
 */
const VERSION = 1
const RESTORED = 1
const SEED_BYTES = 32

export interface StoreRecord {
  readonly seed: Uint8Array
  readonly isRestored: boolean
}

export const encodeStoreRecord = ({ seed, isRestored }: StoreRecord): Uint8Array =>
  concatBytes(Uint8Array.of(VERSION, isRestored ? RESTORED : 0), seed)

/** The seed is a view of `bytes`. */
export const decodeStoreRecord = (bytes: Uint8Array): StoreRecord => {
  const reader = new Reader(bytes)
  if (reader.u8() !== VERSION) throw new DecodeError('unknown version of a store')
  const flags = reader.u8()
  if (flags > RESTORED) throw new DecodeError('unknown flags')
  const seed = reader.bytes(SEED_BYTES)
  reader.end()
  return { seed, isRestored: flags === RESTORED }
}
