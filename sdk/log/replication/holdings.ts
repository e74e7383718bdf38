import { PRESENCE_BLOCKS } from '../../protocol/limits.js'
import { firstBit } from '../../util/bits.js'
import type { BlockRange } from '../tree/positions.js'

/** Of whom a peer says more is not listened to further: 33 million blocks, and 4 MiB of memory. */
const MAX_PAGES = 1_024
const PAGE_BYTES = PRESENCE_BLOCKS / 8
const WHOLE = new Uint8Array(PAGE_BYTES).fill(0xff)

/** Which blocks a peer says that it has. */
export class Holdings {
  readonly #pages = new Map<number, Uint8Array>()

  has(block: number): boolean {
    const page = this.#pages.get(Math.floor(block / PRESENCE_BLOCKS))
    const at = block % PRESENCE_BLOCKS
    return page !== undefined && (((page[at >> 3] as number) >> (at & 7)) & 1) === 1
  }

  hasAll({ start, end }: BlockRange): boolean {
    for (let block = start; block < end; block++) if (!this.has(block)) return false
    return true
  }

  /** The first block from `from` on that it has; `Infinity` where there is none. */
  next(from: number): number {
    const first = Math.floor(from / PRESENCE_BLOCKS)
    const page = this.#pages.get(first)
    const at = page === undefined ? PRESENCE_BLOCKS : firstBit(page, from % PRESENCE_BLOCKS, PRESENCE_BLOCKS, true)
    if (at < PRESENCE_BLOCKS) return first * PRESENCE_BLOCKS + at
    for (const number of [...this.#pages.keys()].filter((each) => each > first).sort((one, other) => one - other)) {
      const next = firstBit(this.#pages.get(number) as Uint8Array, 0, PRESENCE_BLOCKS, true)
      if (next < PRESENCE_BLOCKS) return number * PRESENCE_BLOCKS + next
    }
    return Infinity
  }

  /** `bits` speak of all from `start` up to and without `end`; `null` says that it has each. */
  set(start: number, end: number, bits: Uint8Array | null): void {
    for (let at = start; at < Math.min(end, MAX_PAGES * PRESENCE_BLOCKS);) {
      const number = Math.floor(at / PRESENCE_BLOCKS)
      const border = Math.min(end, (number + 1) * PRESENCE_BLOCKS)
      if (bits === null && border - at === PRESENCE_BLOCKS) this.#pages.set(number, WHOLE)
      else
        this.#pages.set(
          number,
          this.#changed(number, at, border, (block) => bits === null || isSet(bits, block - start)),
        )
      at = border
    }
  }

  drop(block: number): void {
    this.set(block, block + 1, Uint8Array.of(0))
  }

  /** As a bit for each of the first `size` blocks, lowest first. */
  bitfield(size: number): Uint8Array {
    const bits = new Uint8Array(Math.ceil(Math.min(size, MAX_PAGES * PRESENCE_BLOCKS) / 8))
    for (const [number, page] of this.#pages) {
      if (number * PAGE_BYTES < bits.length)
        bits.set(page.subarray(0, bits.length - number * PAGE_BYTES), number * PAGE_BYTES)
    }
    return bits
  }

  #changed(number: number, start: number, end: number, has: (block: number) => boolean): Uint8Array {
    const page = this.#pages.get(number)?.slice() ?? new Uint8Array(PAGE_BYTES)
    for (let block = start; block < end; block++) {
      const at = block % PRESENCE_BLOCKS
      const mask = 1 << (at & 7)
      const byte = page[at >> 3] as number
      page[at >> 3] = has(block) ? byte | mask : byte & ~mask
    }
    return page
  }
}

const isSet = (bits: Uint8Array, at: number): boolean => (((bits[at >> 3] as number) >> (at & 7)) & 1) === 1
