import { isOnSlowLink } from '../slow-link.js'
import { gatesOf } from './gates.js'
import type { Figure } from './figure.js'

const COUNT = 200
/** In MiB. */
const FILE = isOnSlowLink() ? 2 : 32

const quantile = (times: readonly number[], part: number): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * part)] ?? NaN

const MEGABYTE = 1e6

/**
 * Round trips of 64 bytes while files go out on the same link (messages of 1 MiB where a side has none), over what they
 * take while nothing else does.
 */
export const urgent: Figure = {
  id: 'urgent',
  maxRounds: 3,
  rows: [
    {
      id: 'urgent-median',
      title: 'round trip beside a file, median over idle',
      unit: 'ms',
      better: 'less',
      ...(isOnSlowLink() ? {} : { goal: { of: 'value', limit: 12 } as const }),
    },
    {
      id: 'urgent-p99',
      title: 'round trip beside a file, 99th percentile over idle',
      unit: 'ms',
      better: 'less',
      // On a link that is full anyway, what counts is how much longer than behind a bare channel.
      goal: isOnSlowLink() ? { of: 'ratio', limit: 1.5 } : { of: 'value', limit: 40 },
    },
    { id: 'urgent-bulk', title: 'of the files meanwhile', unit: 'MB/s', better: 'more' },
  ],
  run: async (side, world) => {
    const medians: number[] = []
    const p99s: number[] = []
    const rates: number[] = []
    for (const gateBytes of gatesOf(side)) {
      const { idle, busy, rate } = await world.withPair(side, { gateBytes }, async ([sender, receiver]) => {
        const idle = await sender.evaluate(
          async (participant, [count, file]) => {
            await participant.bulk(file / 2, 2 ** 20)
            return participant.pings(count)
          },
          [COUNT, FILE] as const,
        )
        const before = await receiver.evaluate((participant) => participant.receivedBytes, null)
        const beganMs = performance.now()
        const busy = await sender.evaluate((participant, [count, file]) => participant.pingsDuringFile(count, file), [
          COUNT,
          FILE,
        ] as const)
        const bytes = (await receiver.evaluate((participant) => participant.receivedBytes, null)) - before
        return { idle, busy, rate: bytes / MEGABYTE / ((performance.now() - beganMs) / 1_000) }
      })
      rates.push(rate)
      medians.push(quantile(busy, 0.5) - quantile(idle, 0.5))
      p99s.push(quantile(busy, 0.99) - quantile(idle, 0.99))
    }
    return { 'urgent-median': medians, 'urgent-p99': p99s, 'urgent-bulk': rates }
  },
}
