import { describe, expect, it, vi } from 'vitest'
import { createReplica, join, TestTime } from './replication-world.js'
import { texts } from './setup.js'

const signal = new AbortController().signal
const first = { start: 0, end: 1 }

const settled = async (promise: Promise<void>): Promise<boolean> => {
  let isSettled = false
  void promise.then(() => (isSettled = true))
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve))
  return isSettled
}

/** A writer of one block, and readers that have it. */
const setup = async (names: readonly string[]) => {
  const time = new TestTime()
  const writer = await createReplica('writer', time, null)
  await writer.log.append(texts(1))
  const readers = await Promise.all(names.map((name) => createReplica(name, time, writer.log.url, { isEager: true })))
  const said = readers.map((reader) => join(writer, reader)[1])
  const has = (): unknown[] => writer.swarm.peers().map(({ bitfield }) => bitfield[0])
  await vi.waitFor(() => expect(has()).toEqual(names.map(() => 1)))
  return { time, writer, readers, said }
}

describe('a receipt', () => {
  it('J23: is given for what is durable: not before the flush of who gives it', async () => {
    const { writer, readers } = await setup(['reader'])
    const storage = readers[0]?.device.watched()
    if (storage === undefined) throw new Error('there is no reader')
    expect(storage.writes.map(({ options }) => options.durability)).toEqual(['relaxed', 'relaxed'])
    const flushing = new Promise<() => void>((resolve) => {
      storage.beforeWrite = () => new Promise((flush) => resolve(flush))
    })
    const kept = writer.swarm.keptBy(first, 1, signal)
    const flush = await flushing
    expect(await settled(kept)).toBe(false)
    flush()
    await kept
    expect(storage.writes.at(-1)?.options.durability).toBe('strict')
  })

  it('J23: of one peer is not that of two', async () => {
    const { writer, said } = await setup(['one', 'two'])
    const start = said[1]?.hold('kept')
    const [one, two] = [writer.swarm.keptBy(first, 1, signal), writer.swarm.keptBy(first, 2, signal)]
    await one
    expect(await settled(two)).toBe(false)
    expect(writer.swarm.receipts.given.map(({ id }) => id)).toEqual(['one'])
    start?.()
    await two
  })

  it('J23: is asked for again after a while of who could not give it', async () => {
    const { time, writer, readers, said } = await setup(['reader'])
    const storage = readers[0]?.device.watched()
    if (storage === undefined) throw new Error('there is no reader')
    storage.beforeWrite = () => Promise.reject(new Error('the disk is busy'))
    const kept = writer.swarm.keptBy(first, 1, signal)
    await vi.waitFor(() => expect(said[0]?.sent.at(-1)?.type).toBe('nodata'))
    storage.beforeWrite = () => Promise.resolve()
    expect(await settled(kept)).toBe(false)
    time.pass(5_000)
    await kept
  })

  it('J23: counts however late it comes', async () => {
    const { time, writer, said } = await setup(['reader'])
    const start = said[0]?.hold('kept')
    const kept = writer.swarm.keptBy(first, 1, signal)
    await vi.waitFor(() => expect(said[0]?.held).toBe(1))
    for (let round = 0; round < 6; round++) time.pass(10_000)
    start?.()
    await kept
  })
})
