import { Random } from '../support/random.js'
import { disagreement } from './agreement.js'
import { makeCalmWorld } from './calm-world.js'
import { Interference } from './interference.js'
import type { Member } from './member.js'
import type { World } from './world.js'

const meet = (world: World, count: number): Member[] => {
  const members = Array.from({ length: count }, (_, place) => world.join(place))
  settle(world)
  return members
}

const settle = (world: World): void => {
  world.runUntil(() => disagreement(world) === null && world.ledger.missingCount() === 0, 30_000)
  const left = disagreement(world)
  if (left !== null) world.fail('agreement', left)
  if (world.ledger.missingCount() > 0) world.fail('lost', world.ledger.missing().join())
}

/** Four in a line, and the second says of all that it passes on that it has gone as far as it may. */
export const ageInMidLine = (): void => {
  const world = makeCalmWorld('aged in mid line')
  for (const [a, b] of [
    [0, 2],
    [0, 3],
    [1, 3],
  ] as const) {
    world.network.pair(a, b).reach = 'refused'
  }
  const [first, second, , last] = meet(world, 4) as [Member, Member, Member, Member]
  const shape = { drops: 0, doubles: 0, delays: 0, delayMs: 0, ages: true }
  second.interference = new Interference(new Random('aged'), shape)
  world.send(first, last, 100)
  world.run(1_000)
  second.interference = null
  settle(world)
}
