import { MIB } from '../page/channel.js'
import { gatesOf } from './gates.js'
import type { Figure } from './figure.js'

/** Between two pages whose link is warm, until the receiver has answered. */
export const bulk: Figure = {
  id: 'bulk',
  rows: [
    {
      id: 'bulk',
      title: '64 messages of 1 MiB',
      unit: 'MB/s',
      better: 'more',
      goal: { of: 'ratio', limit: 0.9 },
    },
  ],
  run: async (side, world) => {
    const readings: number[] = []
    for (const gateBytes of gatesOf(side)) {
      readings.push(
        await world.withPair(side, { gateBytes }, ([sender]) =>
          sender.evaluate(async (participant, size) => {
            await participant.bulk(16, size)
            return participant.bulk(64, size)
          }, MIB),
        ),
      )
    }
    return { bulk: readings }
  },
}
