import * as encoding from 'lib0/encoding'
import { concatBytes } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import { MAX_BLOCK_BYTES, MAX_LOG_BLOCKS, MAX_RECORD_BLOCKS, MAX_RECORD_BLOCK_BYTES } from './limits.js'
import { completeNodes } from './log-nodes.js'
import { Reader } from './reader.js'

/**
 * RECORD = version u8 | count u8 | first u64 | offset u64 where version is 1 | count times length u16
 *          | presence (count + 7) / 8 | nodes, 32 each | the blocks that are present
 *
 * Blocks of a log that follow each other, as they are stored, with the nodes of the tree that they complete: as many as the
 * indexes say. Bit i of presence, lowest first, says whether the bytes of block `first + i` are here; its length stays known
 * when they are not. `offset` counts the bytes of all blocks before; a record of version 2 does not know it, as where those came
 * from others in any order.
 */
const PLACED = 1
const UNPLACED = 2
const NODE_BYTES = 32

export interface LogRecord {
  /** The index of its first block. */
  readonly first: number
  /** The bytes of all blocks before the first; `null` where that is not known. */
  readonly offset: number | null
  /** The size of each block, in bytes. */
  readonly lengths: readonly number[]
  /** `null` for a block whose bytes are not here. */
  readonly blocks: readonly (Uint8Array | null)[]
  /** Block after block those that it completes, from its leaf upwards. */
  readonly nodes: readonly Uint8Array[]
}

export const encodeLogRecord = (record: LogRecord): Uint8Array => {
  const head = encoding.encode((encoder) => {
    const count = record.lengths.length
    encoding.writeUint8(encoder, record.offset === null ? UNPLACED : PLACED)
    encoding.writeUint8(encoder, count)
    for (const number of record.offset === null ? [record.first] : [record.first, record.offset]) {
      encoding.writeUint32(encoder, number >>> 0)
      encoding.writeUint32(encoder, Math.floor(number / 0x1_0000_0000))
    }
    for (const length of record.lengths) encoding.writeUint16(encoder, length)
    const presence = new Uint8Array(Math.ceil(count / 8))
    record.blocks.forEach((block, index) => {
      if (block !== null) presence[index >> 3] = (presence[index >> 3] as number) | (1 << (index & 7))
    })
    encoding.writeUint8Array(encoder, presence)
  })
  // Copied once: an encoder grows, and copies what it has.
  return concatBytes(head, ...record.nodes, ...record.blocks.filter((block) => block !== null))
}

/** Its bytes are views of `bytes`. */
export const decodeLogRecord = (bytes: Uint8Array): LogRecord => {
  const reader = new Reader(bytes)
  const version = reader.u8()
  if (version !== PLACED && version !== UNPLACED) throw new DecodeError('unknown log record version')
  const count = reader.u8()
  if (count < 1 || count > MAX_RECORD_BLOCKS) throw new DecodeError('bad number of blocks')
  const first = reader.u64()
  if (first + count > MAX_LOG_BLOCKS) throw new DecodeError('log too long')
  const offset = version === PLACED ? reader.u64() : null
  const lengths = Array.from({ length: count }, () => reader.u16())
  if (lengths.some((length) => length > MAX_BLOCK_BYTES)) throw new DecodeError('block too long')
  if (lengths.reduce((sum, length) => sum + length) > MAX_RECORD_BLOCK_BYTES) throw new DecodeError('record too long')
  const presence = reader.bytes(Math.ceil(count / 8))
  if ((presence.at(-1) as number) >> (((count - 1) & 7) + 1) !== 0) throw new DecodeError('bad presence')
  const completed = completeNodes(first + count) - completeNodes(first)
  const nodes = Array.from({ length: completed }, () => reader.bytes(NODE_BYTES))
  const isHere = (index: number): boolean => (((presence[index >> 3] as number) >> (index & 7)) & 1) === 1
  const blocks = lengths.map((length, index) => (isHere(index) ? reader.bytes(length) : null))
  reader.end()
  return { first, offset, lengths, blocks, nodes }
}
