import { isFault, placesOf, type Decision } from './decision.js'
import type { Plan } from './plan.js'
import { runPlan } from './scenario.js'
import { Violation } from './violation.js'

/** The rule that a plan breaks, or `null`. */
export const ruleBrokenBy = (plan: Plan): string | null => ruleBrokenIn(() => void runPlan(plan))

export const ruleBrokenIn = (world: () => void): string | null => {
  try {
    world()
    return null
  } catch (error) {
    if (error instanceof Violation) return error.rule
    throw error
  }
}

/** Each try is a whole run. */
const MAX_TRIES = 400

/**
 * A smaller plan that breaks the same rule: members are left out first, then faults, then all the rest, by halves and
 * then smaller parts. The rule may be broken for another reason than at first, which is as good a find.
 */
export const shrink = (plan: Plan, broken: (plan: Plan) => string | null = ruleBrokenBy): Plan => {
  const rule = broken(plan)
  if (rule === null) return plan
  let tries = 0
  let smallest = plan
  const attempt = (decisions: readonly Decision[]): boolean => {
    if (tries >= MAX_TRIES) return false
    tries++
    const candidate = { ...plan, decisions }
    if (broken(candidate) !== rule) return false
    smallest = candidate
    return true
  }
  for (let place = plan.places - 1; place >= 0; place--) {
    attempt(smallest.decisions.filter((decision) => !placesOf(decision).includes(place)))
  }
  leaveOut(() => smallest.decisions, isFault, attempt)
  leaveOut(
    () => smallest.decisions,
    () => true,
    attempt,
  )
  return smallest
}

const leaveOut = (
  current: () => readonly Decision[],
  isCandidate: (decision: Decision) => boolean,
  attempt: (decisions: readonly Decision[]) => boolean,
): void => {
  const candidates = current().filter(isCandidate)
  for (let size = candidates.length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < candidates.length;) {
      const without = new Set(candidates.slice(from, from + size))
      if (attempt(current().filter((decision) => !without.has(decision)))) candidates.splice(from, size)
      else from += size
    }
  }
}
