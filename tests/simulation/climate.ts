import { Random } from '../support/random.js'
import type { PairShape } from './network.js'

/** What the links of a world are like, before anything happens to them. */
export interface Climate {
  readonly fewestMs: number
  readonly mostMs: number
  readonly slowestBytesPerSecond: number
  readonly hasBinding: boolean
  readonly hasUnreliable: boolean
}

export const drawClimate = (random: Random, needsBinding: boolean): Climate => {
  const [fewestMs, mostMs] = random.pick([
    [1, 5],
    [5, 40],
    [50, 300],
    [1, 300],
    [300, 1_000],
  ] as const)
  const slowestBytesPerSecond = random.pick([10_000, 100_000, 100_000, 1_000_000, 1_000_000, 10_000_000])
  return {
    fewestMs,
    mostMs,
    slowestBytesPerSecond,
    hasBinding: random.chance(0.7) || needsBinding,
    hasUnreliable: random.chance(0.8),
  }
}

/** The links between two places; the same whenever asked. */
export const shapeOf = (climate: Climate, seed: string, a: number, b: number): PairShape => {
  const random = new Random(`${seed}/${a}-${b}`)
  const { fewestMs, mostMs, slowestBytesPerSecond: slowest } = climate
  const bytesPerSecond = Math.min(40_000_000, slowest * random.pick([1, 2, 10, 40_000_000 / slowest]))
  return {
    delayMs: random.between(fewestMs, mostMs),
    jitterMs: random.between(0, mostMs / 4),
    bytesPerSecond,
    markBytes: random.pick(bytesPerSecond < 1_000_000 ? [64, 128, 128] : [64, 128, 256, 1024]) * 1024,
    lazyRoom: random.chance(0.75),
    unreliableLoss: climate.hasUnreliable ? random.pick([0, 0, 0.05, 0.3]) : null,
    binding: climate.hasBinding,
    needsCandidate: random.chance(0.3),
  }
}
