import { platform } from '#platform'
import { again } from './failures.js'

export interface Limits {
  /** The caller's, which ends it with the signal's own reason. */
  readonly signal: AbortSignal | undefined
  /** Ends it with an error like its reason. */
  readonly ending: AbortSignal
  /** `null` for no time limit. */
  readonly timeout: { readonly ms: number; readonly error: () => Error } | null
}

/**
 * Runs `work` within limits, and does not wait for it beyond. Its signal ends when they do, and when it is done: nothing is left
 * of whatever was begun with that.
 */
export const limited = async <Value>(limits: Limits, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> => {
  const { signal, ending, timeout } = limits
  if (signal?.aborted) throw signal.reason
  if (ending.aborted) throw again(ending.reason)
  const controller = new AbortController()
  const handleAbort = (): void => controller.abort(signal?.reason)
  const handleEnd = (): void => controller.abort(again(ending.reason))
  signal?.addEventListener('abort', handleAbort)
  ending.addEventListener('abort', handleEnd)
  const stopTimer = timeout && platform.setTimer(timeout.ms, () => controller.abort(timeout.error()))
  const cut = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason))
  })
  // When it is done first, the abort below rejects what nobody waits for.
  cut.catch(() => undefined)
  try {
    return await Promise.race([work(controller.signal), cut])
  } finally {
    stopTimer?.()
    signal?.removeEventListener('abort', handleAbort)
    ending.removeEventListener('abort', handleEnd)
    controller.abort()
  }
}
