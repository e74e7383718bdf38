import { MAX_RECORD_BLOCKS } from '../protocol/limits.js'
import type { LogRecord } from '../protocol/log-record.js'
import type { Frontier } from './tree/frontier.js'
import type { TreeHash } from './tree/tree-hash.js'

/** Where a log ends: the edge of its tree, and the bytes of all its blocks. */
export interface LogEnd {
  readonly frontier: Frontier
  /** 0 where it is not known: this device is not the writer, and has not all blocks. */
  readonly byteLength: number
}

/** The records that these blocks take behind this end, and the end that follows. */
export const packBlocks = (
  hash: TreeHash,
  end: LogEnd,
  blocks: readonly Uint8Array[],
): { readonly records: readonly LogRecord[]; readonly end: LogEnd } => {
  const records: LogRecord[] = []
  let { frontier, byteLength } = end
  for (let from = 0; from < blocks.length;) {
    const taken = blocks.slice(from, recordEnd(blocks, from))
    const nodes: Uint8Array[] = []
    const record = {
      first: frontier.size,
      offset: byteLength,
      lengths: taken.map(({ length }) => length),
      blocks: taken,
      nodes,
    }
    for (const block of taken) {
      const next = frontier.add(hash, hash.leaf(block))
      frontier = next.frontier
      nodes.push(...next.completed)
      byteLength += block.length
    }
    records.push(record)
    from += taken.length
  }
  return { records, end: { frontier, byteLength } }
}

/** What a record takes beside its blocks: for each its length, and two nodes of the tree. */
const BESIDE_BLOCK_BYTES = 66
/**
 * Chromium keeps values of more than 64 KiB as files, each of which costs as much as 100 KiB do: to write these takes 1.6 ms in records of up to 63 KiB, 2.4 to
 * 4.4 in ones that are a little larger, and 1.5 in ones of 250 KiB.
 */
const INLINE_BYTES = 65_024

/** Up to which of these blocks one record goes that begins with the block at `from`: at least that, since no block alone is too large. */
export const recordEnd = (blocks: readonly Uint8Array[], from: number): number => {
  let stored = 0
  let to = from
  for (; to < blocks.length && to - from < MAX_RECORD_BLOCKS; to++) {
    stored += (blocks[to] as Uint8Array).length + BESIDE_BLOCK_BYTES
    if (stored > INLINE_BYTES) break
  }
  return Math.max(to, from + 1)
}
