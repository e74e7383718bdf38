import type { Figure } from './figure.js'

/** How long what belongs to a join may still trickle in after the last link. */
const AFTERMATH_MS = 500
const MEASURED = [2, 4, 8, 16]

/**
 * Pages join one after the other. What goes through the socket of the one that joins, both ways, payload alone, from
 * its join until it is linked with all who were there, and half a second more.
 */
export const signaling: Figure = {
  id: 'signaling',
  maxRounds: 3,
  rows: MEASURED.flatMap((count) => [
    {
      id: `signaling-${count}`,
      title: `signaling of member ${count}`,
      unit: 'KiB',
      better: 'less',
      ...(count === 8 ? { goal: { of: 'value', limit: 8 } as const } : {}),
    } as const,
    { id: `signaling-frames-${count}`, title: `signaling of member ${count}`, unit: 'frames', better: 'less' } as const,
  ]),
  run: (side, world) =>
    world.withRoom(side, async (room) => {
      const readings: Record<string, number> = {}
      for (let count = 1; count <= Math.max(...MEASURED); count++) {
        const page = await room.openPage()
        await page.warm()
        const before = await page.signalingTraffic()
        await page.join()
        await page.untilLinked(count - 1)
        if (!MEASURED.includes(count)) continue
        await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS))
        const after = await page.signalingTraffic()
        readings[`signaling-${count}`] = (after.bytes - before.bytes) / 1024
        readings[`signaling-frames-${count}`] = after.frames - before.frames
      }
      return readings
    }),
}
