import type { Figure, Row } from './figure.js'

/** How long what belongs to a join may still trickle in after the last link. */
const AFTERMATH_MS = 500
const MEASURED = [2, 4, 8, 16]

const rowsOf = (member: number): Row[] => {
  const title = `signaling of member ${member}`
  return [
    {
      id: `signaling-${member}`,
      title,
      unit: 'KiB',
      better: 'less',
      ...(member === 8 ? { goal: { of: 'value', limit: 8 } } : {}),
    },
    { id: `signaling-frames-${member}`, title, unit: 'frames', better: 'less' },
  ]
}

/**
 * Pages join one after the other. What goes through the socket of the one that joins, both ways, payload alone, from
 * its join until it is linked with all who were there, and half a second more.
 */
export const signaling: Figure = {
  id: 'signaling',
  maxRounds: 3,
  rows: [
    ...MEASURED.flatMap(rowsOf),
    {
      id: 'signaling-growth',
      title: 'signaling: member 16 over member 4',
      unit: 'times',
      better: 'less',
      goal: { of: 'value', limit: 1.1 },
    },
  ],
  run: (side, world) =>
    world.withRoom(side, async (room) => {
      const readings: Record<string, number> = {}
      for (let member = 1; member <= Math.max(...MEASURED); member++) {
        const page = await room.openPage()
        await page.warm()
        const before = await page.signalingTraffic()
        await page.join()
        await page.untilLinked(member - 1)
        if (!MEASURED.includes(member)) continue
        await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS))
        const after = await page.signalingTraffic()
        readings[`signaling-${member}`] = (after.bytes - before.bytes) / 1024
        readings[`signaling-frames-${member}`] = after.frames - before.frames
      }
      const growth = (readings['signaling-16'] ?? NaN) / (readings['signaling-4'] ?? NaN)
      return { ...readings, 'signaling-growth': growth }
    }),
}
