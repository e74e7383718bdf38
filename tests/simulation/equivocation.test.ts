import { expect, it } from 'vitest'
import { equivocate, type Outcome } from '../unit/log/equivocation.js'

const runs = 1_000

it(`AT-L09: two readers of a writer that signs two histories find out within 2 s, ${runs} of ${runs} times`, async () => {
  const missed: Outcome[] = []
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const outcome = await equivocate(`equivocation ${run}`)
    if (outcome.tookMs === null || !outcome.isProved || outcome.violations.length > 0) missed.push(outcome)
    else times.push(outcome.tookMs)
  }
  times.sort((one, other) => one - other)
  const at = (part: number): string => (times[Math.floor((times.length - 1) * part)] ?? NaN).toFixed(0)
  console.log(`${times.length} of ${runs} found out: after ${at(0.5)} ms in the middle, ${at(1)} ms at most`)
  expect(missed).toEqual([])
})
