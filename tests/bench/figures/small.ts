import type { Figure } from './figure.js'

/** 64 bytes, 1,000 sends per task, none of them awaited; the bare channel in a plain loop with a gate of 1 MiB. */
export const small: Figure = {
  id: 'small',
  rows: [{ id: 'small', title: 'messages of 64 bytes', unit: '/s', better: 'more', goal: { of: 'ratio', limit: 1.2 } }],
  run: (side, world) =>
    world.withPair(side, {}, async ([sender]) => ({
      small: await sender.evaluate(async (participant) => {
        await participant.rate(64, 1_000, 500, 1)
        return participant.rate(64, 1_000, 2_000, 1)
      }, null),
    })),
}
