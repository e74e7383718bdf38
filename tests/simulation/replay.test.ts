import { expect, it } from 'vitest'
import { runSeed } from './scenario.js'

it.each([3, 11, 20])('the same seed runs the same world twice, to the last event: %i', (seed) => {
  const first = runSeed(seed)
  const second = runSeed(seed)
  expect(first.events).toBeGreaterThan(500)
  expect(second).toEqual(first)
})

it('another seed runs another world', () => {
  expect(runSeed(3).digest).not.toBe(runSeed(4).digest)
})
