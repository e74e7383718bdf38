import { isValue, type BlockStorage, type StorageChange } from '../platform/block-storage.js'
import { DecodeError } from '../protocol/decode-error.js'
import { PRESENCE_BLOCKS } from '../protocol/limits.js'
import { decodeLogPresence, encodeLogPresence, type LogPresence } from '../protocol/log-presence.js'
import { firstBit } from '../util/bits.js'
import { damaged } from './failures.js'
import { firstOf, presenceEntry } from './layout.js'

/** Reads at a time: a million blocks. */
const PAGES_AT_ONCE = 32
const MAX_PAGE = 2 ** 40 / PRESENCE_BLOCKS

interface Page extends LogPresence {
  /** As it is in the storage; `null` for one that never was. */
  readonly stored: Uint8Array | null
  readonly marked: number
}

const emptyPage: Page = { bytes: 0, bits: new Uint8Array(PRESENCE_BLOCKS / 8), stored: null, marked: 0 }

/** A block that comes or goes. */
export interface PresentBlock {
  readonly index: number
  readonly length: number
}

/**
 * Which blocks of a log are here. What is marked is the exception: on the writer's device blocks that were cleared, elsewhere
 * blocks that came. Values: each change makes another.
 */
export class Presence {
  readonly #isWriter: boolean
  readonly #logKey: Uint8Array
  readonly #pages: ReadonlyMap<number, Page>

  private constructor(isWriter: boolean, logKey: Uint8Array, pages: ReadonlyMap<number, Page>) {
    this.#isWriter = isWriter
    this.#logKey = logKey
    this.#pages = pages
  }

  /** Rejects `log-damaged`. */
  static async load(storage: BlockStorage, logKey: Uint8Array, isWriter: boolean): Promise<Presence> {
    const pages = new Map<number, Page>()
    const last = presenceEntry(logKey, MAX_PAGE)
    for (let next = 0; ;) {
      const entries = await storage.range(presenceEntry(logKey, next), last, PAGES_AT_ONCE)
      for (const { key, value } of entries) {
        pages.set(firstOf(key), readPage(value))
        next = firstOf(key) + 1
      }
      if (entries.length < PAGES_AT_ONCE) return new Presence(isWriter, logKey, pages)
    }
  }

  /** Of a block that the log has. */
  has(index: number): boolean {
    const bits = this.#pages.get(pageOf(index))?.bits
    const at = index % PRESENCE_BLOCKS
    const isMarked = bits !== undefined && (((bits[at >> 3] as number) >> (at & 7)) & 1) === 1
    return isMarked !== this.#isWriter
  }

  /** What the storage has of the page that this block is in, as long as nobody has changed it. */
  stored(index: number): StorageChange {
    const number = pageOf(index)
    return { key: presenceEntry(this.#logKey, number), value: (this.#pages.get(number) ?? emptyPage).stored }
  }

  /** Whether the storage has the same for both. */
  equals(other: Presence): boolean {
    const isSame = ([number, { stored }]: readonly [number, Page]): boolean =>
      isValue(other.#pages.get(number)?.stored ?? null, stored)
    return this.#pages.size === other.#pages.size && [...this.#pages].every(isSame)
  }

  /** How many of the first `size` blocks are here. */
  count(size: number): number {
    let marked = 0
    for (const page of this.#pages.values()) marked += page.marked
    return this.#isWriter ? size - marked : marked
  }

  /** How many of the blocks from `start` up to and without `end`, all of which the log has, are here. */
  countIn(start: number, end: number): number {
    let marked = 0
    for (let at = start; at < end;) {
      const border = Math.min(end, (pageOf(at) + 1) * PRESENCE_BLOCKS)
      const bits = this.#pages.get(pageOf(at))?.bits
      if (bits !== undefined) marked += onesIn(bits, at % PRESENCE_BLOCKS, border - at)
      at = border
    }
    return this.#isWriter ? end - start - marked : marked
  }

  /** Those of 32,768 blocks with what is marked. */
  get pages(): Iterable<number> {
    return this.#pages.keys()
  }

  /** The first block from `start` up to and without `end` that is not here; `end` where there is none. */
  firstMissing(start: number, end: number): number {
    const whole = this.#isWriter ? 0 : PRESENCE_BLOCKS
    for (let at = start; at < end;) {
      const first = pageOf(at) * PRESENCE_BLOCKS
      const border = Math.min(end, first + PRESENCE_BLOCKS)
      const { bits, marked } = this.#pages.get(pageOf(at)) ?? emptyPage
      const found = marked === whole ? border : first + firstBit(bits, at - first, border - first, this.#isWriter)
      if (found < border) return found
      at = border
    }
    return end
  }

  /** The bytes of all blocks, on a device that is not the writer's; 0 where not all of them are here. */
  bytesOfAll(size: number): number {
    if (this.count(size) < size) return 0
    return [...this.#pages.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Of blocks from `start`, a multiple of 8, on, which is all within one page: one bit each, lowest first. */
  bits(start: number, count: number): Uint8Array {
    const page = this.#pages.get(pageOf(start)) ?? emptyPage
    const from = (start % PRESENCE_BLOCKS) / 8
    const bits = page.bits.slice(from, from + Math.ceil(count / 8))
    if (this.#isWriter) bits.forEach((byte, at) => (bits[at] = byte ^ 0xff))
    const beyond = count & 7
    if (beyond !== 0) bits[bits.length - 1] = (bits.at(-1) as number) & ((1 << beyond) - 1)
    return bits
  }

  /** To be made anew, page by page, as the writer's, or as one of others. */
  of(isWriter: boolean): Presence {
    return new Presence(isWriter, this.#logKey, this.#pages)
  }

  /** With one page made anew, which is none where nothing is marked: `here` are those of its `count` blocks that are here. */
  rebuilt(
    number: number,
    here: readonly PresentBlock[],
    count: number,
  ): { readonly presence: Presence; readonly change: StorageChange; readonly expect: StorageChange } {
    const bits = new Uint8Array(PRESENCE_BLOCKS / 8)
    const start = number * PRESENCE_BLOCKS
    const present = new Set(here.map(({ index }) => index - start))
    for (let at = 0; at < count; at++) {
      if (present.has(at) !== this.#isWriter) bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7))
    }
    const marked = this.#isWriter ? count - present.size : present.size
    // Of blocks that are gone nobody needs to know how long they were.
    const bytes = this.#isWriter ? 0 : here.reduce((sum, { length }) => sum + length, 0)
    if (marked > 0) return this.#withPage(number, { bytes, bits, marked })
    const pages = new Map(this.#pages)
    pages.delete(number)
    const expect = this.stored(start)
    const presence = new Presence(this.#isWriter, this.#logKey, pages)
    return { presence, change: { key: expect.key, value: null }, expect }
  }

  /**
   * With blocks that came or went, all of one page, and none that was already so; what that writes, and what the storage must have for
   * that to be true.
   */
  with(
    blocks: readonly PresentBlock[],
    isHere: boolean,
  ): { readonly presence: Presence; readonly change: StorageChange; readonly expect: StorageChange } {
    const number = pageOf((blocks[0] as PresentBlock).index)
    const page = this.#pages.get(number) ?? emptyPage
    const bits = page.bits.slice()
    let [bytes, marked] = [page.bytes, page.marked]
    const sign = isHere === this.#isWriter ? -1 : 1
    for (const { index, length } of blocks) {
      const at = index % PRESENCE_BLOCKS
      bits[at >> 3] = (bits[at >> 3] as number) ^ (1 << (at & 7))
      bytes += sign * length
      marked += sign
    }
    // Of the writer's those that were damaged are not counted when they go, and are when they come.
    return this.#withPage(number, { bytes: Math.max(0, bytes), bits, marked })
  }

  #withPage(
    number: number,
    page: Omit<Page, 'stored'>,
  ): { readonly presence: Presence; readonly change: StorageChange; readonly expect: StorageChange } {
    const stored = encodeLogPresence(page)
    const expect = this.stored(number * PRESENCE_BLOCKS)
    return {
      presence: new Presence(this.#isWriter, this.#logKey, new Map(this.#pages).set(number, { ...page, stored })),
      change: { key: expect.key, value: stored },
      expect,
    }
  }
}

export const pageOf = (index: number): number => Math.floor(index / PRESENCE_BLOCKS)

const onesInByte = (byte: number): number => {
  let ones = 0
  for (let rest = byte; rest > 0; rest &= rest - 1) ones++
  return ones
}

const onesIn = (bits: Uint8Array, start: number, count: number): number => {
  let ones = 0
  for (let at = start; at < start + count;) {
    const next = Math.min(start + count, at - (at % 8) + 8)
    const mask = ((1 << (next - at)) - 1) << (at % 8)
    ones += onesInByte((bits[at >> 3] as number) & mask)
    at = next
  }
  return ones
}

const readPage = (stored: Uint8Array): Page => {
  try {
    const { bytes, bits: some } = decodeLogPresence(stored)
    const bits = new Uint8Array(PRESENCE_BLOCKS / 8)
    bits.set(some)
    let marked = 0
    for (const byte of bits) marked += onesInByte(byte)
    return { bytes, bits, stored, marked }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw damaged('what it has cannot be read', error)
  }
}
