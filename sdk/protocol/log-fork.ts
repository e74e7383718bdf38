import { concatBytes } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { MAX_FORK_HASHES } from './limits.js'
import { decodeLogHead, LOG_HEAD_BYTES, type SignedLogHead } from './log-head.js'
import { Reader } from './reader.js'

/**
 * FORK = HEAD 137 | HEAD 137 | n u8 | n times 32
 *
 * That a log's writer has signed what cannot both be true, for whoever has the key alone: two heads of one size with different
 * roots (n is 0); or the head of an older tree, that of a newer one, then the root that the newer one had at the older
 * one's size, which is another, and the proof that it was so.
 */
const HASH_BYTES = 32

export interface LogFork {
  readonly older: Uint8Array
  readonly newer: Uint8Array
  /** Empty, or a root and the proof that the newer tree begins with it. */
  readonly hashes: readonly Uint8Array[]
}

export interface DecodedLogFork extends LogFork {
  readonly heads: readonly [older: SignedLogHead, newer: SignedLogHead]
}

export const encodeLogFork = (fork: LogFork): Uint8Array =>
  concatBytes(fork.older, fork.newer, Uint8Array.of(fork.hashes.length), ...fork.hashes)

/** Its bytes are views of `bytes`. Whether anything in it is genuine is not looked at. */
export const decodeLogFork = (bytes: Uint8Array): DecodedLogFork => {
  const reader = new Reader(bytes)
  const older = reader.bytes(LOG_HEAD_BYTES)
  const newer = reader.bytes(LOG_HEAD_BYTES)
  const heads = [decodeLogHead(older), decodeLogHead(newer)] as const
  const count = reader.u8()
  if (count > MAX_FORK_HASHES) throw new DecodeError('proof too long')
  if (heads[0].size > heads[1].size) throw new DecodeError('newer head first')
  const isOfOneSize = heads[0].size === heads[1].size
  if (isOfOneSize !== (count === 0)) throw new DecodeError('proof does not fit the sizes')
  const hashes = Array.from({ length: count }, () => reader.bytes(HASH_BYTES))
  reader.end()
  return { older, newer, heads, hashes }
}
