import type { StorageChange } from '../platform/block-storage.js'
import { PRESENCE_BLOCKS } from '../protocol/limits.js'
import { encodeLogRecord, type LogRecord } from '../protocol/log-record.js'
import type { Core } from './core.js'
import { recordEntry } from './layout.js'
import type { PresentBlock } from './presence.js'
import type { LogState } from './state.js'

/**
 * Lets go of the bytes of blocks from `start` up to and without `end`, and keeps their part of the tree. How many bytes that
 * were.
 */
export const clearBlocks = async (core: Core, start: number, end: number): Promise<number> => {
  let cleared = 0
  await core.update(async (before) => {
    let state = before
    const to = Math.min(end, before.size)
    for await (const read of core.records.from(start, to)) {
      // One that cannot be read stays for `audit()` to find.
      if (!('record' in read)) continue
      const going = blocksIn(read.record, start, to)
      if (going.length === 0) continue
      state = await clearRecord(core, state, read.record, going)
      for (const { length } of going) cleared += length
    }
    return { state, changed: cleared > 0 ? { start, end: to } : null }
  })
  return cleared
}

const blocksIn = ({ first, blocks }: LogRecord, start: number, end: number): PresentBlock[] =>
  blocks.flatMap((block, at) => {
    const index = first + at
    return block !== null && index >= start && index < end ? [{ index, length: block.length }] : []
  })

/** In one go with what says that they are gone; once for each page of that which the record lies in. */
const clearRecord = async (
  core: Core,
  before: LogState,
  record: LogRecord,
  going: readonly PresentBlock[],
): Promise<LogState> => {
  const { storage, logKey } = core.parts
  const gone = new Set(going.map(({ index }) => index))
  const blocks = record.blocks.map((block, at) => (gone.has(record.first + at) ? null : block))
  const changes: StorageChange[] = [
    { key: recordEntry(logKey, record.first), value: encodeLogRecord({ ...record, blocks }) },
  ]
  let { presence } = before
  const known = going.filter(({ index }) => presence.has(index))
  const border = Math.floor((record.first + record.lengths.length - 1) / PRESENCE_BLOCKS) * PRESENCE_BLOCKS
  for (const page of [known.filter(({ index }) => index < border), known.filter(({ index }) => index >= border)]) {
    if (page.length === 0) continue
    const next = presence.with(page, false)
    presence = next.presence
    changes.push(next.change)
  }
  // What a power cut brings back can be cleared once more.
  await storage.write(changes, { durability: 'relaxed' })
  core.records.forget()
  return { ...before, presence }
}
