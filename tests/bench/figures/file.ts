import { readTowardsNode } from '../node/end.js'
import type { Figure } from './figure.js'
import { createMeter } from './heap.js'
import { gatesOf } from './gates.js'
import { MIB } from '../page/channel.js'

const PIECES = 256

/** A file that the browser keeps, until the receiver has all of it; messages of 1 MiB where a side has no files. */
export const file: Figure = {
  id: 'file',
  maxRounds: 3,
  rows: [{ id: 'file', title: 'a file of 256 MiB', unit: 'MB/s', better: 'more', goal: { of: 'ratio', limit: 0.85 } }],
  run: async (side, world) => {
    const readings: number[] = []
    for (const gateBytes of gatesOf(side)) {
      readings.push(
        await world.withPair(side, { gateBytes }, ([sender]) =>
          sender.evaluate(async (participant, pieces) => {
            await participant.bulk(16, 2 ** 20)
            return participant.file(pieces)
          }, PIECES),
        ),
      )
    }
    return { file: readings }
  },
}

/** The same from a page to a process of Node, skein's to a bot that it has asked in. */
export const fileToNode: Figure = {
  id: 'file-to-node',
  maxRounds: 3,
  rows: [
    {
      id: 'file-to-node',
      title: 'a file of 256 MiB, page to Node',
      unit: 'MB/s',
      better: 'more',
      goal: { of: 'ratio', limit: 0.85 },
    },
  ],
  run: async (side, world) => ({
    'file-to-node': await readTowardsNode(side, world, (page) =>
      page.evaluate(async (participant, pieces) => {
        await participant.bulk(16, 2 ** 20)
        return participant.file(pieces)
      }, PIECES),
    ),
  }),
}

/** Both ends of such a file, collected and measured after every 32 MiB: the most, over the idle page. */
export const fileHeap: Figure = {
  id: 'file-heap',
  maxRounds: 1,
  rows: [
    {
      id: 'file-heap-sender',
      title: "sender's heap during a file of 256 MiB",
      unit: 'MiB',
      better: 'less',
      goal: { of: 'value', limit: 32 },
    },
    {
      id: 'file-heap-receiver',
      title: "receiver's heap during it",
      unit: 'MiB',
      better: 'less',
      goal: { of: 'value', limit: 32 },
    },
  ],
  run: (side, world) =>
    world.withPair(side, {}, async (pages) => {
      const [sender, receiver] = pages
      const meters = await Promise.all(pages.map(createMeter))
      const idle = await Promise.all(meters.map((measure) => measure()))
      const readings: Promise<number[]>[] = []
      await receiver.page.exposeFunction('reportHeap', () => {
        const reading = Promise.all(meters.map((measure) => measure()))
        // Whoever awaits them all hears of it, unless the transfer has failed before.
        reading.catch(() => {})
        readings.push(reading)
      })
      await receiver.evaluate(
        (participant, bytes) => participant.reportEvery(bytes, () => void window.reportHeap()),
        32 * MIB,
      )
      await sender.evaluate((participant, pieces) => participant.file(pieces), PIECES)
      const all = await Promise.all(readings)
      const mostOf = (end: number): number =>
        (Math.max(...all.map((reading) => reading[end] ?? NaN)) - (idle[end] ?? NaN)) / MIB
      return { 'file-heap-sender': mostOf(0), 'file-heap-receiver': mostOf(1) }
    }),
}

/** The same at the end that is in Node, while a page sends to it. */
export const fileHeapNode: Figure = {
  id: 'file-heap-node',
  maxRounds: 1,
  rows: [
    {
      id: 'file-heap-node',
      title: 'heap of Node during a file of 256 MiB from a page',
      unit: 'MiB',
      better: 'less',
      goal: { of: 'value', limit: 32 },
    },
  ],
  run: async (side, world) => {
    const readings = await readTowardsNode(
      side,
      world,
      async (page, end) => {
        await page.evaluate((participant, pieces) => participant.file(pieces), PIECES)
        return end.mostHeap() / MIB
      },
      { measuresHeap: true },
    )
    return { 'file-heap-node': readings[0] ?? NaN }
  },
}
