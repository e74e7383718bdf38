import type { Figure } from './figure.js'

/** 1,000 pings of 64 bytes, each sent when the one before has been answered. */
export const rtt: Figure = {
  id: 'rtt',
  rows: [
    { id: 'rtt-median', title: 'round trip, median', unit: 'ms', better: 'less', goal: { of: 'ratio', limit: 1.3 } },
    { id: 'rtt-p99', title: 'round trip, 99th percentile', unit: 'ms', better: 'less' },
  ],
  run: (side, world) =>
    world.withPair(side, {}, async ([sender]) => {
      const times = await sender.evaluate(async (participant) => {
        await participant.pings(100)
        return participant.pings(1_000)
      }, null)
      times.sort((a, b) => a - b)
      return { 'rtt-median': times[500] ?? NaN, 'rtt-p99': times[990] ?? NaN }
    }),
}
