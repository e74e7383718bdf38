/** What the pages of the figures about logs run. `window.logBench` is there when it is loaded. */
import { createBlocks, type BlockStore, type OpenStore } from './block-store.js'
import { LogMember } from './log-member.js'
import { openLong } from './long-log.js'

const KIB = 2 ** 10

const openStoreOf = async (side: string): Promise<BlockStore> => {
  const { openStore } = (await import(/* @vite-ignore */ `./store-${side}.js`)) as { readonly openStore: OpenStore }
  return openStore(`bench-${side}`)
}

const perSecond = async (count: number, work: () => Promise<unknown>): Promise<number> => {
  const beganMs = performance.now()
  await work()
  return (count * 1_000) / (performance.now() - beganMs)
}

const appendBatches = async (store: BlockStore, count: number, blocks: number): Promise<void> => {
  const batch = createBlocks(blocks, KIB)
  for (let each = 0; each < count; each++) await store.append(batch)
}

/** Blocks of 1 KiB a second, in batches of 100 and each by itself in every way that the side has. */
const append = async (side: string, alone: number): Promise<{ readonly batches: number; readonly calls: number[] }> => {
  const store = await openStoreOf(side)
  await appendBatches(store, 10, 100)
  const batches = await perSecond(5_000, () => appendBatches(store, 50, 100))
  const blocks = createBlocks(alone, KIB)
  const calls: number[] = []
  for (const way of store.oneByOne) {
    await way(blocks.slice(0, alone / 10))
    calls.push(await perSecond(alone, () => way(blocks)))
  }
  return { batches, calls }
}

/** Blocks of 1 KiB a second: ranges of 1,000, and one after the other from all over the log. */
const read = async (side: string): Promise<{ readonly range: number; readonly single: number }> => {
  const [length, range] = [4_000, 1_000]
  const store = await openStoreOf(side)
  await appendBatches(store, length / 100, 100)
  const readRanges = async (): Promise<void> => {
    for (let start = 0; start < length; start += range) {
      const bytes = await store.read(start, start + range)
      if (bytes !== range * KIB) throw new Error(`${bytes} bytes of ${range} blocks`)
    }
  }
  const readSingle = async (): Promise<void> => {
    for (let count = 0; count < 500; count++) await store.readOne((count * 1_913) % length)
  }
  await readRanges()
  await readSingle()
  const beganMs = performance.now()
  let rounds = 0
  for (; performance.now() - beganMs < 1_000; rounds++) await readRanges()
  const ranges = (rounds * length * 1_000) / (performance.now() - beganMs)
  return { range: ranges, single: await perSecond(500, readSingle) }
}

const logBench = { append, read, openLong, member: new LogMember() }

declare global {
  interface Window {
    logBench: typeof logBench
  }
}

window.logBench = logBench
