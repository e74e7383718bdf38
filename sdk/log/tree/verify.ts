import { equalBytes } from '../../util/bytes.js'
import { TREE_HASH_BYTES, type TreeHash } from './tree-hash.js'

/**
 * Proofs of others. Sizes are whole numbers below 2^53. Nothing is proved of an empty tree, and a hash of another length than
 * ours proves nothing: stricter than the text of RFC 9162, which leaves both open.
 */

export interface InclusionClaim {
  /** The index of the block. */
  readonly block: number
  readonly size: number
  readonly leaf: Uint8Array
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

export interface ConsistencyClaim {
  readonly from: number
  readonly to: number
  readonly fromRoot: Uint8Array
  readonly toRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

const isOdd = (value: number): boolean => value % 2 === 1
const half = (value: number): number => Math.floor(value / 2)
const isHash = (bytes: Uint8Array): boolean => bytes.length === TREE_HASH_BYTES
const isPowerOfTwo = (value: number): boolean => {
  let rest = value
  while (!isOdd(rest)) rest = half(rest)
  return rest === 1
}

/** RFC 9162, section 2.1.3.2. */
export const verifyInclusion = (hash: TreeHash, { block, size, leaf, root, proof }: InclusionClaim): boolean => {
  if (block < 0 || block >= size || ![leaf, root, ...proof].every(isHash)) return false
  let at = block
  let last = size - 1
  let result = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (isOdd(at) || at === last) {
      result = hash.node(sibling, result)
      while (!isOdd(at) && at !== 0) {
        at = half(at)
        last = half(last)
      }
    } else result = hash.node(result, sibling)
    at = half(at)
    last = half(last)
  }
  return last === 0 && equalBytes(result, root)
}

/** RFC 9162, section 2.1.4.2; and of a tree with itself, by no proof at all. */
export const verifyConsistency = (hash: TreeHash, claim: ConsistencyClaim): boolean => {
  const { from, to, fromRoot, toRoot, proof } = claim
  if (from < 1 || from > to || ![fromRoot, toRoot, ...proof].every(isHash)) return false
  if (from === to) return proof.length === 0 && equalBytes(fromRoot, toRoot)
  if (proof.length === 0) return false
  const [first, ...path] = isPowerOfTwo(from) ? [fromRoot, ...proof] : proof
  let at = from - 1
  let last = to - 1
  while (isOdd(at)) {
    at = half(at)
    last = half(last)
  }
  let older = first as Uint8Array
  let newer = older
  for (const sibling of path) {
    if (last === 0) return false
    if (isOdd(at) || at === last) {
      older = hash.node(sibling, older)
      newer = hash.node(sibling, newer)
      while (!isOdd(at) && at !== 0) {
        at = half(at)
        last = half(last)
      }
    } else newer = hash.node(newer, sibling)
    at = half(at)
    last = half(last)
  }
  return last === 0 && equalBytes(older, fromRoot) && equalBytes(newer, toRoot)
}
