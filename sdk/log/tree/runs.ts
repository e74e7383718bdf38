import { equalBytes } from '../../util/bytes.js'
import type { Frontier } from './frontier.js'
import { keeperOf, nodesCompletedBy, nodesOf, type KnownNode, type NodePosition } from './positions.js'
import type { TreeHash } from './tree-hash.js'

/**
 * Blocks in a row, proved as they come. The first is proved by its siblings up to the complete node that it lies under; each
 * that follows by those below what is known from the one before: as many as its index has 0s at the end. All are complete nodes,
 * so that whoever has verified them can keep them, and prove the blocks to others.
 */

const ancestor = (block: number, level: number): NodePosition => ({ level, index: Math.floor(block / 2 ** level) })

const siblingOf = ({ level, index }: NodePosition): NodePosition => ({
  level,
  index: index % 2 === 1 ? index - 1 : index + 1,
})

/** The level of the largest complete node, in a tree of this size, that a block lies under. */
const peakLevel = (block: number, size: number): number => {
  let from = 0
  for (;;) {
    const level = Math.floor(Math.log2(size - from))
    from += 2 ** level
    if (block < from) return level
  }
}

/** Up to which level the siblings of a block prove it, in a run that has begun before it or begins with it. */
const provedLevel = (block: number, size: number, isFirst: boolean): number => {
  const level = peakLevel(block, size)
  if (isFirst) return level
  let zeros = 0
  while (zeros < level && (block / 2 ** zeros) % 2 === 0) zeros++
  return zeros
}

/** What proves a block of a run, lowest first. */
export const runProof = (block: number, size: number, isFirst: boolean): NodePosition[] =>
  Array.from({ length: provedLevel(block, size, isFirst) }, (_, level) => siblingOf(ancestor(block, level)))

/** Verifies a run against a tree whose edge is known. */
export class RunVerifier {
  /** Of the proofs; not those that the blocks of the run complete. */
  readonly siblings: KnownNode[] = []
  readonly #hash: TreeHash
  readonly #frontier: Frontier
  readonly #first: number
  readonly #peaks: readonly NodePosition[]
  /** By level: the node above the block that was verified last. */
  readonly #path: Uint8Array[] = []
  /** By level: the node to the right of that, where there is one below the same complete node. */
  readonly #right: Uint8Array[] = []
  #next: number

  constructor(hash: TreeHash, frontier: Frontier, first: number) {
    this.#hash = hash
    this.#frontier = frontier
    this.#first = first
    this.#peaks = nodesOf({ start: 0, end: frontier.size })
    this.#next = first
  }

  /** The nodes that the next block completes, its leaf first; `null` when this is not that block. Nothing may follow then. */
  next(block: Uint8Array, proof: readonly Uint8Array[]): readonly Uint8Array[] | null {
    const index = this.#next
    const expected = runProof(index, this.#frontier.size, index === this.#first)
    if (proof.length !== expected.length) return null
    let node = this.#hash.leaf(block)
    const path = [node]
    for (const [level, position] of expected.entries()) {
      const sibling = proof[level] as Uint8Array
      node = position.index % 2 === 1 ? this.#hash.node(node, sibling) : this.#hash.node(sibling, node)
      path.push(node)
    }
    if (!equalBytes(node, this.#known(index, expected.length))) return null
    for (const [level, position] of expected.entries()) {
      this.siblings.push({ position, node: proof[level] as Uint8Array })
      if (position.index % 2 === 1) this.#right[level] = proof[level] as Uint8Array
    }
    path.forEach((each, level) => (this.#path[level] = each))
    this.#next++
    // Each is above this block, so it was met on the way up from here or from one before.
    return this.#path.slice(0, nodesCompletedBy(index))
  }

  #known(index: number, level: number): Uint8Array {
    const at = this.#peaks.findIndex((position) => keeperOf(position) >= index)
    const isPeak = (this.#peaks[at] as NodePosition).level === level
    return (isPeak ? this.#frontier.peaks[at] : this.#right[level]) as Uint8Array
  }
}
