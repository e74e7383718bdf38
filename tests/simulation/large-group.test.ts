import { expect, it } from 'vitest'
import { runLargeGroup } from './large-group.js'

/** The same with 200, which takes minutes: `npm run sim -- --large 200`. */
const members = 50
const maxLinks = 12

it('G2, T3, T5: in a group far larger than its links every broadcast reaches all, in at most 4 copies of any member, and all agree after churn', () => {
  const report = runLargeGroup({ members, maxLinks, broadcasts: 4, churn: 6 })
  console.info(report)
  expect(report.mostLinks).toBeLessThanOrEqual(maxLinks)
  expect(report.missing).toBe(0)
  expect(report.mostCopies).toBeLessThanOrEqual(4)
  expect(report.members).toBe(members)
})
