import { equalBytes } from '../../util/bytes.js'
import { foldNodes, Frontier } from './frontier.js'
import { nodesOf, splitOf, type BlockRange, type KnownNode, type NodePosition } from './positions.js'
import { consistencyRanges } from './proofs.js'
import type { TreeHash } from './tree-hash.js'

/**
 * How a tree grew, in complete nodes: those that make the smaller one, then those that cover what came behind. It proves what a consistency
 * proof of RFC 9162 does, which can be made of it; that one has folded hashes, which a device that has few of the blocks could
 * neither keep nor prove anything by.
 */

/** The largest complete nodes, left to right, that cover blocks from `from` up to and without `to`. */
const coverOf = (from: number, to: number): NodePosition[] => {
  const nodes: NodePosition[] = []
  for (let at = from; at < to;) {
    let level = 0
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level++
    nodes.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return nodes
}

export const growthNodes = (from: number, to: number): NodePosition[] => [
  ...nodesOf({ start: 0, end: from }),
  ...coverOf(from, to),
]

export interface Growth {
  /** The root that the greater tree had at the smaller size; `null` for a tree that grew from nothing. */
  readonly fromRoot: Uint8Array | null
  readonly frontier: Frontier
  /** All complete nodes that this shows: what was proved against the smaller tree can be proved against the greater with them. */
  readonly nodes: readonly KnownNode[]
  /** From `fromRoot` to the root of `frontier` (RFC 9162, section 2.1.4.1). */
  readonly proof: readonly Uint8Array[]
}

/** `null` when these are not as many nodes as it takes, or do not make this root. */
export const readGrowth = (
  hash: TreeHash,
  from: number,
  to: number,
  nodes: readonly Uint8Array[],
  root: Uint8Array,
): Growth | null => {
  if (to <= from) return null
  const positions = growthNodes(from, to)
  if (nodes.length !== positions.length) return null
  const shown = positions.map((position, at) => ({ position, node: nodes[at] as Uint8Array }))
  const made: KnownNode[] = []
  const peaks = nodesOf({ start: 0, end: to }).map((position) => {
    const { start, end } = rangeOf(position)
    return subtreeOf(hash, within(shown, start, end), start, end, (part, node) => made.push({ position: part, node }))
  })
  const frontier = Frontier.of(to, peaks)
  if (!equalBytes(frontier.root(hash), root)) return null
  const before = nodes.slice(0, nodesOf({ start: 0, end: from }).length)
  const hashOf = ({ start, end }: BlockRange): Uint8Array => subtreeOf(hash, within(shown, start, end), start, end)
  return {
    fromRoot: from === 0 ? null : foldNodes(hash, before),
    frontier,
    nodes: [...shown, ...made],
    proof: from === 0 ? [] : consistencyRanges(from, to).map(hashOf),
  }
}

const rangeOf = ({ level, index }: NodePosition): BlockRange => ({
  start: index * 2 ** level,
  end: (index + 1) * 2 ** level,
})

const within = (nodes: readonly KnownNode[], start: number, end: number): KnownNode[] =>
  nodes.filter(({ position }) => rangeOf(position).start >= start && rangeOf(position).end <= end)

/** Of a subtree that these nodes cover without gaps: parted as RFC 9162 parts it, down to nodes that are there. */
const subtreeOf = (
  hash: TreeHash,
  covered: readonly KnownNode[],
  start: number,
  end: number,
  made?: (position: NodePosition, node: Uint8Array) => void,
): Uint8Array => {
  const [only] = covered
  if (covered.length === 1 && only !== undefined) return only.node
  const split = start + splitOf(end - start)
  const node = hash.node(
    subtreeOf(hash, within(covered, start, split), start, split, made),
    subtreeOf(hash, within(covered, split, end), split, end, made),
  )
  made?.({ level: Math.log2(end - start), index: start / (end - start) }, node)
  return node
}
