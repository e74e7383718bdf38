import type { TransferDeps } from './deps.js'

/** How long others wait for one that takes nothing: its user may be choosing where to save it. */
export const PATIENCE_MS = 30_000

/**
 * Gives something to several. Resolves when all have taken it, or, with those that have not, when others have waited for them for
 * 30 s. `isWaiting`: whether it, having taken it, waits for the others.
 */
export const giveToAll = async <Taker>(
  takers: readonly Taker[],
  give: (taker: Taker) => Promise<void>,
  isWaiting: (taker: Taker) => boolean,
  { setTimer }: Pick<TransferDeps, 'setTimer'>,
): Promise<ReadonlySet<Taker>> => {
  const late = new Set(takers)
  const given = takers.map(async (taker) => {
    await give(taker)
    late.delete(taker)
  })
  const all = Promise.all(given)
  await Promise.race(given)
  while (late.size > 0) {
    await new Promise<void>((resolve) => {
      const cancel = setTimer(PATIENCE_MS, resolve)
      void all.then(() => {
        cancel()
        resolve()
      })
    })
    if (takers.some((taker) => !late.has(taker) && isWaiting(taker))) break
  }
  return late
}
