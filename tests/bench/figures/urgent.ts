import { isOnSlowLink } from '../slow-link.js'
import { gatesOf } from './gates.js'
import type { Figure } from './figure.js'

const COUNT = 200
/** In MiB. */
const FILE = isOnSlowLink() ? 2 : 32

const quantile = (times: readonly number[], part: number): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * part)] ?? NaN

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
      goal: { of: 'value', limit: 12 },
    },
    {
      id: 'urgent-p99',
      title: 'round trip beside a file, 99th percentile over idle',
      unit: 'ms',
      better: 'less',
      goal: { of: 'value', limit: 40 },
    },
  ],
  run: async (side, world) => {
    const medians: number[] = []
    const p99s: number[] = []
    for (const gateBytes of gatesOf(side)) {
      const { idle, busy } = await world.withPair(side, { gateBytes }, ([sender]) =>
        sender.evaluate(
          async (participant, [count, file]) => {
            await participant.bulk(file / 2, 2 ** 20)
            return { idle: await participant.pings(count), busy: await participant.pingsDuringFile(count, file) }
          },
          [COUNT, FILE] as const,
        ),
      )
      medians.push(quantile(busy, 0.5) - quantile(idle, 0.5))
      p99s.push(quantile(busy, 0.99) - quantile(idle, 0.99))
    }
    return { 'urgent-median': medians, 'urgent-p99': p99s }
  },
}
