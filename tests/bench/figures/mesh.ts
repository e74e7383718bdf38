import type { Side } from '../sides/side.js'
import type { World } from '../world.js'
import type { Figure } from './figure.js'

/** Long enough for every page to have been told when to begin. */
const NOTICE_MS = 300

interface Linked {
  readonly ms: number
  /** What has gone through the signaling socket of a page by then, both ways, payload alone: the mean of all. */
  readonly signalingKib: number
}

/** Pages that begin to join at the same moment, until every one has a link to every other. */
const linkAll = (side: Side, world: World, count: number): Promise<Linked> =>
  world.withRoom(side, async (room) => {
    const pages = await room.openPages(count)
    for (const page of pages) await page.warm()
    const sumOfBytes = async (): Promise<number> => {
      const traffic = await Promise.all(pages.map((page) => page.signalingTraffic()))
      return traffic.reduce((sum, { bytes }) => sum + bytes, 0)
    }
    const bytesBefore = await sumOfBytes()
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
    const signalingKib = ((await sumOfBytes()) - bytesBefore) / 1024 / count
    return { ms: Math.max(...ends) - startAtMs, signalingKib }
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
    {
      id: 'mesh-8-signaling',
      title: '8 pages at once: signaling of each',
      unit: 'KiB',
      better: 'less',
      goal: { of: 'value', limit: 8 },
    },
  ],
  run: async (side, world) => {
    const four = await linkAll(side, world, 4)
    const eight = await linkAll(side, world, 8)
    return { 'mesh-4': four.ms, 'mesh-8': eight.ms, 'mesh-8-signaling': eight.signalingKib }
  },
}
