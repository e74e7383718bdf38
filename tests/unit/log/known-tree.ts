import { Frontier, foldNodes } from '../../../sdk/log/tree/frontier.js'
import { keeperOf, nodesOf, type BlockRange } from '../../../sdk/log/tree/positions.js'
import { completeNodes } from '../../../sdk/protocol/log-nodes.js'
import type { TreeHash } from '../../../sdk/log/tree/tree-hash.js'

/** A tree whose complete nodes are all known, one list in the order in which they are kept. */
export class KnownTree {
  readonly nodes: Uint8Array[] = []
  readonly leaves: Uint8Array[] = []
  /** By size, from 1 on. */
  readonly roots: Uint8Array[] = []
  readonly #hash: TreeHash
  #frontier = Frontier.empty

  constructor(hash: TreeHash, blocks: readonly Uint8Array[]) {
    this.#hash = hash
    for (const block of blocks) {
      const leaf = hash.leaf(block)
      const { frontier, completed } = this.#frontier.add(hash, leaf)
      this.#frontier = frontier
      this.leaves.push(leaf)
      this.nodes.push(...completed)
      this.roots.push(frontier.root(hash))
    }
  }

  root(size: number): Uint8Array {
    return this.roots[size - 1] as Uint8Array
  }

  subtree(range: BlockRange): Uint8Array {
    const nodes = nodesOf(range).map(
      (position) => this.nodes[completeNodes(keeperOf(position)) + position.level] as Uint8Array,
    )
    return foldNodes(this.#hash, nodes)
  }

  proof(ranges: readonly BlockRange[]): Uint8Array[] {
    return ranges.map((range) => this.subtree(range))
  }
}
