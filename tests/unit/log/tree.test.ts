import { describe, expect, it } from 'vitest'
import { Frontier } from '../../../sdk/log/tree/frontier.js'
import { keeperOf, nodesCompletedBy, nodesOf } from '../../../sdk/log/tree/positions.js'
import { consistencyRanges, inclusionRanges } from '../../../sdk/log/tree/proofs.js'
import type { TreeHash } from '../../../sdk/log/tree/tree-hash.js'
import { verifyConsistency, verifyInclusion } from '../../../sdk/log/tree/verify.js'
import { completeNodes } from '../../../sdk/protocol/log-nodes.js'
import { sha256Tree } from './hashes.js'
import { KnownTree } from './known-tree.js'

const INCLUSION_SIZES = 300
const CONSISTENCY_SIZES = 130

const blocks = Array.from({ length: INCLUSION_SIZES }, (_, index) => Uint8Array.of(index & 255, index >> 8))
const tree = new KnownTree(sha256Tree, blocks)

/** MTH of RFC 9162, section 2.1.1, word for word. */
const rootByDefinition = (hash: TreeHash, leaves: readonly Uint8Array[]): Uint8Array => {
  if (leaves.length === 1) return leaves[0] as Uint8Array
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return hash.node(rootByDefinition(hash, leaves.slice(0, split)), rootByDefinition(hash, leaves.slice(split)))
}

describe('a tree', () => {
  it('J1: has the root that RFC 9162 defines, at every size', () => {
    for (let size = 1; size <= INCLUSION_SIZES; size++) {
      expect(tree.root(size)).toEqual(rootByDefinition(sha256Tree, tree.leaves.slice(0, size)))
    }
  })

  it('J2: keeps its complete nodes in the order in which blocks complete them', () => {
    expect(Array.from({ length: 8 }, (_, block) => nodesCompletedBy(block))).toEqual([1, 2, 1, 3, 1, 2, 1, 4])
    expect(completeNodes(8)).toBe(15)
    expect(nodesOf({ start: 0, end: 6 }).map(keeperOf)).toEqual([3, 5])
    const left = sha256Tree.node(tree.leaves[0] as Uint8Array, tree.leaves[1] as Uint8Array)
    expect(tree.nodes.slice(0, 3)).toEqual([tree.leaves[0], tree.leaves[1], left])
  })

  it('counts its nodes beyond what 32 bits hold', () => {
    expect(completeNodes(2 ** 40)).toBe(2 ** 41 - 1)
    expect(nodesCompletedBy(2 ** 40 - 1)).toBe(41)
    expect(nodesOf({ start: 0, end: 2 ** 40 + 2 ** 33 })).toEqual([
      { level: 40, index: 0 },
      { level: 33, index: 128 },
    ])
    expect(inclusionRanges(2 ** 39, 2 ** 40)).toHaveLength(40)
  })

  it('goes on from its peaks alone', () => {
    for (const size of [1, 2, 3, 7, 8, 255, 256, 299]) {
      const peaks = nodesOf({ start: 0, end: size }).map((position) =>
        tree.subtree({ start: position.index * 2 ** position.level, end: keeperOf(position) + 1 }),
      )
      const { frontier } = Frontier.of(size, peaks).add(sha256Tree, tree.leaves[size] as Uint8Array)
      expect(frontier.root(sha256Tree)).toEqual(tree.root(size + 1))
    }
  })
})

describe('inclusion', () => {
  it(`is proved of every block in every tree of up to ${INCLUSION_SIZES} blocks`, () => {
    let proved = 0
    for (let size = 1; size <= INCLUSION_SIZES; size++) {
      for (let block = 0; block < size; block++) {
        const proof = tree.proof(inclusionRanges(block, size))
        const leaf = tree.leaves[block] as Uint8Array
        if (verifyInclusion(sha256Tree, { block, size, leaf, root: tree.root(size), proof })) proved++
      }
    }
    expect(proved).toBe((INCLUSION_SIZES * (INCLUSION_SIZES + 1)) / 2)
  })

  it('is not proved of another block, by another proof, or for another root', () => {
    for (let size = 2; size <= 40; size++) {
      for (let block = 0; block < size; block++) {
        const leaf = tree.leaves[block] as Uint8Array
        const claim = { block, size, leaf, root: tree.root(size), proof: tree.proof(inclusionRanges(block, size)) }
        const other = (block + 1) % size
        const wrong = [
          { ...claim, block: other },
          { ...claim, leaf: tree.leaves[other] as Uint8Array },
          { ...claim, root: tree.root(size - 1) },
          { ...claim, proof: claim.proof.slice(1) },
          { ...claim, proof: [...claim.proof, leaf] },
          { ...claim, proof: claim.proof.map((hash, index) => (index === 0 ? leaf : hash)) },
        ]
        expect(wrong.filter((each) => verifyInclusion(sha256Tree, each))).toEqual([])
      }
    }
  })
})

describe('consistency', () => {
  it(`is proved of every pair of trees of up to ${CONSISTENCY_SIZES} blocks`, () => {
    let proved = 0
    for (let to = 1; to <= CONSISTENCY_SIZES; to++) {
      for (let from = 1; from <= to; from++) {
        const proof = tree.proof(consistencyRanges(from, to))
        const claim = { from, to, fromRoot: tree.root(from), toRoot: tree.root(to), proof }
        if (verifyConsistency(sha256Tree, claim)) proved++
      }
    }
    expect(proved).toBe((CONSISTENCY_SIZES * (CONSISTENCY_SIZES + 1)) / 2)
  })

  it('is not proved of trees that part, nor by a proof that is too long, too short or of another pair', () => {
    const forked = new KnownTree(sha256Tree, [...blocks.slice(0, 5), Uint8Array.of(99), ...blocks.slice(6, 40)])
    for (let to = 7; to <= 40; to++) {
      for (let from = 6; from < to; from++) {
        const proof = tree.proof(consistencyRanges(from, to))
        const claim = { from, to, fromRoot: tree.root(from), toRoot: tree.root(to), proof }
        const wrong = [
          { ...claim, fromRoot: forked.root(from) },
          { ...claim, toRoot: forked.root(to) },
          { ...claim, proof: proof.map((hash, index) => (index === 0 ? tree.root(299) : hash)) },
          { ...claim, proof: proof.slice(1) },
          { ...claim, proof: [...proof, tree.root(1)] },
          { ...claim, proof: [] },
          { ...claim, from: from + 1 },
          { ...claim, from: to, to: from },
        ]
        expect(wrong.filter((each) => verifyConsistency(sha256Tree, each))).toEqual([])
      }
    }
  })
})
