import { platform } from '#platform'
import type { Opened } from './session.js'

/** Resolves when the log is as long as any peer shows it, or after so long, if not `null`. Rejects with the signal's reason. */
export const upToDate = ({ core, hold }: Opened, timeoutMs: number | null, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const { swarm } = hold
    if (signal.aborted) return reject(signal.reason)
    if (swarm.checkUpToDate()) return resolve()
    const settle = (run: () => void): void => {
      for (const each of undo) each()
      run()
    }
    const look = (): void => {
      if (swarm.checkUpToDate()) settle(resolve)
    }
    const aborted = (): void => settle(() => reject(signal.reason))
    signal.addEventListener('abort', aborted)
    const undo = [
      swarm.events.on('change', look),
      core.events.on('grow', look),
      core.events.on('fork', look),
      ...(timeoutMs === null ? [] : [platform.setTimer(timeoutMs, () => settle(resolve))]),
      () => signal.removeEventListener('abort', aborted),
    ]
  })
