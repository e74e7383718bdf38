import type { StorageChange } from '../platform/block-storage.js'
import { encodeLogRecord } from '../protocol/log-record.js'
import { encodeLogWriter } from '../protocol/log-writer.js'
import type { Core } from './core.js'
import { damaged, forked, readOnly } from './failures.js'
import { recordEntry, writerEntry } from './layout.js'
import type { Opened } from './session.js'
import { unchanged, type LogState } from './state.js'
import { upToDate } from './up-to-date.js'

const SEED_BYTES = 32

/**
 * Fetches all that peers have of a log whose secret came from elsewhere, and makes this device its writer. Waits for a peer, unless `alone`. Rejects
 * `log-read-only`, `log-forked`, and with the signal's reason.
 */
export const recover = async (opened: Opened, alone: boolean, signal: AbortSignal): Promise<void> => {
  const { core, hold } = opened
  if (core.parts.writer === null) throw readOnly()
  for (let isDone = core.isWritable; !isDone; isDone = await takeOver(core)) {
    if (!alone) await upToDate(opened, null, signal)
    if (core.state.fork !== null) throw forked()
    const { size: end } = core.state
    await hold.swarm.download({ start: 0, end, onProgress: () => undefined, signal })
  }
}

/**
 * Makes this device the writer of a log whose secret came from elsewhere, durably: from here on it appends. `false` when the log has blocks
 * that are not here, or has grown meanwhile. Rejects `log-read-only`.
 */
export const takeOver = async (core: Core): Promise<boolean> => {
  let isDone = false
  await core.update(async (state) => {
    isDone = state.isOwner || (await write(core, state))
    return { state: isDone && !state.isOwner ? await core.load() : state, changed: null }
  })
  return isDone
}

const write = async (core: Core, state: LogState): Promise<boolean> => {
  const { size, presence } = state
  const { storage, logKey, writer } = core.parts
  if (writer === null) throw readOnly()
  if (presence.count(size) < size) return false
  const seed = writer.keys.secretKey.subarray(0, SEED_BYTES)
  const changes: StorageChange[] = [
    { key: writerEntry(logKey), value: encodeLogWriter({ seed, lock: writer.lock, isRestored: false }) },
    // What a writer marks is what it has let go of.
    ...presence.clearing(),
  ]
  if (size > 0) {
    const record = await core.records.at(size - 1)
    if (record === null) throw damaged('its last record is missing')
    const bytes = record.lengths.reduce((sum, length) => sum + length, 0)
    const offset = presence.bytesOfAll(size) - bytes
    // By which a writer knows how many bytes there are before what it appends.
    changes.push({ key: recordEntry(logKey, record.first), value: encodeLogRecord({ ...record, offset }) })
  }
  return storage.write(changes, { durability: 'strict', expect: unchanged(logKey, state) })
}
