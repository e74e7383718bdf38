import { verifyLogHead, type Sodium } from '../crypto/index.js'
import type { SkeinError } from '../errors.js'
import type { BlockStorage } from '../platform/block-storage.js'
import { equalBytes } from '../util/bytes.js'
import { damaged } from './failures.js'
import { forkEntry, headEntry } from './layout.js'
import type { LogEnd } from './pack.js'
import { Presence } from './presence.js'
import { leafIn, type Records } from './records.js'
import { Frontier } from './tree/frontier.js'
import { nodesOf } from './tree/positions.js'
import type { TreeHash } from './tree/tree-hash.js'

/** What is known of a log without reading it, as it was after its last commit. Values: each commit makes another. */
export interface LogState {
  readonly size: number
  /** The signed HEAD of this size; `null` while the log is empty. */
  readonly head: Uint8Array | null
  /** Evidence that the log is forked. Nothing is added to it any more. */
  readonly fork: Uint8Array | null
  /** Which blocks are here. */
  readonly presence: Presence
  /** Where it goes on; or why it cannot, while those of its blocks that are sound can still be read. */
  readonly end: LogEnd | { readonly error: SkeinError }
}

export interface Loading {
  readonly storage: BlockStorage
  readonly records: Records
  readonly logKey: Uint8Array
  readonly sodium: Sodium
  readonly hash: TreeHash
  readonly writer: object | null
}

/**
 * Reads as many records as the size has 1s, and no more, whatever the size: the signature of the head, its root, and the last
 * block are found to fit each other. Rejects `log-damaged` for a head that is not the log's own.
 */
export const loadState = async (loading: Loading): Promise<LogState> => {
  const { storage, logKey, sodium } = loading
  const [head, fork, presence] = await Promise.all([
    storage.get(headEntry(logKey)),
    storage.get(forkEntry(logKey)),
    Presence.load(storage, logKey, loading.writer !== null),
  ])
  if (head === null) return { size: 0, head, fork, presence, end: { frontier: Frontier.empty, byteLength: 0 } }
  const signed = verifyLogHead(sodium, head)
  if (signed === null || !equalBytes(signed.key, logKey)) throw damaged('its head is not signed by its key')
  const { size, root } = signed
  try {
    return { size, head, fork, presence, end: await loadEnd(loading, size, root, presence) }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'log-damaged') throw error
    return { size, head, fork, presence, end: { error: error as SkeinError } }
  }
}

const loadEnd = async (
  { records, hash, writer }: Loading,
  size: number,
  root: Uint8Array,
  presence: Presence,
): Promise<LogEnd> => {
  const peaks: Uint8Array[] = []
  for (const position of nodesOf({ start: 0, end: size })) peaks.push(await records.node(position))
  const frontier = Frontier.of(size, peaks)
  if (!equalBytes(frontier.root(hash), root)) throw damaged('its tree has not the root that its head names')
  const last = await records.at(size - 1)
  if (last === null && writer === null) return { frontier, byteLength: presence.bytesOfAll(size) }
  if (last === null) throw damaged('its last record is missing')
  const block = last.blocks[size - 1 - last.first]
  // One that was cleared cannot be looked at.
  if (block && !equalBytes(hash.leaf(block), leafIn(last, size - 1))) throw damaged('its last block is another one')
  if (writer === null) return { frontier, byteLength: presence.bytesOfAll(size) }
  const lengths = last.lengths.slice(0, size - last.first)
  return { frontier, byteLength: lengths.reduce((sum, length) => sum + length, last.offset ?? 0) }
}
