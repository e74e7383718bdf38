import { verifyLogHead, type Sodium } from '../crypto/index.js'
import { DecodeError } from '../protocol/decode-error.js'
import { decodeLogFork, type DecodedLogFork } from '../protocol/log-fork.js'
import { equalBytes } from '../util/bytes.js'
import type { TreeHash } from './tree/tree-hash.js'
import { verifyConsistency } from './tree/verify.js'

/** Whether these bytes prove to anybody that the writer of this log has signed two histories. */
export const provesFork = (sodium: Sodium, hash: TreeHash, logKey: Uint8Array, evidence: Uint8Array): boolean => {
  const fork = decode(evidence)
  if (fork === null) return false
  const [older, newer] = [verifyLogHead(sodium, fork.older), verifyLogHead(sodium, fork.newer)]
  if (older === null || newer === null) return false
  if (![older, newer].every(({ key }) => equalBytes(key, logKey))) return false
  const [otherRoot, ...proof] = fork.hashes
  // Of one size: two roots. Otherwise the newer tree is proved to begin with another root than the older head names.
  if (otherRoot === undefined) return !equalBytes(older.root, newer.root)
  return (
    !equalBytes(otherRoot, older.root) &&
    verifyConsistency(hash, { from: older.size, to: newer.size, fromRoot: otherRoot, toRoot: newer.root, proof })
  )
}

const decode = (evidence: Uint8Array): DecodedLogFork | null => {
  try {
    return decodeLogFork(evidence)
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
