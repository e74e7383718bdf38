import { MAX_RECORD_BLOCKS, MAX_RECORD_BLOCK_BYTES } from '../protocol/limits.js'
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
    const taken = takeRecord(blocks, from)
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

/** As many as one record takes, at least one: no block alone is too large. */
const takeRecord = (blocks: readonly Uint8Array[], from: number): readonly Uint8Array[] => {
  let bytes = 0
  let to = from
  for (; to < blocks.length && to - from < MAX_RECORD_BLOCKS; to++) {
    bytes += (blocks[to] as Uint8Array).length
    if (bytes > MAX_RECORD_BLOCK_BYTES) break
  }
  return blocks.slice(from, to)
}
