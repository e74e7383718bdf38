import type { Figure } from './figure.js'

const SECONDS = 5

/** Eight pages, each of which sends 60 updates of 64 bytes a second to all: how old they are when they come. */
export const updates: Figure = {
  id: 'updates',
  maxRounds: 3,
  rows: [
    {
      id: 'updates-p95',
      title: '60 updates a second from each of 8, age at arrival, 95th percentile',
      unit: 'ms',
      better: 'less',
      goal: { of: 'value', limit: 50 },
    },
    { id: 'updates-lost', title: 'of them not arrived: overtaken by newer ones', unit: '%', better: 'less' },
    {
      id: 'updates-growth',
      title: 'median age in the last fifth, to that in the first',
      unit: 'x',
      better: 'less',
      // A queue that grows makes them ever older.
      goal: { of: 'value', limit: 1.5 },
    },
    {
      id: 'updates-pairs',
      title: 'pairs of which one saw no update of the other in the last second',
      unit: '',
      better: 'less',
      goal: { of: 'value', limit: 0 },
    },
  ],
  run: (side, world) =>
    world.withMesh(side, 8, {}, async (pages) => {
      const ages = await Promise.all(
        pages.map((page) => page.evaluate((participant, ms) => participant.updates(60, ms), SECONDS * 1_000)),
      )
      const seen = await Promise.all(pages.map((page) => page.evaluate((participant) => participant.seenLately, null)))
      const medianOf = (times: readonly number[]): number =>
        [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN
      const growth = ages.map((own) => {
        const fifth = Math.floor(own.length / 5)
        return medianOf(own.slice(-fifth)) / medianOf(own.slice(0, fifth))
      })
      const all = ages.flat().sort((a, b) => a - b)
      return {
        'updates-p95': all[Math.floor(all.length * 0.95)] ?? NaN,
        'updates-lost': 100 * (1 - all.length / (8 * 7 * 60 * SECONDS)),
        'updates-growth': medianOf(growth),
        'updates-pairs': 8 * 7 - seen.reduce((sum, count) => sum + count, 0),
      }
    }),
}
