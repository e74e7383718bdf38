import type { BlockStorage } from '../platform/block-storage.js'
import { DecodeError } from '../protocol/decode-error.js'
import { decodeLogRecord, type LogRecord } from '../protocol/log-record.js'
import { decodeLogTile, type LogTile } from '../protocol/log-tile.js'
import { damaged } from './failures.js'
import { firstOf, recordEntry, tileEntry } from './layout.js'
import { completeNodes } from '../protocol/log-nodes.js'
import { keeperOf, type NodePosition } from './tree/positions.js'
import { placeInTile, type TilePlace } from './tree/tiles.js'

/** Reads at a time of whoever goes through all of them: 4 MiB at most. */
const RECORDS_AT_ONCE = 16

/** A record, or why there is none that can be read. */
export type ReadRecord =
  { readonly first: number; readonly record: LogRecord } | { readonly first: number; readonly error: Error }

/** The records of one log, as they are stored. What they say of themselves is checked, and not whether it is true. */
export class Records {
  readonly #storage: BlockStorage
  readonly #logKey: Uint8Array
  /** Whoever reads one block mostly reads the next one then. */
  #latest: LogRecord | null = null

  constructor(storage: BlockStorage, logKey: Uint8Array) {
    this.#storage = storage
    this.#logKey = logKey
  }

  /** The record that this block is in; `null` when there is none. Rejects `log-damaged`. */
  async at(block: number): Promise<LogRecord | null> {
    if (this.#latest !== null && holds(this.#latest, block)) return this.#latest
    const entry = await this.#storage.last(recordEntry(this.#logKey, 0), recordEntry(this.#logKey, block))
    if (entry === null) return null
    const record = read(firstOf(entry.key), entry.value)
    if (!holds(record, block)) return null
    this.#latest = record
    return record
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
    const record = await this.at(keeper)
    if (record !== null) return leafIn(record, keeper, position.level)
    const { tile, place } = placeInTile(position)
    return (await this.tile(tile)).get(place) ?? null
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

  /** What was read before may have been written anew. */
  forget(): void {
    this.#latest = null
  }
}

const holds = (record: LogRecord, block: number): boolean =>
  block >= record.first && block < record.first + record.lengths.length

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
