import { platform } from '#platform'
import type { StorageChange } from '../platform/block-storage.js'
import { PRESENCE_BLOCKS } from '../protocol/limits.js'
import { encodeLogRecord, type LogRecord } from '../protocol/log-record.js'
import { audit, type AuditReport } from './audit.js'
import type { Core } from './core.js'
import { recordEntry } from './layout.js'
import type { LogSwarm } from './replication/swarm.js'
import { pageOf } from './presence.js'
import type { LogState } from './state.js'
import { rangesOf } from './tree/positions.js'

/**
 * Lets go of what is damaged, and fetches it from peers as it does all blocks that are not here: with the nodes that prove them, which take the
 * place of those that were kept. The writer's device, which may have the only copy of a block that is sound and was not found to be, marks it as gone once a peer
 * says that it has it, and keeps it until what takes its place is here.
 *
 * Waits for peers until `timeoutMs` are over; an abort ends it with the signal's reason.
 */
export const repair = async (
  core: Core,
  swarm: LogSwarm,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AuditReport> => {
  const found = await audit(core, signal)
  if (found.isSound) return found
  const waiting = new AbortController()
  const stop = (): void => waiting.abort()
  signal.addEventListener('abort', stop)
  const stopTimer = platform.setTimer(timeoutMs, stop)
  const isEdgeLost = core.state.end.frontier === null
  let { damaged } = found
  const kept: number[] = []
  const letGoOf = async (going: readonly number[]): Promise<void> => {
    if (!core.isWritable) return letGo(core, going)
    kept.push(...going.filter((index) => core.state.presence.has(index)))
    await mark(core, going, false)
  }
  try {
    await fetchAgain(core, swarm, damaged, letGoOf, waiting.signal)
    await swarm.edgeKnown(waiting.signal)
    if (isEdgeLost) {
      // What the edge proves could not be looked at without it.
      const more = (await audit(core, signal)).damaged.filter((index) => !damaged.includes(index))
      damaged = [...damaged, ...more].sort((one, other) => one - other)
      await fetchAgain(core, swarm, more, letGoOf, waiting.signal)
    }
  } finally {
    stopTimer()
    signal.removeEventListener('abort', stop)
    // What nobody brought is as it was.
    if (core.isWritable) await mark(core, kept, true)
  }
  await core.update(async () => {
    if (core.isWritable) await placeRecords(core)
    return { state: await core.load(), changed: null }
  })
  const now = await audit(core, signal)
  const stillDamaged = new Set(now.damaged)
  const { presence } = core.state
  const repaired = damaged.filter((index) => presence.has(index) && !stillDamaged.has(index))
  return { ...found, damaged, isSound: now.isSound && repaired.length === damaged.length, repaired }
}

/** Resolves when all are here, or the signal ends that. */
const fetchAgain = async (
  core: Core,
  swarm: LogSwarm,
  damaged: readonly number[],
  letGoOf: (going: readonly number[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  const downloads: Promise<void>[] = []
  for (let left = damaged; left.length > 0 && !signal.aborted;) {
    // From before it is looked who has what, so that nothing is missed.
    const change = swarm.anyChange(signal)
    const going = core.isWritable ? left.filter((index) => swarm.isHeld(index)) : left
    if (going.length > 0) await letGoOf(going)
    for (const { start, end } of rangesOf(going))
      downloads.push(swarm.download({ start, end, onProgress: () => undefined, signal }))
    const gone = new Set(going)
    left = left.filter((index) => !gone.has(index))
    if (left.length > 0) await change
  }
  // What was given up for the time is found to be missing afterwards.
  await Promise.allSettled(downloads)
}

/** Says that these are here, or that they are not, and leaves what is stored of them. */
const mark = (core: Core, indexes: readonly number[], isHere: boolean): Promise<void> =>
  core.update(async () => {
    for (let state = await core.load(); ; state = await core.load()) {
      const [first, ...others] = indexes.filter((index) => state.presence.has(index) !== isHere)
      if (first === undefined) {
        const [start, last] = [indexes[0], indexes.at(-1)]
        const isNone = start === undefined || last === undefined
        return { state, changed: isNone ? null : { start, end: last + 1, isMissed: true } }
      }
      const page = [first, ...others.filter((index) => pageOf(index) === pageOf(first))]
      const lengths = page.map((index) => ({ index, length: 0 }))
      const { change, expect } = state.presence.with(lengths, isHere)
      await core.parts.storage.write([change], { durability: 'relaxed', expect: [expect] })
    }
  })

/** Records that cannot be read go as a whole. Which blocks are here is found out anew, from what is stored of those around. */
const letGo = (core: Core, damaged: readonly number[]): Promise<void> =>
  core.update(async () => {
    let state = await core.load()
    const going = new Set(damaged)
    for (const page of new Set(damaged.map(pageOf))) {
      let next = await letGoOfPage(core, state, page, going)
      for (; next === null; next = await letGoOfPage(core, state, page, going)) state = await core.load()
      state = next
    }
    core.records.forget()
    const [first, last] = [damaged[0], damaged.at(-1)]
    if (first === undefined || last === undefined) return { state, changed: null }
    return { state: await core.load(), changed: { start: first, end: last + 1, isMissed: true } }
  })

/** `null` when another page has changed what is here meanwhile. */
const letGoOfPage = async (
  core: Core,
  state: LogState,
  page: number,
  damaged: ReadonlySet<number>,
): Promise<LogState | null> => {
  const { storage, logKey } = core.parts
  const [start, end] = [page * PRESENCE_BLOCKS, Math.min((page + 1) * PRESENCE_BLOCKS, state.size)]
  const changes: StorageChange[] = []
  const here: { readonly index: number; readonly length: number }[] = []
  for await (const read of core.records.from(start, end)) {
    if ('record' in read) {
      const { record } = read
      const blocks = record.blocks.map((block, at) => (damaged.has(record.first + at) ? null : block))
      if (blocks.some((block, at) => block !== record.blocks[at]))
        changes.push({ key: recordEntry(logKey, record.first), value: encodeLogRecord({ ...record, blocks }) })
      blocks.forEach((block, at) => {
        const index = record.first + at
        if (block !== null && index >= start && index < end) here.push({ index, length: block.length })
      })
    } else if (damaged.has(read.first)) changes.push({ key: recordEntry(logKey, read.first), value: null })
  }
  const { presence, change, expect } = state.presence.rebuilt(page, here, end - start)
  const isWritten = await storage.write([...changes, change], { durability: 'relaxed', expect: [expect] })
  return isWritten ? { ...state, presence } : null
}

/** What came back from others does not know how many bytes are before it, and what was kept may say something else. */
const placeRecords = async (core: Core): Promise<void> => {
  const { storage, logKey } = core.parts
  let [next, bytes] = [0, 0]
  const changes: StorageChange[] = []
  for await (const read of core.records.from(0, core.state.size)) {
    if (!('record' in read) || read.first !== next) break
    const { record } = read
    if (record.offset !== bytes) changes.push(placed(logKey, record, bytes))
    next += record.lengths.length
    bytes = record.lengths.reduce((sum, length) => sum + length, bytes)
  }
  if (changes.length > 0) await storage.write(changes, { durability: 'strict' })
}

const placed = (logKey: Uint8Array, record: LogRecord, offset: number): StorageChange => ({
  key: recordEntry(logKey, record.first),
  value: encodeLogRecord({ ...record, offset }),
})
