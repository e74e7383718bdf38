import { forked, readOnly } from './failures.js'
import { neverHere, takeOver } from './ownership.js'
import type { Opened } from './session.js'
import { upToDate } from './up-to-date.js'

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
    for (const range of await neverHere(core))
      await hold.swarm.download({ ...range, onProgress: () => undefined, signal })
  }
}
