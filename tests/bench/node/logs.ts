/** What a log takes on this device, in LMDB and in memory: prints one line of JSON for each. `npx tsx tests/bench/node/logs.ts` */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deviceStorage, Log, memoryStorage, type LogStorage } from '../../../sdk/log/index.js'

const ONE_BY_ONE = 1_000
const AT_ONCE = 20_000
const LENGTH = 100_000
const RANDOM_READS = 5_000
const LARGE_BYTES = 60_000
const LARGE_BLOCKS = 1_024
const small = 'x'.repeat(100)

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const begunMs = performance.now()
  await work()
  return (performance.now() - begunMs) / 1_000
}
const rate = async (count: number, work: () => Promise<unknown>): Promise<number> =>
  Math.round(count / (await secondsOf(work)))

const measure = async (storage: LogStorage): Promise<Record<string, number>> => {
  const open = (name: string): Log<'utf-8'> => new Log(name, { valueEncoding: 'utf-8', storage })
  // Holds the storage open throughout, so that opening a log is measured alone.
  const holder = open('holder')
  await holder.ready()
  const log = open('small')
  await log.ready()
  const oneByOne = await rate(ONE_BY_ONE, async () => {
    for (let count = 0; count < ONE_BY_ONE; count++) await log.append(small)
  })
  const atOnce = await rate(AT_ONCE, () => Promise.all(Array.from({ length: AT_ONCE }, () => log.append(small))))
  const inBatches = await rate(LENGTH - log.length, async () => {
    while (log.length < LENGTH) await log.append(Array<string>(Math.min(1_000, LENGTH - log.length)).fill(small))
  })
  const read = await rate(LENGTH, () => log.createReadStream().pipeTo(new WritableStream()))
  const readAtRandom = await rate(RANDOM_READS, async () => {
    for (let count = 0; count < RANDOM_READS; count++) await log.get((count * 7_919) % LENGTH)
  })
  const auditSeconds = await secondsOf(() => log.audit())
  await log.close()
  const [again, fresh] = [open('small'), open('fresh')]
  const openSeconds = await secondsOf(() => again.ready())
  const createSeconds = await secondsOf(() => fresh.ready())
  const large = new Log('large', { storage })
  await large.ready()
  const blocks = Array.from({ length: 16 }, () => crypto.getRandomValues(new Uint8Array(LARGE_BYTES)))
  const largeBytes = await rate(LARGE_BLOCKS * LARGE_BYTES, async () => {
    while (large.length < LARGE_BLOCKS) await large.append(blocks)
  })
  await Promise.all([holder, again, fresh, large].map((each) => each.close()))
  return {
    appendsOneByOne: oneByOne,
    appendsAtOnce: atOnce,
    appendsInBatches: inBatches,
    reads: read,
    readsAtRandom: readAtRandom,
    largeMegabytes: Math.round(largeBytes / 1e6),
    auditMs: Math.round(auditSeconds * 1_000),
    openMs: Number((openSeconds * 1_000).toFixed(1)),
    createMs: Number((createSeconds * 1_000).toFixed(1)),
  }
}

const folder = await mkdtemp(join(tmpdir(), 'skein-bench-logs-'))
try {
  for (const [name, storage] of [
    ['lmdb', deviceStorage(folder)],
    ['memory', memoryStorage()],
  ] as const) {
    console.log(JSON.stringify({ storage: name, ...(await measure(storage)) }))
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
