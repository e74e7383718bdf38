/** Logs of one side in this process: what `figures/logs-node.ts` and `figures/logs-open.ts` ask for, printed as `logs` and JSON. */
import { join } from 'node:path'
import { createNoise } from '../page/noise.js'
import type { OpenNodeLog } from './log-store.js'

const KIB = 2 ** 10
const WARM_UP = 20
const BATCH = 100
const SMALL_BLOCKS = 20_000
const LARGE_BLOCKS = 1_000
const LONG = 100_000

const [side = '', task = '', folder = ''] = process.argv.slice(2)
const { openLog } = (await import(`./log-${side}.js`)) as { readonly openLog: OpenNodeLog }

const blocksOf = (count: number, bytes: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => createNoise(bytes, index + 1))
const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const beganMs = performance.now()
  await work()
  return (performance.now() - beganMs) / 1_000
}
type Append = (blocks: readonly Uint8Array[]) => Promise<unknown>
/** Blocks a second, in appends of so many, each awaited. */
const rateOf = async (append: Append, count: number, blocks: readonly Uint8Array[]): Promise<number> => {
  const repeat = async (times: number): Promise<void> => {
    for (let each = 0; each < times; each++) await append(blocks)
  }
  await repeat(WARM_UP)
  return (count * blocks.length) / (await secondsOf(() => repeat(count)))
}

const appends = async () => {
  const log = await openLog(join(folder, 'log'))
  const [batch, one] = [blocksOf(BATCH, KIB), blocksOf(1, KIB)]
  const { append, appendLoosely } = log
  const result = {
    batches: await rateOf(append, 200, batch),
    single: await rateOf(append, 300, one),
    loose: appendLoosely === undefined ? null : await rateOf(appendLoosely, 200, batch),
    looseSingle: appendLoosely === undefined ? null : await rateOf(appendLoosely, 300, one),
  }
  await log.close()
  return result
}

/** Seconds to replicate so many blocks. Twice, and the second counts: nothing is compiled for the first time then. */
const replicated = async (count: number, bytes: number): Promise<number> => {
  const log = await openLog(join(folder, `from-${bytes}`))
  const blocks = blocksOf(BATCH, bytes)
  for (let each = 0; each < count / BATCH; each++) await (log.appendLoosely ?? log.append)(blocks)
  let spent = NaN
  for (const time of ['first', 'second']) {
    let close = (): Promise<void> => Promise.resolve()
    spent = await secondsOf(async () => {
      close = await log.replicateTo(join(folder, `to-${bytes}-${time}`))
    })
    await close()
  }
  await log.close()
  return spent
}

const replicate = async () => {
  const largeBytes = side === 'skein' ? 60 * KIB : 64 * KIB
  return {
    small: SMALL_BLOCKS / (await replicated(SMALL_BLOCKS, KIB)),
    large: (LARGE_BLOCKS * largeBytes) / 1e6 / (await replicated(LARGE_BLOCKS, largeBytes)),
  }
}

const fill = async () => {
  await (await openLog(join(folder, 'empty'))).close()
  const log = await openLog(join(folder, 'long'))
  const blocks = blocksOf(1_000, 100)
  for (let each = 0; each < LONG / blocks.length; each++) await (log.appendLoosely ?? log.append)(blocks)
  await log.close()
  return {}
}

/** In a process of its own, which has not read any of it before. */
const open = async () => {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('needs --expose-gc')
  const held: unknown[] = []
  const opened = async (name: string): Promise<{ readonly ms: number; readonly bytes: number }> => {
    const bytesHeld = (): number => {
      for (let each = 0; each < 4; each++) gc()
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    const before = bytesHeld()
    const seconds = await secondsOf(async () => held.push(await openLog(join(folder, name))))
    return { ms: seconds * 1_000, bytes: bytesHeld() - before }
  }
  // What is loaded and compiled once is nobody's.
  await opened('other')
  const [empty, long] = [await opened('empty'), await opened('long')]
  return { ms: long.ms, emptyMs: empty.ms, bytes: long.bytes - empty.bytes }
}

const tasks = { appends, replicate, fill, open }
console.log(`logs ${JSON.stringify(await tasks[task as keyof typeof tasks]())}`)
