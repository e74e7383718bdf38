import type { PairShape } from './network.js'
import { World } from './world.js'

export const calmShape: PairShape = {
  delayMs: 20,
  jitterMs: 5,
  bytesPerSecond: 5_000_000,
  markBytes: 256 * 1024,
  lazyRoom: true,
  unreliableLoss: 0,
  binding: true,
  needsCandidate: false,
}

/** Links that are all alike and stay. */
export const makeCalmWorld = (seed: string, changes: Partial<PairShape> = {}, isGenuine = true): World => {
  const world = new World({ seed, shapePair: () => ({ ...calmShape, ...changes }), isSteady: true, isGenuine })
  world.network.keptOnClose = 1
  return world
}
