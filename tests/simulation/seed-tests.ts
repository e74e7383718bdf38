import { describe, expect, it } from 'vitest'
import { adversaryKinds } from './adversaries.js'
import { faultCounts, runSeeds, summarize, totalFaults } from './run-seeds.js'
import type { Report } from './scenario.js'

const batch = 25
/** On average, so that 2,000 worlds see half a million deliveries and 20,000 faults. */
const leastPerWorld = { deliveries: 250, datagrams: 40, faults: 10 }

/** Tests over a range of seeds, and one that the runs did real work. Several files call it, so that they run at once. */
export const describeSeeds = (from: number, count: number): void => {
  describe(`worlds of seeds ${from} to ${from + count - 1}`, () => {
    const reports: Report[] = []

    for (let first = from; first < from + count; first += batch) {
      it(`P13, M9: keep every rule: ${first} to ${first + batch - 1}`, () => {
        const run = runSeeds(first, batch)
        reports.push(...run.reports)
        expect(run.failures.map((failure) => failure.text).join('\n')).toBe('')
      })
    }

    it('saw so many messages, relays and faults of every kind', () => {
      const sum = (pick: (report: Report) => number) => reports.reduce((total, report) => total + pick(report), 0)
      console.info(summarize(reports))
      expect(sum((report) => report.deliveries)).toBeGreaterThanOrEqual(leastPerWorld.deliveries * count)
      expect(sum((report) => report.datagrams)).toBeGreaterThanOrEqual(leastPerWorld.datagrams * count)
      expect(sum((report) => report.outcomes)).toBeGreaterThan(20 * count)
      expect(sum((report) => report.relayedPairs)).toBeGreaterThan(count / 4)
      expect(totalFaults(reports)).toBeGreaterThanOrEqual(leastPerWorld.faults * count)
    })

    it('saw every kind of fault', () => {
      const counts = faultCounts(reports)
      for (const type of faultTypes) expect(counts.get(type) ?? 0, type).toBeGreaterThan(count / 20)
    })

    it.each(adversaryKinds)('stood adversaries of every kind: %s', (kind) => {
      expect(reports.filter((report) => report.adversary === kind).length).toBeGreaterThan(count / 200)
    })
  })
}

const faultTypes = [
  'server',
  'stall',
  'lag',
  'cut',
  'partition',
  'outage',
  'sleep',
  'clock',
  'slow',
  'fill',
  'open',
  'pause',
  'relay',
  'churn',
]
