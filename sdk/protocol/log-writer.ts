import { concatBytes } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { Reader } from './reader.js'

/**
 * WRITER = version u8 = 1 | flags u8 | seed 32 | lock 32 where flags is 1
 *
 * What makes this device the writer of a log, kept beside its blocks and never sent. Flags is 1 where blocks are encrypted, and
 * the lock is what the key for that is known by.
 */
const VERSION = 1
const ENCRYPTED = 1
const SEED_BYTES = 32
const LOCK_BYTES = 32

export interface LogWriter {
  readonly seed: Uint8Array
  /** `null` where blocks are not encrypted. */
  readonly lock: Uint8Array | null
}

export const encodeLogWriter = ({ seed, lock }: LogWriter): Uint8Array =>
  concatBytes(Uint8Array.of(VERSION, lock === null ? 0 : ENCRYPTED), seed, lock ?? new Uint8Array())

/** Its bytes are views of `bytes`. */
export const decodeLogWriter = (bytes: Uint8Array): LogWriter => {
  const reader = new Reader(bytes)
  if (reader.u8() !== VERSION) throw new DecodeError('unknown log writer version')
  const flags = reader.u8()
  if (flags > ENCRYPTED) throw new DecodeError('unknown flags')
  const seed = reader.bytes(SEED_BYTES)
  const lock = flags === ENCRYPTED ? reader.bytes(LOCK_BYTES) : null
  reader.end()
  return { seed, lock }
}
