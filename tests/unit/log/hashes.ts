import { createHash } from 'node:crypto'
import type { TreeHash } from '../../../sdk/log/tree/tree-hash.js'

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** As in RFC 9162, for values that others have published. */
export const sha256Tree: TreeHash = {
  leaf: (block) => sha256(Uint8Array.of(0), block),
  node: (left, right) => sha256(Uint8Array.of(1), left, right),
}
