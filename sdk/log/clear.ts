import type { StorageChange } from '../platform/block-storage.js'
import { encodeLogRecord } from '../protocol/log-record.js'
import type { Core } from './core.js'
import { recordEntry } from './layout.js'

/** Records that are written anew at a time. */
const RECORDS_AT_ONCE = 16

/**
 * Lets go of the bytes of blocks from `start` up to and without `end`, and keeps their part of the tree. How many bytes that
 * were.
 */
export const clearBlocks = (core: Core, start: number, end: number): Promise<number> =>
  core.changes.run(async () => {
    const { storage, logKey } = core.parts
    let cleared = 0
    let changes: StorageChange[] = []
    const write = async (): Promise<void> => {
      // What a power cut brings back can be cleared once more.
      await storage.write(changes, { durability: 'relaxed' })
      core.records.forget()
      changes = []
    }
    for await (const read of core.records.from(start, Math.min(end, core.state.size))) {
      // One that cannot be read stays for `audit()` to find.
      if (!('record' in read)) continue
      const { record } = read
      let found = 0
      const blocks = record.blocks.map((block, at) => {
        const isMeant = record.first + at >= start && record.first + at < end
        if (block === null || !isMeant) return block
        found += block.length
        return null
      })
      if (blocks.every((block, at) => block === record.blocks[at])) continue
      cleared += found
      changes.push({ key: recordEntry(logKey, record.first), value: encodeLogRecord({ ...record, blocks }) })
      if (changes.length === RECORDS_AT_ONCE) await write()
    }
    if (changes.length > 0) await write()
    return cleared
  })
