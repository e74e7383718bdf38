import { expect, it } from 'vitest'
import { breachesOf, complaintsOf, describePlan, summarize } from './report.js'
import { rules } from './judge.js'
import { kinds } from './plan.js'
import { runChaos } from './run.js'

/** Of the faults; opening everything and waiting for the last message make it a minute. */
const lengthMs = 40_000
const seed = Date.now() % 1_000_000

it('six pages and two bots lose nothing, double nothing and keep the order, whatever happens to them', async () => {
  process.stderr.write(`chaos: seed ${seed}\n`)
  const outcome = await runChaos({ seed, lengthMs, print: () => undefined })
  process.stderr.write(`${summarize(outcome)}\n`)
  const complaints = complaintsOf(outcome)
  expect(complaints, describePlan(outcome)).toEqual([])
  expect(breachesOf(outcome)).toEqual(Object.fromEntries(rules.map((rule) => [rule, 0])))
  // A run in which little happened shows little.
  expect(outcome.inflicted.length).toBeGreaterThan(10)
  const inflicted = new Set(outcome.inflicted.map(({ kind }) => kind))
  expect(kinds.filter((kind) => !inflicted.has(kind))).toEqual([])
  expect(outcome.verdict.kept).toBeGreaterThan(5_000)
})
