import { describe, expect, it } from 'vitest'
import { pack, PaperMember } from '../support/mesh-villain.js'
import { MeshWorld, type TestMember } from '../support/mesh-world.js'

const names = Array.from({ length: 16 }, (_, index) => `m${String(index)}`)

const joinPartial = (): { world: MeshWorld; mallory: TestMember; honest: TestMember[] } => {
  const world = new MeshWorld('paper')
  const limits = { messageBytes: 1_048_576, maxLinks: 6, stallMs: 5_000 }
  const members = world.create(names, { limits })
  members.forEach((member, index) => {
    world.later(() => {
      member.step({ type: 'start' })
    }, 200 * index)
  })
  world.runUntil(() => world.isWhole, 60_000)
  world.run(6_000)
  const [mallory, ...honest] = members as [TestMember, ...TestMember[]]
  return { world, mallory, honest }
}

/** Who is reached from the first of these by links among them alone. */
const reachedAmong = (honest: readonly TestMember[]): number => {
  const reached = new Set(honest.slice(0, 1))
  for (const member of reached) {
    for (const other of honest) if (member.hasLink(other)) reached.add(other)
  }
  return reached.size
}

describe('a member that makes up members, who take places on all rings', () => {
  it('M9, G5: keeps nobody from the others, who stay joined among themselves', () => {
    const { world, mallory, honest } = joinPartial()
    const paper = Array.from({ length: 100 }, () => new PaperMember(world))
    const records = paper.flatMap((one) => [one.card(), one.links([mallory.engine.idBytes])])
    for (let at = 0; at < records.length; at += 20) {
      for (const to of honest) if (mallory.hasLink(to)) mallory.inject(to, pack(...records.slice(at, at + 20)))
      world.run(50)
    }
    world.run(25_000)
    // They were taken for members.
    for (const { engine } of honest) expect(engine.holdings().peers).toBe(names.length - 1 + paper.length)
    expect(honest.map(({ engine }) => engine.members().length)).toEqual(honest.map(() => names.length))
    expect(reachedAmong(honest)).toBe(honest.length)
    expect(Math.max(...honest.map(({ engine }) => engine.stats().links))).toBeLessThanOrEqual(6)
    const author = honest[3] as TestMember
    author.send('still here')
    world.run(5_000)
    expect(honest.filter(({ texts }) => texts.at(-1) === 'still here')).toHaveLength(honest.length - 1)
  })
})
