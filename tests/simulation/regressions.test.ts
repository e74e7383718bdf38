import { expect, it } from 'vitest'
import type { Plan } from './plan.js'
import regressions from './regressions.json' with { type: 'json' }
import { ruleBrokenBy } from './shrink.js'

/** Worlds that once broke a rule, as small as they could be made: `npm run sim -- --seed N --shrink` prints one. */
it.each(regressions as unknown as readonly { readonly name: string; readonly plan: Plan }[])('$name', ({ plan }) => {
  expect(ruleBrokenBy(plan)).toBeNull()
})
