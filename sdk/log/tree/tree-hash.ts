/** Every hash of a tree is as long. */
export const TREE_HASH_BYTES = 32

/** The two hashes of a tree (RFC 9162, section 2.1.1), which no bytes can be both a leaf and a node under. */
export interface TreeHash {
  /** Of a block, as it is stored. */
  leaf(block: Uint8Array): Uint8Array
  node(left: Uint8Array, right: Uint8Array): Uint8Array
}
