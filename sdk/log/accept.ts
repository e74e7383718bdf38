import { verifyLogHead } from '../crypto/index.js'
import type { StorageChange } from '../platform/block-storage.js'
import { encodeLogFork } from '../protocol/log-fork.js'
import { decodeLogHead } from '../protocol/log-head.js'
import { completeNodes } from '../protocol/log-nodes.js'
import { encodeLogRecord, type LogRecord } from '../protocol/log-record.js'
import { encodeLogTile } from '../protocol/log-tile.js'
import { equalBytes } from '../util/bytes.js'
import type { Core } from './core.js'
import { headEntry, recordEntry, tileEntry } from './layout.js'
import { recordEnd } from './pack.js'
import { holds, leafIn, readable } from './records.js'
import { unchanged, type LogState } from './state.js'
import { readGrowth } from './tree/growth.js'
import { keeperOf, type KnownNode, type NodePosition } from './tree/positions.js'
import { placeInTile, type TilePlace } from './tree/tiles.js'

/** What others brought and what becomes part of a log here. It can be had again: nothing of it has to outlast a power cut. */
const durability = 'relaxed'

/** `stale` when the log is another by now than the one that the proof goes on from. */
export type GrowthOutcome = 'grown' | 'stale' | 'forked' | 'invalid'

/**
 * Takes a head that somebody else shows, when the nodes prove that its tree begins with the one that is here, of `from` blocks. Freezes
 * the log when they prove that it does not.
 */
export const acceptGrowth = async (
  core: Core,
  bytes: Uint8Array,
  from: number,
  nodes: readonly Uint8Array[],
): Promise<GrowthOutcome> => {
  const { sodium, hash, logKey, storage } = core.parts
  const head = verifyLogHead(sodium, bytes)
  if (head === null || !equalBytes(head.key, logKey)) return 'invalid'
  const growth = readGrowth(hash, from, head.size, nodes, head.root)
  if (growth === null) return 'invalid'
  const { fromRoot, frontier, proof } = growth
  const mine = core.state
  if (mine.size !== from || mine.fork !== null) return 'stale'
  if (fromRoot !== null && mine.head !== null && !equalBytes(fromRoot, decodeLogHead(mine.head).root)) {
    await core.freeze(encodeLogFork({ older: mine.head, newer: bytes, hashes: [fromRoot, ...proof] }))
    return 'forked'
  }
  let outcome: GrowthOutcome = 'stale'
  await core.update(async (state) => {
    const same = { state, changed: null }
    if (state.size !== from || state.fork !== null) return same
    const changes = [
      ...(await tileChanges(core, growth.nodes, isStored(core, state))),
      { key: headEntry(logKey), value: bytes.slice() },
    ]
    // Another page was faster; what it wrote is told of.
    if (!(await storage.write(changes, { durability, expect: unchanged(logKey, state) }))) return same
    core.records.stored(growth.nodes)
    outcome = 'grown'
    const byteLength = state.presence.bytesOfAll(head.size)
    return { state: { ...state, size: head.size, head: bytes.slice(), end: { frontier, byteLength } }, changed: null }
  })
  return outcome
}

/** What a peer shows of how a log grew up to a size that is here already. */
export interface Comparison {
  /** The root that the tree of the head had at the size that was asked about. */
  readonly root: Uint8Array
  readonly head: Uint8Array
  /** From `root` to that of the head (RFC 9162, section 2.1.4.1). */
  readonly proof: readonly Uint8Array[]
}

/**
 * Takes what shows how the log grew from a size that is less than it has here; `null` for what proves nothing. Where that is shown of the head that is
 * here, its nodes are kept: what could not be compared before, as they were not known, can be then.
 */
export const acceptComparison = async (
  core: Core,
  bytes: Uint8Array,
  from: number,
  nodes: readonly Uint8Array[],
): Promise<Comparison | null> => {
  const { sodium, hash, logKey, storage } = core.parts
  const head = verifyLogHead(sodium, bytes)
  if (head === null || !equalBytes(head.key, logKey)) return null
  const growth = readGrowth(hash, from, head.size, nodes, head.root)
  if (growth === null || growth.fromRoot === null) return null
  await core.update(async (state) => {
    const expect = unchanged(logKey, state)
    const isOurs = state.head !== null && equalBytes(decodeLogHead(state.head).root, head.root)
    const changes = isOurs ? await tileChanges(core, growth.nodes, isStored(core, state)) : []
    if (changes.length > 0 && (await storage.write(changes, { durability, expect }))) core.records.stored(growth.nodes)
    return { state, changed: null }
  })
  return { root: growth.fromRoot, head: bytes.slice(), proof: growth.proof }
}

/** Takes the edge of the tree from others, where it is damaged here and nobody has a longer log. Whether that is what the nodes prove. */
export const acceptEdge = async (core: Core, bytes: Uint8Array, nodes: readonly Uint8Array[]): Promise<boolean> => {
  const { sodium, hash, logKey, storage } = core.parts
  const head = verifyLogHead(sodium, bytes)
  if (head === null || !equalBytes(head.key, logKey)) return false
  const growth = readGrowth(hash, 0, head.size, nodes, head.root)
  if (growth === null) return false
  await core.update(async (state) => {
    const isOurs = state.head !== null && equalBytes(decodeLogHead(state.head).root, head.root)
    if (!isOurs || !('error' in state.end)) return { state, changed: null }
    const isInRecord = async (position: NodePosition): Promise<boolean> =>
      (await readable(core.records.at(keeperOf(position)))) !== null
    const tiles = await tileChanges(core, growth.nodes, isInRecord)
    const changes = [...tiles, ...(await rowChanges(core, growth.nodes))]
    if (changes.length === 0) return { state, changed: null }
    await storage.write(changes, { durability, expect: unchanged(logKey, state) })
    return { state: await core.load(), changed: null }
  })
  return true
}

/** A block that was verified, with the nodes that it completes, its leaf first. */
export interface VerifiedBlock {
  readonly index: number
  readonly block: Uint8Array
  readonly nodes: readonly Uint8Array[]
}

/**
 * Stores runs of blocks, each behind the one before and all of one page of presence, and the nodes that proved them, in one transaction. A run has at
 * most 64, within one 64 that begins at a multiple of that, and takes as many records as it needs. Blocks that are here already are left as they are.
 */
export const acceptBlocks = (
  core: Core,
  runs: readonly (readonly VerifiedBlock[])[],
  siblings: readonly KnownNode[],
): Promise<void> =>
  core.update(async (before) => {
    const all = runs.flat()
    const ends = [all[0]?.index ?? 0, all.at(-1)?.index ?? 0] as const
    // The others will be in the records of the blocks that complete them.
    const outside = siblings.filter(({ position }) => keeperOf(position) < ends[0] || keeperOf(position) > ends[1])
    for (let state = before; ; state = await core.load()) {
      const isComing = ({ index }: VerifiedBlock): boolean => index < state.size && !state.presence.has(index)
      const coming = runs.map((run) => run.filter(isComing)).filter((run) => run.length > 0)
      const [first, last] = [coming[0]?.[0], coming.at(-1)?.at(-1)]
      if (first === undefined || last === undefined) return { state, changed: null }
      const lengths = coming.flat().map(({ index, block }) => ({ index, length: block.length }))
      const { presence, change, expect } = state.presence.with(lengths, true)
      const records = await recordsWith(core, coming)
      const changes = [
        ...recordChanges(core, records),
        ...(await tileChanges(core, outside, isStored(core, state))),
        change,
      ]
      if (!(await core.parts.storage.write(changes, { durability, expect: [expect] }))) continue
      core.records.wrote(records)
      core.records.stored(outside)
      return { state: withPresence(core, state, presence), changed: { start: first.index, end: last.index + 1 } }
    }
  })

const withPresence = (core: Core, state: LogState, presence: LogState['presence']): LogState => {
  if (core.isWritable || 'error' in state.end) return { ...state, presence }
  return { ...state, presence, end: { ...state.end, byteLength: presence.bytesOfAll(state.size) } }
}

/** Into records that have their place already, and new ones for the rest: no two records are ever of the same block. */
const recordsWith = async (core: Core, runs: readonly (readonly VerifiedBlock[])[]): Promise<LogRecord[]> => {
  const [first, last] = [runs[0]?.[0], runs.at(-1)?.at(-1)]
  const over = first === undefined || last === undefined ? [] : await core.records.over(first.index, last.index + 1)
  const records = new Map<number, LogRecord>()
  let open: VerifiedBlock[] = []
  const finish = (): void => {
    const blocks = open.map(({ block }) => block)
    for (let from = 0; from < open.length;) {
      const to = recordEnd(blocks, from)
      const first = (open[from] as VerifiedBlock).index
      records.set(first, newRecord(first, open.slice(from, to)))
      from = to
    }
    open = []
  }
  for (const run of runs) {
    for (const each of run) {
      const stored = over.find((record) => holds(record, each.index))
      if (stored !== undefined || open.at(-1)?.index !== each.index - 1) finish()
      if (stored === undefined) open.push(each)
      else records.set(stored.first, fillIn(records.get(stored.first) ?? stored, each))
    }
    finish()
  }
  return [...records.values()]
}

const recordChanges = (core: Core, records: readonly LogRecord[]): StorageChange[] =>
  records.map((record) => ({ key: recordEntry(core.parts.logKey, record.first), value: encodeLogRecord(record) }))

const newRecord = (first: number, coming: readonly VerifiedBlock[]): LogRecord => ({
  first,
  offset: null,
  lengths: coming.map(({ block }) => block.length),
  blocks: coming.map(({ block }) => block),
  nodes: coming.flatMap(({ nodes }) => nodes),
})

/** With the nodes that were proved with it: those that were kept may be damaged. */
const fillIn = (record: LogRecord, { index, block, nodes }: VerifiedBlock): LogRecord => {
  const at = completeNodes(index) - completeNodes(record.first)
  const isIt = (place: number): boolean => record.first + place === index
  return {
    ...record,
    lengths: record.lengths.map((length, place) => (isIt(place) ? block.length : length)),
    blocks: record.blocks.map((each, place) => (isIt(place) ? block : each)),
    nodes: [...record.nodes.slice(0, at), ...nodes, ...record.nodes.slice(at + nodes.length)],
  }
}

/** Nodes that records here have, and have wrong. */
const rowChanges = async (core: Core, nodes: readonly KnownNode[]): Promise<StorageChange[]> => {
  const records = new Map<number, LogRecord>()
  for (const { position, node } of nodes) {
    const keeper = keeperOf(position)
    const stored = await readable(core.records.at(keeper))
    if (stored === null || equalBytes(leafIn(stored, keeper, position.level), node)) continue
    const record = records.get(stored.first) ?? stored
    const at = completeNodes(keeper) - completeNodes(record.first) + position.level
    records.set(record.first, { ...record, nodes: record.nodes.map((each, place) => (place === at ? node : each)) })
  }
  return [...records.values()].map((record) => ({
    key: recordEntry(core.parts.logKey, record.first),
    value: encodeLogRecord(record),
  }))
}

/** As far as is known here without a look: what blocks complete is in the records of these. */
const isStored =
  (core: Core, { size, presence }: LogState) =>
  (position: NodePosition): boolean => {
    const block = keeperOf(position)
    return core.records.knows(position) || (block < size && (core.isWritable || presence.has(block)))
  }

/** Nodes that are not stored yet. */
const tileChanges = async (
  core: Core,
  nodes: readonly KnownNode[],
  isKept: (position: NodePosition) => boolean | Promise<boolean>,
): Promise<StorageChange[]> => {
  const byTile = new Map<string, { readonly tile: TilePlace; readonly nodes: Map<number, Uint8Array> }>()
  for (const { position, node } of nodes) {
    const { tile, place } = placeInTile(position)
    if (await isKept(position)) continue
    const name = `${tile.level}/${tile.index}`
    const entry = byTile.get(name) ?? { tile, nodes: new Map<number, Uint8Array>() }
    entry.nodes.set(place, node)
    byTile.set(name, entry)
  }
  const changes: StorageChange[] = []
  for (const { tile, nodes: coming } of byTile.values()) {
    const stored = (await readable(core.records.tile(tile))) ?? new Map<number, Uint8Array>()
    const isKept = ([place, node]: readonly [number, Uint8Array]): boolean =>
      equalBytes(stored.get(place) ?? new Uint8Array(), node)
    if ([...coming].every(isKept)) continue
    changes.push({ key: tileEntry(core.parts.logKey, tile), value: encodeLogTile(new Map([...stored, ...coming])) })
  }
  return changes
}
