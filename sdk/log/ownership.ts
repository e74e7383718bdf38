import type { StorageChange } from '../platform/block-storage.js'
import { PRESENCE_BLOCKS } from '../protocol/limits.js'
import { encodeLogRecord } from '../protocol/log-record.js'
import type { Core } from './core.js'
import { damaged, readOnly } from './failures.js'
import { recordEntry } from './layout.js'
import type { PresentBlock } from './presence.js'
import { unchanged, type LogState } from './state.js'
import { rangesOf, type BlockRange } from './tree/positions.js'
import { storedWriter } from './writer.js'

/**
 * Makes this device the writer of a log whose secret came from elsewhere, durably: from here on it appends. `false` when the log has blocks
 * that never were here, or has grown meanwhile. Rejects `log-read-only`, and `log-damaged` where the record of a block cannot be read.
 */
export const takeOver = async (core: Core): Promise<boolean> => {
  let isDone = false
  await core.update(async (state) => {
    isDone = state.isOwner || (await own(core, state))
    return { state: isDone && !state.isOwner ? await core.load() : state, changed: null }
  })
  return isDone
}

/**
 * Makes a log of this device one whose secret came from elsewhere, durably: somebody has shown a head of so many blocks, and none of its pages or
 * processes has appended as many. So it was copied, or restored from a backup, and whatever it appended would fork the log.
 */
export const giveUp = (core: Core, size: number): Promise<void> =>
  core.update(async (before) => {
    for (;;) {
      const state = await core.load()
      const isOlder = state.isOwner && state.fork === null && state.size < size
      if (isOlder && !(await disown(core, state))) continue
      const now = isOlder ? await core.load() : state
      return { state: now, changed: now.size > before.size ? { start: before.size, end: now.size } : null }
    }
  })

/** What never was here of a log: what was cleared is not part of it. */
export const neverHere = async (core: Core): Promise<BlockRange[]> => {
  const missing: number[] = []
  for await (const page of pagesOf(core, core.state))
    missing.push(...page.missing.filter((index) => !core.state.presence.has(index)))
  return rangesOf(missing)
}

const own = async (core: Core, state: LogState): Promise<boolean> => {
  const { storage, logKey, writer } = core.parts
  if (writer === null) throw readOnly()
  const changes = [storedWriter(logKey, writer, false)]
  const expect = [...unchanged(logKey, state), storedWriter(logKey, writer, true)]
  let [presence, bytes] = [state.presence.of(true), 0]
  for await (const { start, end, here, missing, bytes: more } of pagesOf(core, state)) {
    if (missing.some((index) => !state.presence.has(index))) return false
    if (missing.length > 0) throw damaged(`the record of block "${missing[0]}" is missing`)
    const rebuilt = presence.rebuilt(start / PRESENCE_BLOCKS, here, end - start)
    presence = rebuilt.presence
    changes.push(rebuilt.change)
    expect.push(rebuilt.expect)
    bytes += more
  }
  const last = state.size > 0 ? await core.records.at(state.size - 1) : null
  // By which a writer knows how many bytes there are before what it appends.
  if (last !== null) {
    const offset = last.lengths.reduce((left, length) => left - length, bytes)
    changes.push({ key: recordEntry(logKey, last.first), value: encodeLogRecord({ ...last, offset }) })
  }
  return storage.write(changes, { durability: 'strict', expect })
}

const disown = async (core: Core, state: LogState): Promise<boolean> => {
  const { storage, logKey, writer } = core.parts
  if (writer === null) throw readOnly()
  const changes: StorageChange[] = [storedWriter(logKey, writer, true)]
  const expect = [...unchanged(logKey, state), storedWriter(logKey, writer, false)]
  let presence = state.presence.of(false)
  for await (const { start, end, here } of pagesOf(core, state)) {
    const rebuilt = presence.rebuilt(start / PRESENCE_BLOCKS, here, end - start)
    presence = rebuilt.presence
    changes.push(rebuilt.change)
    expect.push(rebuilt.expect)
  }
  return storage.write(changes, { durability: 'strict', expect })
}

/** What is stored of the blocks of one page of presence. */
interface StoredPage extends BlockRange {
  readonly here: readonly PresentBlock[]
  /** Those that are in no record that can be read. */
  readonly missing: readonly number[]
  /** Of all that are in one, also where they were cleared. */
  readonly bytes: number
}

async function* pagesOf(core: Core, { size }: LogState): AsyncGenerator<StoredPage, void> {
  for (let start = 0; start < size; start += PRESENCE_BLOCKS) {
    const end = Math.min(start + PRESENCE_BLOCKS, size)
    const [here, missing]: [PresentBlock[], number[]] = [[], []]
    let [next, bytes] = [start, 0]
    for await (const read of core.records.from(start, end)) {
      if (!('record' in read)) continue
      const { first, lengths, blocks } = read.record
      for (; next < first; next++) missing.push(next)
      for (; next < Math.min(end, first + lengths.length); next++) {
        const length = lengths[next - first] as number
        if (blocks[next - first] !== null) here.push({ index: next, length })
        bytes += length
      }
    }
    for (; next < end; next++) missing.push(next)
    yield { start, end, here, missing, bytes }
  }
}
