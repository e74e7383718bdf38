import { MIB } from '../page/channel.js'
import { meterOf } from './heap.js'
import type { Figure } from './figure.js'
import { openEnds, wait } from './media.js'

const MINUTE_MS = 60_000
/** Until everything that is made once has been made. */
const WARM_UP_MINUTES = 5
const WATCHED_MINUTES = 25

/** A call of three for half an hour: how much more scripts of a page hold from hour to hour, of the page where that is most. */
export const mediaHeap: Figure = {
  id: 'media-heap',
  long: true,
  maxRounds: 1,
  sides: ['bare', 'skein'],
  together: true,
  rows: [
    {
      id: 'media-heap',
      title: 'heap that a page of a call of 3 gains',
      unit: 'MiB/h',
      better: 'less',
      goal: { of: 'value', limit: 1 },
    },
  ],
  run: (side, world) =>
    world.withRoom(side, async (room) => {
      const ends = await openEnds(room, 3)
      for (const end of ends) await end.evaluate((own) => own.show())
      await Promise.all(ends.map((end) => end.evaluate((own) => own.untilFrames(2))))
      const meters = await Promise.all(ends.map(({ page }) => meterOf(page)))
      await wait(WARM_UP_MINUTES * MINUTE_MS)
      const readings: number[][] = ends.map(() => [])
      for (let minute = 0; minute <= WATCHED_MINUTES; minute++) {
        if (minute > 0) await wait(MINUTE_MS)
        for (const [index, measure] of meters.entries()) readings[index]?.push(await measure())
      }
      return { 'media-heap': Math.max(...readings.map((bytes) => (slopeOf(bytes) * 60) / MIB)) }
    }),
}

/** Of the line that lies closest to values that are one apart from each other. */
const slopeOf = (values: readonly number[]): number => {
  const middle = (values.length - 1) / 2
  const distances = values.map((_, at) => at - middle)
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
  return sum(values.map((value, at) => value * (at - middle))) / sum(distances.map((distance) => distance ** 2))
}
