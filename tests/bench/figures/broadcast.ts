import type { Figure } from './figure.js'

/** One page to the seven others, 100 sends per task, until all seven have all. */
export const broadcast: Figure = {
  id: 'broadcast',
  rows: [
    {
      id: 'broadcast',
      title: 'messages of 1 KiB to 7 members',
      unit: '/s',
      better: 'more',
      goal: { of: 'ratio', limit: 1 },
    },
  ],
  run: (side, world) =>
    world.withMesh(side, 8, {}, async ([sender]) => ({
      broadcast: await sender.evaluate(async (participant) => {
        await participant.rate(1_024, 100, 500, 7)
        return participant.rate(1_024, 100, 2_000, 7)
      }, null),
    })),
}
