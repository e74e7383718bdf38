import { SkeinError } from '../errors.js'

/**
 * Runs `start`, and sees to it that a rejection which nobody awaits kills no process and is told to `report`; but not
 * that the group was left, or that the caller's own signal has ended it.
 */
export const watch = <Value>(
  report: (error: unknown) => void,
  signal: AbortSignal | undefined,
  start: () => Promise<Value>,
): Promise<Value> => {
  let promise: Promise<Value>
  try {
    promise = start()
  } catch (error) {
    promise = Promise.reject(error)
  }
  promise.catch((error: unknown) => {
    const isOwnDoing =
      (error instanceof SkeinError && error.code === 'closed') || (signal?.aborted && error === signal.reason)
    if (!isOwnDoing) report(error)
  })
  return promise
}
