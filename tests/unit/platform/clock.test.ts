import { expect, test } from 'vitest'
import { createClock } from '../../../sdk/platform/clock.js'

test('createClock follows the wall clock forward, sleep included', () => {
  let wall = 1_000
  const now = createClock(() => wall)
  expect(now()).toBe(1_000)
  wall += 8 * 3_600_000
  expect(now()).toBe(1_000 + 8 * 3_600_000)
})

test('createClock goes on from where it was when the wall clock is set back', () => {
  let wall = 100_000
  const now = createClock(() => wall)
  now()
  wall = 40_000
  expect(now()).toBe(100_000)
  wall += 5
  expect(now()).toBe(100_005)
})
