import { MIB } from '../page/channel.js'
import { readTowardsNode } from '../node/end.js'
import type { Figure } from './figure.js'

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
  run: async (side, world) => ({
    'page-to-node': await readTowardsNode(side, world, (page) =>
      page.evaluate(async (participant, size) => {
        await participant.bulk(16, size)
        return participant.bulk(64, size)
      }, MIB),
    ),
  }),
}
