import type { Figure } from './figure.js'

/** Questions of 64 bytes, 64 in flight, each answered with as much; a message and one back where a side has no requests. */
export const requests: Figure = {
  id: 'requests',
  rows: [
    {
      id: 'requests',
      title: 'requests, 64 in flight',
      unit: '/s',
      better: 'more',
      goal: { of: 'ratio', limit: 0.6 },
    },
  ],
  run: (side, world) =>
    world.withPair(side, {}, async ([sender]) => ({
      requests: await sender.evaluate(async (participant) => {
        await participant.requests(64, 500)
        return participant.requests(64, 2_000)
      }, null),
    })),
}
