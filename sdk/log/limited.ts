import { platform } from '#platform'
import type { Ending } from '../util/ending.js'
import { again } from './failures.js'

export interface Limits {
  /** The caller's, any of which ends it with its own reason. */
  readonly signals: readonly (AbortSignal | undefined)[]
  /** Ends it with an error like its reason, once that is over. */
  readonly ending: Ending
  /** `null` for no time limit. */
  readonly timeout: { readonly ms: number; readonly error: () => Error } | null
}

/**
 * Runs `work` within limits, and does not wait for it beyond. Its signal ends when they do, and when it is done: nothing is left
 * of whatever was begun with that.
 */
export const limited = async <Value>(limits: Limits, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> => {
  const { ending, timeout } = limits
  const controller = new AbortController()
  const undo: (() => void)[] = []
  const end = (signal: AbortSignal): void => {
    if (signal.aborted) throw signal.reason
    const abort = (): void => controller.abort(signal.reason)
    signal.addEventListener('abort', abort)
    undo.push(() => signal.removeEventListener('abort', abort))
  }
  const cut = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason))
  })
  // When it is done first, the abort below rejects what nobody waits for.
  cut.catch(() => undefined)
  try {
    for (const signal of limits.signals) if (signal !== undefined) end(signal)
    if (ending.reason !== null) throw again(ending.reason)
    undo.push(ending.onEnd(() => controller.abort(again(ending.reason))))
    if (timeout !== null) undo.push(platform.setTimer(timeout.ms, () => controller.abort(timeout.error())))
    return await Promise.race([work(controller.signal), cut])
  } finally {
    for (const each of undo) each()
    controller.abort()
  }
}
