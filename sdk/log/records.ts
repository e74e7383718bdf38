import type { BlockStorage } from '../platform/block-storage.js'
import { DecodeError } from '../protocol/decode-error.js'
import { decodeLogRecord, type LogRecord } from '../protocol/log-record.js'
import { decodeLogTile, type LogTile } from '../protocol/log-tile.js'
import { damaged } from './failures.js'
import { firstOf, recordEntry, tileEntry } from './layout.js'
import { completeNodes } from '../protocol/log-nodes.js'
import { keeperOf, nodesCompletedBy, type KnownNode, type NodePosition } from './tree/positions.js'
import { placeInTile, type TilePlace } from './tree/tiles.js'

/** Whoever reads one block mostly reads those beside it then: 1 MiB at most. */
const MAX_RECENT = 4
/** All nodes of what one look goes through for others, and what proves blocks that are far apart, which is mostly the same: 450 KiB at most. */
const MAX_KNOWN_NODES = 3_072

/** Reads at a time of whoever goes through all of them: 4 MiB at most. */
const RECORDS_AT_ONCE = 16

/** A record, or why there is none that can be read. */
export type ReadRecord =
  { readonly first: number; readonly record: LogRecord } | { readonly first: number; readonly error: Error }

/** The records of one log, as they are stored. What they say of themselves is checked, and not whether it is true. */
export class Records {
  readonly #storage: BlockStorage
  readonly #logKey: Uint8Array
  /** The latest last. */
  #recent: LogRecord[] = []
  /** By number: complete nodes that are stored, which never change. */
  readonly #known = new Map<number, Uint8Array>()

  constructor(storage: BlockStorage, logKey: Uint8Array) {
    this.#storage = storage
    this.#logKey = logKey
  }

  /** The record that this block is in; `null` when there is none. Rejects `log-damaged`. */
  async at(block: number): Promise<LogRecord | null> {
    const recent = this.#recentWith(block)
    if (recent !== null) return recent
    const entry = await this.#storage.last(recordEntry(this.#logKey, 0), recordEntry(this.#logKey, block))
    if (entry === null) return null
    const record = read(firstOf(entry.key), entry.value)
    if (!holds(record, block)) return null
    this.#keep(record)
    return record
  }

  /** Those that can be read and that any of the blocks from `start` up to and without `end` is in. */
  async over(start: number, end: number): Promise<LogRecord[]> {
    // No two records are of the same block.
    const isBegin = start === 0 || this.#recent.some(({ first, lengths }) => first + lengths.length === start)
    const begin = isBegin ? null : await readable(this.at(start))
    const next = begin === null ? start : begin.first + begin.lengths.length
    const records = begin === null ? [] : [begin]
    if (next >= end) return records
    const [from, to] = [recordEntry(this.#logKey, next), recordEntry(this.#logKey, end - 1)]
    const entries = await this.#storage.range(from, to, end - next)
    const found = entries.map(({ key, value }) => attempt(firstOf(key), value))
    return [...records, ...found.flatMap((each) => ('record' in each ? [each.record] : []))]
  }

  /**
   * Those in a row from the one that `start` is in, as far as they begin before `end` and one look goes, which is at most `count` of them and that
   * one; none when `start` is in none that can be read.
   */
  async row(start: number, end: number, count: number): Promise<LogRecord[]> {
    const records: LogRecord[] = []
    let next = start
    const add = (record: LogRecord): void => {
      records.push(record)
      next = record.first + record.lengths.length
    }
    for (let recent = this.#recentWith(next); recent !== null && next < end; recent = this.#recentWith(next))
      add(recent)
    if (next >= end || records.length >= count) return records
    const key = (block: number): Uint8Array => recordEntry(this.#logKey, block)
    const entries = [...(await this.#storage.range(key(next), key(end - 1), count - records.length))]
    if (records.length === 0 && (entries[0] === undefined || firstOf(entries[0].key) !== start)) {
      const begin = await this.#storage.last(key(0), key(start))
      if (begin === null) return []
      entries.unshift(begin)
    }
    for (const entry of entries) {
      const found = attempt(firstOf(entry.key), entry.value)
      if (!('record' in found) || !holds(found.record, next)) break
      add(found.record)
    }
    return records
  }

  /** From the one that `start` is in, to the last that begins before `end`. */
  async *from(start: number, end: number): AsyncGenerator<ReadRecord, void> {
    if (start >= end) return
    const begin = await this.#storage.last(recordEntry(this.#logKey, 0), recordEntry(this.#logKey, start))
    let next = begin === null ? start : firstOf(begin.key)
    const last = recordEntry(this.#logKey, end - 1)
    while (next < end) {
      const entries = await this.#storage.range(recordEntry(this.#logKey, next), last, RECORDS_AT_ONCE)
      for (const { key, value } of entries) {
        const first = firstOf(key)
        yield attempt(first, value)
        next = first + 1
      }
      if (entries.length < RECORDS_AT_ONCE) return
    }
  }

  /** A complete node of the tree. Rejects `log-damaged` where it is not to be had. */
  async node(position: NodePosition): Promise<Uint8Array> {
    const node = await this.findNode(position)
    if (node === null) throw damaged(`the record of block "${keeperOf(position)}" is missing`)
    return node
  }

  /** `null` where it is not known: of a log that others write, this device has what proved the blocks that it asked for. */
  async findNode(position: NodePosition): Promise<Uint8Array | null> {
    const keeper = keeperOf(position)
    const recent = this.#recentWith(keeper)
    if (recent !== null) return leafIn(recent, keeper, position.level)
    const known = this.#known.get(numberOf(position))
    if (known !== undefined) {
      this.#know(numberOf(position), known)
      return known
    }
    const record = await readable(this.at(keeper))
    const { tile, place } = placeInTile(position)
    const node = record === null ? (await this.tile(tile)).get(place) : leafIn(record, keeper, position.level)
    if (node !== undefined) this.stored([{ position, node }])
    return node ?? null
  }

  /** Whether the node is known to be stored. Where it is not, it may be. */
  knows(position: NodePosition): boolean {
    return this.#known.has(numberOf(position))
  }

  /** To be told of nodes that are in the storage now. */
  stored(nodes: readonly KnownNode[]): void {
    for (const { position, node } of nodes) this.#know(numberOf(position), node)
    this.#limitKnown()
  }

  /** To be told of records whose blocks from `start` up to and without `end` are about to be proved to others: what that takes of them is not read again. */
  serving(records: readonly LogRecord[], start: number, end: number): void {
    for (const record of records) {
      if (!this.#recent.includes(record)) this.#keep(record)
      const to = Math.min(end, record.first + record.lengths.length)
      for (let block = Math.max(start, record.first); block < to; block++) {
        const number = completeNodes(block)
        for (let level = 0; level < nodesCompletedBy(block); level++)
          this.#know(number + level, leafIn(record, block, level))
      }
    }
    this.#limitKnown()
  }

  /** It may be a view of a whole record. The latest come last. */
  #know(number: number, node: Uint8Array): void {
    const kept = this.#known.get(number) ?? node.slice()
    this.#known.delete(number)
    this.#known.set(number, kept)
  }

  #limitKnown(): void {
    for (const number of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN_NODES) break
      this.#known.delete(number)
    }
  }

  /** Empty when nothing in it is known. Rejects `log-damaged`. */
  async tile(place: TilePlace): Promise<LogTile> {
    const value = await this.#storage.get(tileEntry(this.#logKey, place))
    if (value === null) return new Map<number, Uint8Array>()
    try {
      return decodeLogTile(value)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw damaged('a tile of its tree cannot be read', error)
    }
  }

  /** These were written. */
  wrote(records: readonly LogRecord[]): void {
    this.#recent = records.slice(-MAX_RECENT)
  }

  /** What was read before may have been written anew. */
  forget(): void {
    this.#recent = []
    this.#known.clear()
  }

  #recentWith(block: number): LogRecord | null {
    return this.#recent.find((record) => holds(record, block)) ?? null
  }

  #keep(record: LogRecord): void {
    if (this.#recent.push(record) > MAX_RECENT) this.#recent.shift()
  }
}

/** Among all complete nodes, in the order in which they are kept. */
const numberOf = (position: NodePosition): number => completeNodes(keeperOf(position)) + position.level

/** Whether the record is that of a block. */
export const holds = (record: LogRecord, block: number): boolean =>
  block >= record.first && block < record.first + record.lengths.length

/** `null` for what is damaged: what is proved takes its place. */
export const readable = async <Value>(reading: Promise<Value>): Promise<Value | null> => {
  try {
    return await reading
  } catch (error) {
    if ((error as { code?: unknown }).code === 'log-damaged') return null
    throw error
  }
}

const read = (first: number, value: Uint8Array): LogRecord => {
  let record: LogRecord
  try {
    record = decodeLogRecord(value)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw damaged(`the record from block "${first}" on cannot be read`, error)
  }
  if (record.first !== first) throw damaged(`the record from block "${first}" on is another one`)
  return record
}

const attempt = (first: number, value: Uint8Array): ReadRecord => {
  try {
    return { first, record: read(first, value) }
  } catch (error) {
    return { first, error: error as Error }
  }
}

/** The leaf that is kept of a block of this record, or a node above it that the block completes. */
export const leafIn = (record: LogRecord, block: number, level = 0): Uint8Array =>
  record.nodes[completeNodes(block) - completeNodes(record.first) + level] as Uint8Array
