import { MAX_RECORD_BLOCKS } from '../../protocol/limits.js'
import type { LogState } from '../state.js'
import type { BlockRange } from '../tree/positions.js'
import type { Holdings } from './holdings.js'

/** Which blocks are wanted, and which of them somebody is asked for. */
export class Wishes {
  readonly #single = new Set<number>()
  readonly #ranges = new Map<BlockRange, number>()
  readonly #taken = new Set<number>()
  /** What was let go of here: whoever wants all does not want these. In no order, apart from each other. */
  #declined: BlockRange[] = []

  get single(): ReadonlySet<number> {
    return this.#single
  }

  /** Comes before all ranges. The result gives it up. */
  want(block: number): () => void {
    this.#single.add(block)
    return () => this.#single.delete(block)
  }

  /** All that the log ever has, but what is let go of. The result gives it up. */
  wantAll(): () => void {
    return this.wantRange({ start: 0, end: Infinity })
  }

  /** The first ones first. The result gives it up. */
  wantRange(range: BlockRange): () => void {
    this.#ranges.set(range, range.start)
    return () => this.#ranges.delete(range)
  }

  take({ start, end }: BlockRange): void {
    for (let block = start; block < end; block++) this.#taken.add(block)
  }

  /** Somebody else may be asked, or they are here. */
  release({ start, end }: BlockRange): void {
    for (let block = start; block < end; block++) this.#taken.delete(block)
  }

  /** Blocks went that were damaged: all ranges begin anew, and what was let go of on purpose stays so. */
  missed(): void {
    for (const range of this.#ranges.keys()) this.#ranges.set(range, range.start)
  }

  /** Blocks went that were here: ranges that have an end begin anew. */
  lost(lost: BlockRange): void {
    const isNear = ({ start, end }: BlockRange): boolean => start <= lost.end && lost.start <= end
    const near = [lost, ...this.#declined.filter(isNear)]
    const all = {
      start: Math.min(...near.map(({ start }) => start)),
      end: Math.max(...near.map(({ end }) => end)),
    }
    this.#declined = [...this.#declined.filter((each) => !isNear(each)), all]
    for (const range of this.#ranges.keys()) if (range.end !== Infinity) this.#ranges.set(range, range.start)
  }

  /** What to ask somebody for who has these blocks, so many at most; `null` for nothing. */
  next(state: LogState, holdings: Holdings, count: number): BlockRange | null {
    const isOpen = (block: number): boolean =>
      block < state.size && !state.presence.has(block) && !this.#taken.has(block) && holdings.has(block)
    for (const block of this.#single) if (isOpen(block)) return { start: block, end: block + 1 }
    for (const range of this.#ranges.keys()) {
      const start = this.#firstOpen(range, state, holdings, isOpen)
      if (start === null) continue
      // A run is within one 64 (`acceptBlocks`).
      const most = Math.min(range.end, start + count, (Math.floor(start / MAX_RECORD_BLOCKS) + 1) * MAX_RECORD_BLOCKS)
      let end = start + 1
      while (end < most && isOpen(end) && this.#pass(range, end) === end) end++
      return { start, end }
    }
    return null
  }

  #firstOpen(
    range: BlockRange,
    state: LogState,
    holdings: Holdings,
    isOpen: (block: number) => boolean,
  ): number | null {
    const end = Math.min(range.end, state.size)
    let from = this.#ranges.get(range) as number
    // All before is here, so that nobody looks at it again.
    while (from < end) {
      const next = this.#pass(range, state.presence.firstMissing(from, end))
      if (next === from) break
      from = next
    }
    this.#ranges.set(range, from)
    for (let block = from; block < end;) {
      const next = holdings.next(this.#pass(range, state.presence.firstMissing(block, end)))
      if (next === block && isOpen(block)) return block
      if (next > block) block = next
      // Those that others are asked for are many, and lie together.
      else for (block++; this.#taken.has(block);) block++
    }
    return null
  }

  /** The first block from this one on that the range is about. */
  #pass({ end }: BlockRange, block: number): number {
    if (end !== Infinity) return block
    return this.#declined.find((each) => each.start <= block && block < each.end)?.end ?? block
  }
}
