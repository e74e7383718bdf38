import { verifyLogHead, type Sodium } from '../crypto/index.js'
import type { SkeinError } from '../errors.js'
import type { BlockStorage, StorageChange } from '../platform/block-storage.js'
import { equalBytes } from '../util/bytes.js'
import { damaged } from './failures.js'
import { provesFork } from './forks.js'
import { forkEntry, headEntry, writerEntry } from './layout.js'
import type { LogEnd } from './pack.js'
import { Presence } from './presence.js'
import { leafIn, type Records } from './records.js'
import { Frontier } from './tree/frontier.js'
import { nodesOf } from './tree/positions.js'
import type { TreeHash } from './tree/tree-hash.js'
import { readWriter } from './writer.js'

/** What is known of a log without reading it, as it was after its last commit. Values: each commit makes another. */
export interface LogState {
  readonly size: number
  /** The signed HEAD of this size; `null` while the log is empty. */
  readonly head: Uint8Array | null
  /** Evidence that the log is forked. Nothing is added to it any more. */
  readonly fork: Uint8Array | null
  /** Whether this device may append to it: it has its secret, and is known to have all of it. */
  readonly isOwner: boolean
  /** Which blocks are here. */
  readonly presence: Presence
  /** Where it goes on; or why it cannot, while those of its blocks that are sound can still be read. */
  readonly end: LogEnd | BrokenEnd
}

/** What comes from others can be verified all the same where the edge of the tree is known. */
export interface BrokenEnd {
  readonly error: SkeinError
  readonly frontier: Frontier | null
}

/** What is stored as long as nobody else has added to the log or frozen it. */
export const unchanged = (logKey: Uint8Array, { head, fork }: LogState): StorageChange[] => [
  { key: headEntry(logKey), value: head },
  { key: forkEntry(logKey), value: fork },
]

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
 * block are found to fit each other. Rejects `log-damaged` for a head that is not the log's own, and for proof of a fork that proves none.
 */
export const loadState = async (loading: Loading): Promise<LogState> => {
  const { storage, logKey, sodium } = loading
  const isOwner = loading.writer !== null && (await isOwnerOf(storage, logKey))
  const [head, fork, presence] = await Promise.all([
    storage.get(headEntry(logKey)),
    storage.get(forkEntry(logKey)),
    Presence.load(storage, logKey, isOwner),
  ])
  // Peers would take it for a lie of mine; and to forget it would let a forked log grow.
  if (fork !== null && !provesFork(sodium, loading.hash, logKey, fork)) throw damaged('its proof of a fork is none')
  const known = { head, fork, isOwner, presence }
  if (head === null) return { ...known, size: 0, end: { frontier: Frontier.empty, byteLength: 0 } }
  const signed = verifyLogHead(sodium, head)
  if (signed === null || !equalBytes(signed.key, logKey)) throw damaged('its head is not signed by its key')
  const { size, root } = signed
  try {
    return { ...known, size, end: await loadEnd(loading, size, root, presence, isOwner) }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'log-damaged') throw error
    const frontier = await loadFrontier(loading, size, root).catch(() => null)
    return { ...known, size, end: { error: error as SkeinError, frontier } }
  }
}

const loadFrontier = async ({ records, hash }: Loading, size: number, root: Uint8Array): Promise<Frontier> => {
  const peaks: Uint8Array[] = []
  for (const position of nodesOf({ start: 0, end: size })) peaks.push(await records.node(position))
  const frontier = Frontier.of(size, peaks)
  if (!equalBytes(frontier.root(hash), root)) throw damaged('its tree has not the root that its head names')
  return frontier
}

const loadEnd = async (
  loading: Loading,
  size: number,
  root: Uint8Array,
  presence: Presence,
  isOwner: boolean,
): Promise<LogEnd> => {
  const { records, hash } = loading
  const frontier = await loadFrontier(loading, size, root)
  const last = await records.at(size - 1)
  if (last === null && !isOwner) return { frontier, byteLength: presence.bytesOfAll(size) }
  if (last === null) throw damaged('its last record is missing')
  const block = last.blocks[size - 1 - last.first]
  // One that was cleared cannot be looked at.
  if (block && !equalBytes(hash.leaf(block), leafIn(last, size - 1))) throw damaged('its last block is another one')
  if (!isOwner) return { frontier, byteLength: presence.bytesOfAll(size) }
  const lengths = last.lengths.slice(0, size - last.first)
  return { frontier, byteLength: lengths.reduce((sum, length) => sum + length, last.offset ?? 0) }
}

/** Of a log whose secret is here: not before it is known to have all that others may have. */
const isOwnerOf = async (storage: BlockStorage, logKey: Uint8Array): Promise<boolean> => {
  const bytes = await storage.get(writerEntry(logKey))
  return bytes !== null && !readWriter(bytes).isRestored
}
