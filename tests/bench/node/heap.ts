import { MIB } from '../page/channel.js'
import type { Participant } from '../page/participant.js'

const EVERY_BYTES = 32 * MIB

/** What scripts hold after a collection, buffers included: as it is measured in pages. */
const measure = (collect: () => void): number => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Says `heap` and the bytes over now, after every 32 MiB received, in a process that may collect (`--expose-gc`). */
export const reportHeap = (participant: Participant): void => {
  const { gc } = globalThis
  if (gc === undefined) return
  const collect = (): void => {
    gc()
  }
  const idle = measure(collect)
  participant.reportEvery(EVERY_BYTES, () => console.log(`heap ${measure(collect) - idle}`))
}
