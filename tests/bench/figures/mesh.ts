import type { Side } from '../sides/side.js'
import type { World } from '../world.js'
import type { Figure } from './figure.js'

/** Long enough for every page to have been told when to begin. */
const NOTICE_MS = 300

/** Pages that begin to join at the same moment, until every one has a link to every other. */
const linkAll = (side: Side, world: World, count: number): Promise<number> =>
  world.withRoom(side, async (room) => {
    const pages = await room.openPages(count)
    for (const page of pages) await page.warm()
    const startAtMs = Date.now() + NOTICE_MS
    const ends = await Promise.all(
      pages.map((page) =>
        page.evaluate((participant, [options, start, links]) => participant.linkedAt(options, start, links), [
          page.options(),
          startAtMs,
          count - 1,
        ] as const),
      ),
    )
    return Math.max(...ends) - startAtMs
  })

export const mesh: Figure = {
  id: 'mesh',
  rows: [
    { id: 'mesh-4', title: '4 pages at once until all are linked', unit: 'ms', better: 'less' },
    {
      id: 'mesh-8',
      title: '8 pages at once until all are linked',
      unit: 'ms',
      better: 'less',
      goal: { of: 'ratio', limit: 1.5 },
    },
  ],
  run: async (side, world) => ({ 'mesh-4': await linkAll(side, world, 4), 'mesh-8': await linkAll(side, world, 8) }),
}
