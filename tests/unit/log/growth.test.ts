import { describe, expect, it } from 'vitest'
import { Frontier } from '../../../sdk/log/tree/frontier.js'
import { growthNodes, readGrowth } from '../../../sdk/log/tree/growth.js'
import { keeperOf, nodesCompletedBy, nodesOf, type NodePosition } from '../../../sdk/log/tree/positions.js'
import { runProof, RunVerifier } from '../../../sdk/log/tree/runs.js'
import { verifyConsistency } from '../../../sdk/log/tree/verify.js'
import { completeNodes } from '../../../sdk/protocol/log-nodes.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import { sha256Tree } from './hashes.js'
import { KnownTree } from './known-tree.js'
import { texts } from './setup.js'

const MOST = 130
const blocks = texts(MOST).map(encodeUtf8)
const tree = new KnownTree(sha256Tree, blocks)
const nodeAt = (position: NodePosition): Uint8Array =>
  tree.nodes[completeNodes(keeperOf(position)) + position.level] as Uint8Array
const frontierOf = (size: number): Frontier => Frontier.of(size, nodesOf({ start: 0, end: size }).map(nodeAt))

describe('blocks in a row', () => {
  it('J17: are proved from wherever they begin, in trees of every size, and give the nodes that they complete', () => {
    let wrong = 0
    for (let size = 1; size <= MOST; size++) {
      const frontier = frontierOf(size)
      for (let start = 0; start < size; start += 1 + (size >> 4)) {
        const verifier = new RunVerifier(sha256Tree, frontier, start)
        for (let index = start; index < Math.min(size, start + 64); index++) {
          const proof = runProof(index, size, index === start).map(nodeAt)
          const completed = verifier.next(blocks[index] as Uint8Array, proof)
          const from = completeNodes(index)
          const expected = tree.nodes.slice(from, from + nodesCompletedBy(index))
          if (completed === null || Buffer.compare(Buffer.concat(completed), Buffer.concat(expected)) !== 0) wrong++
        }
        if (verifier.siblings.some(({ position, node }) => node !== nodeAt(position))) wrong++
      }
    }
    expect(wrong).toBe(0)
  })
})

describe('growth', () => {
  it('J16: is shown from every size to every other, with the proof of RFC 9162 that follows', () => {
    let wrong = 0
    for (let to = 1; to <= MOST; to++) {
      for (let from = 0; from < to; from++) {
        const growth = readGrowth(sha256Tree, from, to, growthNodes(from, to).map(nodeAt), tree.root(to))
        if (growth === null) {
          wrong++
          continue
        }
        const { fromRoot, frontier, nodes, proof } = growth
        if (nodes.some(({ position, node }) => Buffer.compare(node, nodeAt(position)) !== 0)) wrong++
        if (Buffer.compare(frontier.root(sha256Tree), tree.root(to)) !== 0) wrong++
        if (fromRoot === null) continue
        const claim = { from, to, fromRoot: tree.root(from), toRoot: tree.root(to), proof }
        if (Buffer.compare(fromRoot, tree.root(from)) !== 0 || !verifyConsistency(sha256Tree, claim)) wrong++
      }
    }
    expect(wrong).toBe(0)
  })

  it('J16: is none with another number of nodes, another root, or to a size that is not greater', () => {
    const nodes = growthNodes(5, 13).map(nodeAt)
    expect(readGrowth(sha256Tree, 5, 13, nodes, tree.root(13))).not.toBeNull()
    expect(readGrowth(sha256Tree, 5, 13, nodes.slice(1), tree.root(13))).toBeNull()
    expect(readGrowth(sha256Tree, 5, 13, [...nodes, tree.root(1)], tree.root(13))).toBeNull()
    expect(readGrowth(sha256Tree, 5, 13, nodes, tree.root(12))).toBeNull()
    expect(readGrowth(sha256Tree, 5, 5, growthNodes(5, 5).map(nodeAt), tree.root(5))).toBeNull()
  })

  it('takes at most 120 nodes, whatever the sizes', () => {
    const sizes = [2 ** 40, 2 ** 40 - 1, 2 ** 39 - 1, 2 ** 39 + 1, 0x55_5555_5555, 2 ** 20 - 1, 1]
    const most = Math.max(
      ...sizes.flatMap((to) => sizes.filter((from) => from < to).map((from) => growthNodes(from, to).length)),
    )
    expect(most).toBeLessThanOrEqual(120)
    expect(most).toBeGreaterThan(70)
  })
})
