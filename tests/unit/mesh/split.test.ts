import { describe, expect, it } from 'vitest'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'
import { Random } from '../../support/random.js'

const seeds = Array.from({ length: 40 }, (_, index) => index + 1)
const names = ['ada', 'bob', 'cyn', 'dan'] as const

/**
 * Two halves between which links are silent and none come up, while the server carries set-up frames as ever. Everything
 * takes every member its own time, and each link falls silent at a moment of its own.
 */
const setupSplit = (seed: number) => {
  const random = new Random(seed)
  const world = MeshWorld.joined(names, {}, seed)
  const [ada, bob, cyn, dan] = names.map((name) => world.named(name)) as [
    TestMember,
    TestMember,
    TestMember,
    TestMember,
  ]
  for (const member of world.members) member.latencyMs = random.integer(0, 40)
  world.run(random.integer(0, 3_000))
  const pairs = [ada, bob].flatMap((mine) => [cyn, dan].map((theirs) => [mine, theirs] as const))
  for (const [mine, theirs] of pairs) {
    world.refuseNew(mine, theirs)
    world.stall(mine, theirs)
    world.run(random.integer(0, 30))
  }
  /** What links there were are gone. */
  const heal = (): void => {
    for (const [mine, theirs] of pairs) {
      for (const end of mine.openLinks(theirs)) world.cut(end)
      world.allow(mine, theirs)
      world.resume(mine, theirs)
    }
  }
  return { world, halves: [[ada, bob] as const, [cyn, dan] as const], heal }
}

const comings = (member: TestMember): string[] =>
  member.notices.flatMap((notice) =>
    notice.type === 'member:leave' || notice.type === 'member:join' ? [`${notice.type} ${notice.id}`] : [],
  )

describe('a group in halves that the server alone joins', () => {
  it.each(seeds)('M9, M12: lets each of the others go once, and has it again once, seed %i', (seed) => {
    const { world, halves, heal } = setupSplit(seed)
    const members = halves.flat()
    for (const member of members) member.notices.length = 0
    world.runUntil(() => members.every((member) => member.engine.members().length === 2), 30_000)
    heal()
    world.runUntil(() => world.isWhole, 30_000)
    world.run(20_000)
    for (const [index, half] of halves.entries()) {
      const others = (halves[1 - index] as typeof half).map(({ id }) => id)
      const expected = others.flatMap((id) => [`member:leave ${id}`, `member:join ${id}`])
      for (const member of half) expect(comings(member).sort()).toEqual(expected.sort())
    }
  })
})
