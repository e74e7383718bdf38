import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { consistencyRanges, inclusionRanges } from '../../../sdk/log/tree/proofs.js'
import { verifyConsistency, verifyInclusion } from '../../../sdk/log/tree/verify.js'
import { sha256Tree } from './hashes.js'
import { KnownTree } from './known-tree.js'

interface Vectors {
  readonly leaves: readonly string[]
  readonly roots: readonly string[]
  readonly inclusionProofs: readonly { readonly leaf: number; readonly size: number; readonly proof: string[] }[]
  readonly consistencyProofs: readonly { readonly size1: number; readonly size2: number; readonly proof: string[] }[]
  readonly sha256SomeHash: string
  readonly sha256EmptyTreeHash: string
  readonly inclusionProbes: readonly { readonly index: number; readonly size: number }[]
  readonly consistencyProbes: readonly {
    readonly size1: number
    readonly size2: number
    readonly root1: string
    readonly root2: string
    readonly proof: string[]
    readonly wantErr: boolean
  }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/merkle.json', import.meta.url), 'utf8'),
) as unknown as Vectors
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const tree = new KnownTree(sha256Tree, vectors.leaves.map(unhex))
const someHash = unhex(vectors.sha256SomeHash)
const emptyRoot = unhex(vectors.sha256EmptyTreeHash)
const flipped = (hash: Uint8Array, bit: number): Uint8Array =>
  hash.map((byte, index) => (index === 0 ? byte ^ bit : byte))

describe('the published tree', () => {
  it('J1: has the published roots', () => {
    expect(tree.roots.map(hex)).toEqual(vectors.roots)
  })

  it.each(vectors.inclusionProofs)(
    'block $leaf of $size is proved as published, and not by anything near',
    (vector) => {
      const [block, size] = [vector.leaf - 1, vector.size]
      const proof = vector.proof.map(unhex)
      expect(tree.proof(inclusionRanges(block, size))).toEqual(proof)
      const claim = { block, size, leaf: tree.leaves[block] as Uint8Array, root: tree.root(size), proof }
      expect(verifyInclusion(sha256Tree, claim)).toBe(true)
      const nothing = new Uint8Array()
      const wrong = [
        ...[block - 1, block + 1, block ^ 2].map((other) => ({ ...claim, block: other })),
        ...[size * 2, Math.floor(size / 2)].map((other) => ({ ...claim, size: other })),
        { ...claim, leaf: new TextEncoder().encode('WrongLeaf') },
        ...[emptyRoot, someHash].map((root) => ({ ...claim, root })),
        ...[nothing, claim.root].flatMap((extra) => [
          { ...claim, proof: [...proof, extra] },
          { ...claim, proof: [extra, ...proof] },
        ]),
        ...proof.map((_, at) => ({
          ...claim,
          proof: proof.map((hash, index) => (index === at ? flipped(hash, 8) : hash)),
        })),
        ...proof.slice(0, 1).map(() => ({ ...claim, proof: proof.slice(0, -1) })),
        ...proof.slice(1, 2).map(() => ({ ...claim, proof: [proof[0] as Uint8Array, someHash, ...proof.slice(1)] })),
      ]
      expect(wrong.filter((each) => verifyInclusion(sha256Tree, each))).toEqual([])
    },
  )

  it.each(vectors.consistencyProofs)('$size1 of $size2 is proved as published, and not by anything near', (vector) => {
    const { size1: from, size2: to } = vector
    const proof = vector.proof.map(unhex)
    expect(tree.proof(consistencyRanges(from, to))).toEqual(proof)
    const claim = { from, to, fromRoot: tree.root(from), toRoot: tree.root(to), proof }
    expect(verifyConsistency(sha256Tree, claim)).toBe(true)
    // As there: of a tree with itself nothing near can be said.
    if (from === to) return
    const { fromRoot, toRoot } = claim
    const wrongRoot = new TextEncoder().encode('WrongRoot')
    const wrong = [
      ...[from - 1, from + 1, from ^ 2].map((other) => ({ ...claim, from: other })),
      ...[to * 2, Math.floor(to / 2)].map((other) => ({ ...claim, to: other })),
      { ...claim, fromRoot: wrongRoot },
      { ...claim, toRoot: wrongRoot },
      { ...claim, fromRoot: toRoot, toRoot: fromRoot },
      { ...claim, proof: [] },
      ...[new Uint8Array(), fromRoot, toRoot].flatMap((extra) => [
        { ...claim, proof: [...proof, extra] },
        { ...claim, proof: [extra, ...proof] },
      ]),
      { ...claim, proof: [proof[0] as Uint8Array, ...proof] },
      { ...claim, proof: proof.slice(0, -1) },
      ...proof.map((_, at) => ({
        ...claim,
        proof: proof.map((hash, index) => (index === at ? flipped(hash, 16) : hash)),
      })),
    ]
    expect(wrong.filter((each) => verifyConsistency(sha256Tree, each))).toEqual([])
  })

  it('proves no inclusion where there is nothing to be included in', () => {
    for (const { index: block, size } of vectors.inclusionProbes) {
      const empty = new Uint8Array()
      const claims = [
        { leaf: someHash, root: empty },
        { leaf: empty, root: emptyRoot },
        { leaf: someHash, root: emptyRoot },
      ].map((hashes) => ({ block, size, proof: [], ...hashes }))
      expect(claims.filter((claim) => verifyInclusion(sha256Tree, claim))).toEqual([])
    }
  })

  it('is judged as published at the edges, but for claims of an empty tree and for roots that are no hashes', () => {
    const verdicts = vectors.consistencyProbes.map((probe) => {
      const proof = probe.proof.map(unhex)
      const [fromRoot, toRoot] = [unhex(probe.root1), unhex(probe.root2)]
      const taken = verifyConsistency(sha256Tree, { from: probe.size1, to: probe.size2, fromRoot, toRoot, proof })
      return { sizes: [probe.size1, probe.size2], taken, asPublished: taken !== probe.wantErr }
    })
    expect(verdicts.filter(({ asPublished }) => !asPublished)).toEqual([
      { sizes: [0, 0], taken: false, asPublished: false },
      { sizes: [0, 1], taken: false, asPublished: false },
      { sizes: [1, 1], taken: false, asPublished: false },
    ])
  })
})
