import { decodeLogHead } from '../protocol/log-head.js'
import type { LogRecord } from '../protocol/log-record.js'
import { completeNodes } from '../protocol/log-nodes.js'
import { equalBytes } from '../util/bytes.js'
import type { Core } from './core.js'
import type { Presence } from './presence.js'
import { Frontier } from './tree/frontier.js'
import { nodesOf, type BlockRange, type NodePosition } from './tree/positions.js'
import type { TreeHash } from './tree/tree-hash.js'

/** What `audit()` found. */
export interface AuditReport {
  /** Every block here is what was appended, and the tree of all has the root that the writer signed. */
  readonly isSound: boolean
  /** How many blocks were here, and hashed. */
  readonly checked: number
  /**
   * Indexes, ascending, of blocks that are not what was appended, whose record cannot be read or is missing, or whose part of the tree is
   * another one.
   */
  readonly damaged: readonly number[]
  /** Those of `damaged` that peers had, and that are sound again. Empty without `repair`; with it `isSound` is of what is there now. */
  readonly repaired: readonly number[]
}

/** Goes through all of a log, in the state that it has now. An abort ends it with the signal's reason. */
export const audit = async (core: Core, signal: AbortSignal): Promise<AuditReport> => {
  const { size, head, presence, end } = core.state
  const walk = new Walk(core.parts.hash, presence)
  for await (const read of core.records.from(0, size)) {
    if (signal.aborted) throw signal.reason
    // What cannot be read is found to be missing by whatever follows.
    if ('record' in read) walk.visit(read.record)
  }
  walk.skipTo(size)
  const loose = walk.hasGaps && end.frontier !== null ? await looseRanges(core, end.frontier, signal) : []
  const damaged = loose.length === 0 ? walk.damaged : withLoose(walk.damaged, loose, presence, size)
  const isRootRight = head === null || walk.hasRoot(decodeLogHead(head).root) || (walk.hasGaps && !('error' in end))
  const isSound = isRootRight && damaged.length === 0 && loose.length === 0
  return { isSound, checked: walk.checked, damaged, repaired: [] }
}

/**
 * Of a log that is not all here: parts of the tree whose blocks do not make the node above them with the nodes that are known beside them. Nodes that
 * prove no block here are not looked at.
 */
const looseRanges = async (core: Core, frontier: Frontier, signal: AbortSignal): Promise<BlockRange[]> => {
  const loose: BlockRange[] = []
  const { presence } = core.state
  const { hash } = core.parts
  /** What the node is by what is known of it, or else by what is below. */
  const nodeAt = async (position: NodePosition, above: Uint8Array | null): Promise<Uint8Array | null> => {
    if (signal.aborted) throw signal.reason
    const { level, index } = position
    const known = above ?? (await core.records.findNode(position).catch(() => null))
    const range = { start: index * 2 ** level, end: (index + 1) * 2 ** level }
    if (level === 0 || !hasAny(presence, range)) return known
    const left = await nodeAt({ level: level - 1, index: 2 * index }, null)
    const right = await nodeAt({ level: level - 1, index: 2 * index + 1 }, null)
    const made = left === null || right === null ? null : hash.node(left, right)
    if (made === null || (known !== null && !equalBytes(made, known))) loose.push(range)
    return known ?? made
  }
  for (const [at, position] of nodesOf({ start: 0, end: frontier.size }).entries())
    await nodeAt(position, frontier.peaks[at] as Uint8Array)
  return loose
}

const hasAny = (presence: Presence, { start, end }: BlockRange): boolean => {
  for (let index = start; index < end; index++) if (presence.has(index)) return true
  return false
}

const withLoose = (
  damaged: readonly number[],
  loose: readonly BlockRange[],
  presence: Presence,
  size: number,
): readonly number[] => {
  const all = new Set(damaged)
  for (const { start, end } of loose) {
    for (let index = start; index < Math.min(end, size); index++) if (presence.has(index)) all.add(index)
  }
  return [...all].sort((one, other) => one - other)
}

class Walk {
  readonly damaged: number[] = []
  checked = 0
  /** Blocks are missing that never were here: what is known of the tree beyond was verified when the log was opened. */
  hasGaps = false
  readonly #hash: TreeHash
  readonly #presence: Presence
  #next = 0
  #bytes = 0
  /** `null` once a part is missing: nothing can be said of the tree beyond. */
  #frontier: Frontier | null = Frontier.empty

  constructor(hash: TreeHash, presence: Presence) {
    this.#hash = hash
    this.#presence = presence
  }

  visit(record: LogRecord): void {
    if (record.first < this.#next) return
    this.skipTo(record.first)
    const isPlaced = this.#frontier === null || record.offset === null || record.offset === this.#bytes
    this.#bytes = record.offset ?? this.#bytes
    record.lengths.forEach((length, at) => {
      const block = record.blocks[at] ?? null
      const isRight = this.#checkBlock(record, record.first + at, block) && (isPlaced || at > 0)
      if (!isRight) this.damaged.push(record.first + at)
      this.#bytes += length
    })
    this.#next = record.first + record.lengths.length
  }

  #checkBlock(record: LogRecord, index: number, block: Uint8Array | null): boolean {
    const before = completeNodes(record.first)
    const kept = record.nodes.slice(completeNodes(index) - before, completeNodes(index + 1) - before)
    const leaf = kept[0] as Uint8Array
    let isRight = true
    if (block !== null) {
      this.checked++
      isRight = equalBytes(this.#hash.leaf(block), leaf)
    }
    if (this.#frontier === null) return isRight
    // From the leaf as it is kept: a block that is another one then shows alone, and not all of the tree above it.
    const { frontier, completed } = this.#frontier.add(this.#hash, leaf)
    this.#frontier = frontier
    return completed.every((node, level) => equalBytes(node, kept[level] as Uint8Array)) && isRight
  }

  /** Blocks up to this one have no record that can be read. */
  skipTo(index: number): void {
    if (this.#next < index) this.#frontier = null
    for (; this.#next < index; this.#next++) {
      if (this.#presence.has(this.#next)) this.damaged.push(this.#next)
      else this.hasGaps = true
    }
  }

  hasRoot(root: Uint8Array): boolean {
    return this.#frontier !== null && equalBytes(this.#frontier.root(this.#hash), root)
  }
}
