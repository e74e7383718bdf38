import { verifyLogHead } from '../crypto/index.js'
import type { StorageChange } from '../platform/block-storage.js'
import { encodeLogFork } from '../protocol/log-fork.js'
import { decodeLogHead } from '../protocol/log-head.js'
import { encodeLogRecord, type LogRecord } from '../protocol/log-record.js'
import { encodeLogTile } from '../protocol/log-tile.js'
import { equalBytes } from '../util/bytes.js'
import type { Core } from './core.js'
import { headEntry, recordEntry, tileEntry } from './layout.js'
import type { LogState } from './state.js'
import { holds } from './records.js'
import { readGrowth } from './tree/growth.js'
import { keeperOf, type KnownNode } from './tree/positions.js'
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
      ...(await tileChanges(core, state, growth.nodes)),
      { key: headEntry(logKey), value: bytes.slice() },
    ]
    const expect = { key: headEntry(logKey), value: state.head }
    // Another page was faster; what it wrote is told of.
    if (!(await storage.write(changes, { durability, expect }))) return same
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
    const expect = { key: headEntry(logKey), value: state.head }
    const isOurs = state.head !== null && equalBytes(decodeLogHead(state.head).root, head.root)
    const changes = isOurs ? await tileChanges(core, state, growth.nodes) : []
    if (changes.length > 0 && (await storage.write(changes, { durability, expect }))) core.records.stored(growth.nodes)
    return { state, changed: null }
  })
  return { root: growth.fromRoot, head: bytes.slice(), proof: growth.proof }
}

/** A block that was verified, with the nodes that it completes, its leaf first. */
export interface VerifiedBlock {
  readonly index: number
  readonly block: Uint8Array
  readonly nodes: readonly Uint8Array[]
}

/**
 * Stores runs of blocks, each behind the one before and all of one page of presence, and the nodes that proved them, in one transaction. A run has at
 * most as many as a record takes, within one 64 that begins at a multiple of that. Blocks that are here already are left as they are.
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
      const changes = [...recordChanges(core, records), ...(await tileChanges(core, state, outside)), change]
      if (!(await core.parts.storage.write(changes, { durability, expect }))) continue
      core.records.forget(records)
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
    const [begin] = open
    if (begin !== undefined) records.set(begin.index, newRecord(begin.index, open))
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

const fillIn = (record: LogRecord, { index, block }: VerifiedBlock): LogRecord => ({
  ...record,
  blocks: record.blocks.map((each, at) => (record.first + at === index ? block : each)),
})

const isHere = (core: Core, { size, presence }: LogState, block: number): boolean =>
  block < size && (core.isWritable || presence.has(block))

/** Nodes that are not stored yet, as far as is known here: those that blocks complete are in the records of these. */
const tileChanges = async (core: Core, state: LogState, nodes: readonly KnownNode[]): Promise<StorageChange[]> => {
  const byTile = new Map<string, { readonly tile: TilePlace; readonly nodes: Map<number, Uint8Array> }>()
  for (const { position, node } of nodes) {
    const { tile, place } = placeInTile(position)
    if (core.records.knows(position) || isHere(core, state, keeperOf(position))) continue
    const name = `${tile.level}/${tile.index}`
    const entry = byTile.get(name) ?? { tile, nodes: new Map<number, Uint8Array>() }
    entry.nodes.set(place, node)
    byTile.set(name, entry)
  }
  const changes: StorageChange[] = []
  for (const { tile, nodes: coming } of byTile.values()) {
    const stored = await core.records.tile(tile)
    if ([...coming.keys()].every((place) => stored.has(place))) continue
    changes.push({ key: tileEntry(core.parts.logKey, tile), value: encodeLogTile(new Map([...stored, ...coming])) })
  }
  return changes
}
