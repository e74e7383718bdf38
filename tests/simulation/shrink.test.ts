import { describe, expect, it } from 'vitest'
import { isFault, type Decision } from './decision.js'
import { drawPlan } from './plan.js'
import { shrink } from './shrink.js'

const plan = drawPlan(4)
const [cut, stall] = plan.decisions.filter(isFault) as [Decision, Decision]
const join = plan.decisions.find(({ type }) => type === 'join') as Decision

describe('shrinking', () => {
  it('leaves out all that the same rule does without', () => {
    const needed = [join, cut, stall]
    const smallest = shrink(plan, ({ decisions }) => (needed.every((one) => decisions.includes(one)) ? 'rule' : null))
    expect(smallest.decisions).toEqual(plan.decisions.filter((decision) => needed.includes(decision)))
  })

  it('keeps what would break another rule', () => {
    const smallest = shrink(plan, ({ decisions }) => (decisions.includes(cut) ? 'rule' : 'another'))
    expect(smallest.decisions).toEqual([cut])
  })

  it('leaves a plan that breaks no rule as it is', () => {
    expect(shrink(plan, () => null)).toBe(plan)
  })

  it('takes a plan through JSON and back unchanged', () => {
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  })
})
