import type { Ending, FailoverEnd, Tally } from '../page/failover.js'
import type { Room, World } from '../world.js'
import type { Side } from '../sides/side.js'
import type { Figure } from './figure.js'

const CUTS = 24

/**
 * Of three pages one writes to another every 10 ms, and the link between these two is taken from them, by either in
 * turn: it closes, or it swallows what both write. The time is from there to the first message that was sent later. Then
 * they make another link, before the next is taken.
 */
export const failover: Figure = {
  id: 'failover',
  maxRounds: 1,
  rows: [
    {
      id: 'failover-closed',
      title: 'link closed until a relay has taken over, 95th percentile',
      unit: 'ms',
      better: 'less',
      goal: { of: 'value', limit: 300 },
    },
    {
      id: 'failover-silent',
      title: 'link silent until a relay has taken over, 95th percentile',
      unit: 'ms',
      better: 'less',
      goal: { of: 'value', limit: 2_000 },
    },
    { id: 'failover-lost', title: 'lost of all that', unit: '', better: 'less', goal: { of: 'value', limit: 0 } },
    { id: 'failover-doubled', title: 'doubled of all that', unit: '', better: 'less', goal: { of: 'value', limit: 0 } },
  ],
  run: async (side, world) => {
    if (side.name !== 'skein') return Object.fromEntries(failover.rows.map(({ id }) => [id, 'relays nothing']))
    const closed = await measure(side, world, 'closed')
    const silent = await measure(side, world, 'silent')
    return {
      'failover-closed': percentile95(closed.times),
      'failover-silent': percentile95(silent.times),
      'failover-lost': closed.lost + silent.lost,
      'failover-doubled': closed.doubled + silent.doubled,
    }
  },
}

interface Measured extends Tally {
  readonly times: readonly number[]
}

const measure = (side: Side, world: World, ending: Ending): Promise<Measured> =>
  world.withRoom(side, async (room) => {
    const [writer, reader, relay] = [await openEnd(room), await openEnd(room), await openEnd(room)]
    const pairs = [
      [writer, reader],
      [reader, writer],
    ] as const
    for (const end of [writer, reader]) await end.evaluate((own, id) => own.untilLinked(id), relay.id)
    for (const [end, other] of pairs) await end.evaluate((own, id) => own.untilLinked(id), other.id)
    await writer.evaluate((end, id) => end.talkTo(id), reader.id)
    const times: number[] = []
    for (let i = 0; i < CUTS; i++) {
      const [taker, other] = pairs[i % 2] as (typeof pairs)[number]
      const takenMs = await taker.evaluate((end, [id, how]) => end.take(id, how), [other.id, ending] as const)
      times.push((await reader.evaluate((end, sentAtMs) => end.arrivalAfter(sentAtMs), takenMs)) - takenMs)
      await taker.evaluate((end, id) => end.allow(id), other.id)
      for (const end of [writer, reader]) await end.evaluate((own) => own.hurry(), null)
      // The one that took the link knows it from the one that comes, and is first.
      await taker.evaluate((end, id) => end.untilLinked(id), other.id)
      await other.evaluate((end, id) => end.untilLinked(id), taker.id)
    }
    const sent = await writer.evaluate((end) => end.stopTalking(), null)
    return { times, ...(await reader.evaluate((end, count) => end.tally(count), sent)) }
  })

interface End {
  readonly id: string
  evaluate<A, R>(work: (end: FailoverEnd, argument: A) => R | Promise<R>, argument: A): Promise<R>
}

const openEnd = async (room: Room): Promise<End> => {
  const bench = await room.openPage()
  const { page } = bench
  const id = await page.evaluate<string>(
    `import('/page/failover.js').then(({ join }) => join(${JSON.stringify(bench.options())}))`,
  )
  return {
    id,
    evaluate: (work, argument) => page.evaluate(`(${work.toString()})(window.failover, ${JSON.stringify(argument)})`),
  }
}

const percentile95 = (times: readonly number[]): number => {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? NaN
}
