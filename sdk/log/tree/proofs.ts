import { splitOf, type BlockRange } from './positions.js'

/**
 * What proofs consist of (RFC 9162, sections 2.1.3.1 and 2.1.4.1): hashes of subtrees, named by the blocks that they cover. Who
 * has the complete nodes makes a hash of each by `nodesOf` and `foldNodes`.
 */

/** That the block is in the tree of this size, which is larger than the block's index. */
export const inclusionRanges = (block: number, size: number): BlockRange[] => {
  const ranges: BlockRange[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const split = start + splitOf(end - start)
    if (block < split) {
      ranges.push({ start: split, end })
      end = split
    } else {
      ranges.push({ start, end: split })
      start = split
    }
  }
  return ranges.reverse()
}

/** That the tree of size `from` is the beginning of that of size `to`: 0 < from <= to. Empty when they are the same. */
export const consistencyRanges = (from: number, to: number): BlockRange[] => {
  const ranges: BlockRange[] = []
  let start = 0
  let end = to
  // The part of the tree that is not the older one's whole, down to where the older one ends at the end of a subtree.
  while (end !== from) {
    const split = start + splitOf(end - start)
    if (from <= split) {
      ranges.push({ start: split, end })
      end = split
    } else {
      ranges.push({ start, end: split })
      start = split
    }
  }
  // A subtree that begins the log is the older tree itself, whose root the verifier has.
  if (start > 0) ranges.push({ start, end })
  return ranges.reverse()
}
