import { MIB } from '../page/channel.js'
import { gatesOf } from './gates.js'
import type { Figure } from './figure.js'

/** The first thing that goes over a link. The bare channel and simple-peer have it cut into pieces of 64 KiB. */
export const oneMessage: Figure = {
  id: 'one-message',
  rows: [
    {
      id: 'one-message',
      title: 'one message of 64 MiB, fresh link',
      unit: 'MB/s',
      better: 'more',
      goal: { of: 'best', limit: 1 },
    },
  ],
  run: async (side, world) => {
    const readings: number[] = []
    for (const gateBytes of gatesOf(side)) {
      readings.push(
        await world.withPair(side, { gateBytes }, ([sender]) =>
          sender.evaluate((participant, size) => participant.bulk(1, size), 64 * MIB),
        ),
      )
    }
    return { 'one-message': readings }
  },
}
