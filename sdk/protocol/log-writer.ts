import { concatBytes } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { Reader } from './reader.js'

/**
 * WRITER = version u8 = 1 | flags u8 | seed 32 | lock 32 where flags has 1
 *
 * What makes this device the writer of a log, kept beside its blocks and never sent. Flags has 1 where blocks are encrypted, and
 * the lock is what the key for that is known by; and 2 where the seed came from elsewhere, and others may have more of the log.
 */
const VERSION = 1
const ENCRYPTED = 1
const RESTORED = 2
const SEED_BYTES = 32
const LOCK_BYTES = 32

export interface LogWriter {
  readonly seed: Uint8Array
  /** `null` where blocks are not encrypted. */
  readonly lock: Uint8Array | null
  /** Nothing is appended before what others have of the log is here. */
  readonly isRestored: boolean
}

export const encodeLogWriter = ({ seed, lock, isRestored }: LogWriter): Uint8Array => {
  const flags = (lock === null ? 0 : ENCRYPTED) | (isRestored ? RESTORED : 0)
  return concatBytes(Uint8Array.of(VERSION, flags), seed, lock ?? new Uint8Array())
}

/** Its bytes are views of `bytes`. */
export const decodeLogWriter = (bytes: Uint8Array): LogWriter => {
  const reader = new Reader(bytes)
  if (reader.u8() !== VERSION) throw new DecodeError('unknown log writer version')
  const flags = reader.u8()
  if (flags > (ENCRYPTED | RESTORED)) throw new DecodeError('unknown flags')
  const seed = reader.bytes(SEED_BYTES)
  const lock = (flags & ENCRYPTED) === 0 ? null : reader.bytes(LOCK_BYTES)
  reader.end()
  return { seed, lock, isRestored: (flags & RESTORED) !== 0 }
}
