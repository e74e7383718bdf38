import { expect, it } from 'vitest'
import { runStallSeeds } from './stalls.js'

const seeds = 5

it('M12, M19: half an hour of stalls up to 5 s and 300 ms of jitter, in which nobody goes, shows nobody going', () => {
  const { reports, text } = runStallSeeds(1, seeds)
  console.info(text)
  expect(reports.filter(({ falseLeaves }) => falseLeaves > 0).map(({ seed }) => seed)).toEqual([])
  const sum = (pick: (report: (typeof reports)[number]) => number) =>
    reports.reduce((total, report) => total + pick(report), 0)
  expect(sum(({ stalls }) => stalls)).toBeGreaterThan(200 * seeds)
  expect(sum(({ deliveries }) => deliveries)).toBeGreaterThan(500 * seeds)
})
