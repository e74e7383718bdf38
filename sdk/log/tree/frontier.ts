import type { TreeHash } from './tree-hash.js'

/** What is folded right to left: the hash of the subtree that these complete nodes make. At least one. */
export const foldNodes = (hash: TreeHash, nodes: readonly Uint8Array[]): Uint8Array =>
  nodes.reduceRight((right, left) => hash.node(left, right))

/**
 * The right edge of a tree: the complete nodes that nothing covers yet, from the largest to the smallest, one for each 1 in
 * the size. All that is needed to go on. Values: adding to one leaves it as it was.
 */
export class Frontier {
  readonly size: number
  readonly peaks: readonly Uint8Array[]

  private constructor(size: number, peaks: readonly Uint8Array[]) {
    this.size = size
    this.peaks = peaks
  }

  static readonly empty = new Frontier(0, [])

  /** `peaks` are those of `nodesOf` the whole tree, in this order. */
  static of(size: number, peaks: readonly Uint8Array[]): Frontier {
    return new Frontier(size, peaks)
  }

  /** With one leaf more, and the nodes that it completes: itself, then upwards. */
  add(hash: TreeHash, leaf: Uint8Array): { readonly frontier: Frontier; readonly completed: readonly Uint8Array[] } {
    const peaks = [...this.peaks]
    const completed = [leaf]
    let top = leaf
    for (let rest = this.size; rest % 2 === 1; rest = (rest - 1) / 2) {
      top = hash.node(peaks.pop() as Uint8Array, top)
      completed.push(top)
    }
    peaks.push(top)
    return { frontier: new Frontier(this.size + 1, peaks), completed }
  }

  /** Of a tree that is not empty. */
  root(hash: TreeHash): Uint8Array {
    return foldNodes(hash, this.peaks)
  }
}
