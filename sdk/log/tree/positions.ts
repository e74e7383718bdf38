import { completeNodes } from '../../protocol/log-nodes.js'

/**
 * Where the nodes of a tree are. A node is named by its level, leaves being 0, and its index from the left: it covers the
 * `2^level` blocks from `index * 2^level` on. Nodes that end in the middle of the log, at its right edge, are not kept: they
 * change with each block, and follow from those that are.
 *
 * The block with index i completes its leaf and then one node for each 1 at the end of i. In this order nodes are kept, block
 * after block. Sizes go up to 2^40, beyond what bitwise operators take.
 */
export interface NodePosition {
  readonly level: number
  readonly index: number
}

export interface KnownNode {
  readonly position: NodePosition
  readonly node: Uint8Array
}

/** Blocks from `start` on, up to and without `end`. */
export interface BlockRange {
  readonly start: number
  readonly end: number
}

/** Indexes, ascending, as the ranges that they make. */
export const rangesOf = (indexes: readonly number[]): BlockRange[] => {
  const ranges: { start: number; end: number }[] = []
  for (const index of indexes) {
    const last = ranges.at(-1)
    if (last?.end === index) last.end = index + 1
    else ranges.push({ start: index, end: index + 1 })
  }
  return ranges
}

/** The last block that a node covers, which completes it: it is the node's keeper, and the node the one at `level` of its. */
export const keeperOf = ({ level, index }: NodePosition): number => (index + 1) * 2 ** level - 1

/** How many nodes this block completes, its leaf included. */
export const nodesCompletedBy = (block: number): number => completeNodes(block + 1) - completeNodes(block)

/** The largest power of two below `size`, which is at least 2: where a tree of this size is parted. */
export const splitOf = (size: number): number => {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

/**
 * The complete nodes, left to right, whose hashes make that of a subtree. The range is one that a tree is parted into, or a
 * whole tree: each part begins at a multiple of its size.
 */
export const nodesOf = ({ start, end }: BlockRange): NodePosition[] => {
  const nodes: NodePosition[] = []
  let from = start
  while (from < end) {
    let level = 0
    while (2 ** (level + 1) <= end - from) level++
    nodes.push({ level, index: from / 2 ** level })
    from += 2 ** level
  }
  return nodes
}
