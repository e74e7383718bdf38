import { Log } from 'skein/log'

const BATCH = 2_000

/** Makes an empty log, and one of so many short blocks; both are closed then. */
const fill = async (length: number): Promise<void> => {
  const [empty, long] = [new Log('empty'), new Log('long')]
  await empty.ready()
  const blocks = Array.from({ length: BATCH }, (_, index) => new Uint8Array(100).fill(index))
  for (let left = length; left > 0; left -= BATCH) await long.append(blocks.slice(0, left))
  await Promise.all([empty.close(), long.close()])
}

const held: Log[] = []

/** Milliseconds until it is open. It stays so. */
const open = async (name: string): Promise<number> => {
  const log = new Log(name)
  held.push(log)
  const beganMs = performance.now()
  await log.ready()
  return performance.now() - beganMs
}

export const openLong = { fill, open }
