import { KIB } from '../page/channel.js'
import type { Side } from '../sides/side.js'
import type { World } from '../world.js'
import { gatesOf } from './gates.js'
import type { Figure, Reading } from './figure.js'

const LARGE = { count: 1_000, bytes: 60 * KIB }
const SMALL = { count: 10_000, bytes: KIB }
/** So that no link is a fresh one. */
const WARM_UP = { count: 256, bytes: 60 * KIB }

const fetchLogs = async (side: Side, world: World): Promise<Record<string, Reading>> =>
  world.withRoom(
    side,
    async (room) => {
      const [writer, reader] = [await room.openLogPage(), await room.openLogPage()]
      for (const page of [writer, reader]) {
        await page.evaluate((options) => window.logBench.member.join(options), room.options())
      }
      for (const page of [writer, reader]) await page.evaluate(() => window.logBench.member.untilLinked())
      const secondsOf = async (blocks: typeof LARGE): Promise<number> => {
        const url = await writer.evaluate(({ count, bytes }) => window.logBench.member.offer(count, bytes), blocks)
        return reader.evaluate(([from, count]) => window.logBench.member.fetch(from, count), [
          url,
          blocks.count,
        ] as const)
      }
      await secondsOf(WARM_UP)
      return {
        'logs-replicate-large': (LARGE.count * LARGE.bytes) / 1e6 / (await secondsOf(LARGE)),
        'logs-replicate-small': SMALL.count / (await secondsOf(SMALL)),
      }
    },
    { onDisk: true },
  )

/** The same as messages, which are neither verified nor stored. */
const sendMessages = async (side: Side, world: World): Promise<Record<string, Reading>> => {
  const large: number[] = []
  const small: number[] = []
  for (const gateBytes of gatesOf(side)) {
    await world.withPair(side, { gateBytes, onDisk: true }, async ([sender]) => {
      await sender.evaluate((participant, { count, bytes }) => participant.bulk(count, bytes), WARM_UP)
      const megabytes = (blocks: typeof LARGE): Promise<number> =>
        sender.evaluate((participant, { count, bytes }) => participant.bulk(count, bytes), blocks)
      large.push(await megabytes(LARGE))
      small.push(((await megabytes(SMALL)) * 1e6) / SMALL.bytes)
    })
  }
  return { 'logs-replicate-large': large, 'logs-replicate-small': small }
}

/** From a page to another one of the same group, each in a browser of its own, until it has all blocks verified and stored. */
export const logsReplicate: Figure = {
  id: 'logs-replicate',
  group: 'logs',
  sides: ['bare', 'skein'],
  rows: [
    {
      id: 'logs-replicate-large',
      title: 'a log of 1,000 blocks of 60 KiB, page to page',
      unit: 'MB/s',
      better: 'more',
      goal: { of: 'ratio', limit: 0.5 },
    },
    {
      id: 'logs-replicate-small',
      title: 'a log of 10,000 blocks of 1 KiB, page to page',
      unit: 'blocks/s',
      better: 'more',
      goal: { of: 'value', limit: 10_000 },
    },
  ],
  run: (side, world) => (side.name === 'skein' ? fetchLogs(side, world) : sendMessages(side, world)),
}
