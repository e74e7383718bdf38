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
    const to = Math.min(end, before.size)
    let state = before
    for (let next = start; next < to;) {
      const done = await clearRow(core, state, next, to)
      cleared += done.cleared
      next = done.next
      // Where another page has changed what is here meanwhile.
      state = next < to ? await core.load() : done.state
    }
    return { state, changed: cleared > 0 ? { start, end: to } : null }
  })
  return cleared
}

/** Record after record, up to `end` or the first of which another page has changed what is here: `next` is where to go on. */
const clearRow = async (
  core: Core,
  before: LogState,
  start: number,
  end: number,
): Promise<{ readonly state: LogState; readonly cleared: number; readonly next: number }> => {
  let [state, cleared] = [before, 0]
  for await (const read of core.records.from(start, end)) {
    // One that cannot be read stays for `audit()` to find.
    if (!('record' in read)) continue
    const going = blocksIn(read.record, start, end)
    if (going.length === 0) continue
    const next = await clearRecord(core, state, read.record, going)
    if (next === null) return { state, cleared, next: Math.max(start, read.record.first) }
    state = next
    for (const { length } of going) cleared += length
  }
  return { state, cleared, next: end }
}

const blocksIn = ({ first, blocks }: LogRecord, start: number, end: number): PresentBlock[] =>
  blocks.flatMap((block, at) => {
    const index = first + at
    return block !== null && index >= start && index < end ? [{ index, length: block.length }] : []
  })

/**
 * In one go with what says that they are gone; once for each page of that which the record lies in. `null` when another page has changed what
 * is here meanwhile.
 */
const clearRecord = async (
  core: Core,
  before: LogState,
  record: LogRecord,
  going: readonly PresentBlock[],
): Promise<LogState | null> => {
  const { storage, logKey } = core.parts
  const gone = new Set(going.map(({ index }) => index))
  const blocks = record.blocks.map((block, at) => (gone.has(record.first + at) ? null : block))
  const changes: StorageChange[] = [
    { key: recordEntry(logKey, record.first), value: encodeLogRecord({ ...record, blocks }) },
  ]
  const expect: StorageChange[] = []
  let { presence } = before
  const border = Math.floor((record.first + record.lengths.length - 1) / PRESENCE_BLOCKS) * PRESENCE_BLOCKS
  for (const page of [going.filter(({ index }) => index < border), going.filter(({ index }) => index >= border)]) {
    const [first] = page
    if (first === undefined) continue
    const known = page.filter(({ index }) => presence.has(index))
    expect.push(presence.stored(first.index))
    if (known.length === 0) continue
    const next = presence.with(known, false)
    presence = next.presence
    changes.push(next.change)
  }
  // What a power cut brings back can be cleared once more.
  if (!(await storage.write(changes, { durability: 'relaxed', expect }))) return null
  core.records.forget()
  return { ...before, presence }
}
