import { describe, expect, it } from 'vitest'
import { adversaryKinds } from './adversaries.js'
import { runSeeds, summarize } from './run-seeds.js'
import type { Report } from './scenario.js'

const batch = 25

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

    it('lose no message between members that never parted, whatever is cut and whoever else goes', () => {
      expect(reports.filter((report) => report.lost > 0).map(({ seed, lost }) => ({ seed, lost }))).toEqual([])
    })

    it('saw messages, relays and every kind of fault', () => {
      const sum = (pick: (report: Report) => number) => reports.reduce((total, report) => total + pick(report), 0)
      console.info(summarize(reports))
      expect(sum((report) => report.deliveries)).toBeGreaterThan(50 * count)
      expect(sum((report) => report.relayedPairs)).toBeGreaterThan(count / 4)
      expect(sum((report) => report.cuts)).toBeGreaterThan(count)
      expect(sum((report) => report.stalls)).toBeGreaterThan(count / 4)
      expect(sum((report) => report.crashes)).toBeGreaterThan(count / 4)
      expect(sum((report) => report.restarts)).toBeGreaterThan(count / 4)
    })

    it.each(adversaryKinds)('stood adversaries of every kind: %s', (kind) => {
      expect(reports.filter((report) => report.adversary === kind).length).toBeGreaterThan(count / 40)
    })
  })
}
