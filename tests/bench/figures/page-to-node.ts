import { MIB } from '../page/channel.js'
import { startBot, startNodeMember } from '../node/end.js'
import type { Figure } from './figure.js'
import { gatesOf } from './gates.js'

/** From a page to a process of Node, skein's to a bot that it has asked in, on a warm link, until it has answered. */
export const pageToNode: Figure = {
  id: 'page-to-node',
  rows: [
    {
      id: 'page-to-node',
      title: '64 messages of 1 MiB, page to Node',
      unit: 'MB/s',
      better: 'more',
      goal: { of: 'ratio', limit: 0.8 },
    },
  ],
  run: async (side, world) => {
    const readings: number[] = []
    for (const gateBytes of gatesOf(side)) {
      const measure = world.withRoom(
        side,
        async (room) => {
          const end = await (side.name === 'skein' ? startBot() : startNodeMember(room))
          try {
            const page = await room.openPage()
            await end.linkWith(page)
            return await page.evaluate(async (participant, size) => {
              await participant.bulk(16, size)
              return participant.bulk(64, size)
            }, MIB)
          } finally {
            await end.stop()
          }
        },
        { gateBytes },
      )
      readings.push(await measure)
    }
    return { 'page-to-node': readings }
  },
}
