import { PRESENCE_BLOCKS } from '../protocol/limits.js'
import { firstBit } from '../util/bits.js'
import type { LogState } from './state.js'
import type { BlockRange } from './tree/positions.js'

/** Which blocks came or went between two states of a log, each range as a whole, but for those of `known`. */
export const changesBetween = (before: LogState, after: LogState, known: BlockRange | null): BlockRange[] => {
  const changes: BlockRange[] = []
  // Of the writer's own what was appended has no mark.
  if (after.isOwner && after.size > before.size) changes.push({ start: before.size, end: after.size })
  for (const page of new Set([...before.presence.pages, ...after.presence.pages])) {
    const start = page * PRESENCE_BLOCKS
    const count = Math.min(PRESENCE_BLOCKS, after.size - start)
    if (count <= 0) continue
    const [was, is] = [before.presence.bits(start, count), after.presence.bits(start, count)]
    for (const of of [
      is.map((byte, at) => byte & ~(was[at] as number)),
      was.map((byte, at) => byte & ~(is[at] as number)),
    ])
      changes.push(...runsOf(of, start, count, known))
  }
  return changes
}

const runsOf = (bits: Uint8Array, start: number, count: number, known: BlockRange | null): BlockRange[] => {
  for (let block = Math.max(start, known?.start ?? 0); block < Math.min(start + count, known?.end ?? 0); block++) {
    const at = block - start
    bits[at >> 3] = (bits[at >> 3] as number) & ~(1 << (at & 7))
  }
  const runs: BlockRange[] = []
  for (let at = firstBit(bits, 0, count, true); at < count;) {
    const end = firstBit(bits, at, count, false)
    runs.push({ start: start + at, end: start + end })
    at = firstBit(bits, end, count, true)
  }
  return runs
}
