import { bulkBytes } from '../page/participant.js'
import { MIB } from '../page/channel.js'
import type { Page } from 'playwright'
import type { BenchPage } from '../world.js'
import type { Figure } from './figure.js'

/** What scripts of the page hold after a collection, buffers included. */
export const meterOf = async (page: Page): Promise<() => Promise<number>> => {
  const cdp = await page.context().newCDPSession(page)
  return async () => {
    await cdp.send('HeapProfiler.collectGarbage')
    const usage = (await cdp.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number }
    return usage.usedSize + (usage.backingStorageSize ?? 0)
  }
}

export const createMeter = ({ page }: BenchPage): Promise<() => Promise<number>> => meterOf(page)

/** The receiver of 64 messages of 1 MiB, collected and measured after every 8 MiB: the most, over the idle page. */
export const heap: Figure = {
  id: 'heap',
  rows: [
    {
      id: 'heap',
      title: "receiver's heap during 64 x 1 MiB",
      unit: 'MiB',
      better: 'less',
      goal: { of: 'value', limit: 24 },
    },
  ],
  run: (side, world) =>
    world.withPair(side, {}, async ([sender, receiver]) => {
      const measure = await createMeter(receiver)
      const idle = await measure()
      const readings: Promise<number>[] = []
      await receiver.page.exposeFunction('reportHeap', () => {
        const reading = measure()
        // Whoever awaits them all hears of it, unless the transfer has failed before.
        reading.catch(() => {})
        readings.push(reading)
      })
      await receiver.evaluate(
        (participant, bytes) => participant.reportEvery(bytes, () => void window.reportHeap()),
        8 * MIB,
      )
      await sender.evaluate((participant, count) => participant.bulk(count, 2 ** 20), bulkBytes / MIB)
      const most = Math.max(...(await Promise.all(readings)))
      return { heap: (most - idle) / MIB }
    }),
}
