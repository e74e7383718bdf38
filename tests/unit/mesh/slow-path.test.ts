import { describe, expect, it } from 'vitest'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const ONE_WAY_MS = 400

/** Between the first two everything takes 400 ms each way; the third is near both. */
const setup = () => {
  const world = MeshWorld.joined(['ada', 'bob', 'cyn'])
  const [ada, bob] = world.members as [TestMember, TestMember]
  const carry = world.carry.bind(world)
  world.carry = (from, to, arrive) => {
    carry(from, to, () => {
      if ([ada, bob].includes(from) && [ada, bob].includes(to)) world.later(arrive, ONE_WAY_MS)
      else arrive()
    })
  }
  // Until the round trip is known.
  world.run(60_000)
  ada.notices.length = 0
  const path = () => ada.engine.peer(bob.id)?.path.kind
  return { world, ada, bob, path }
}

describe('a link with a round trip of 800 ms', () => {
  it('P19: is not left while data waits on it for as long as that', () => {
    const { world, ada, bob } = setup()
    for (let i = 0; i < 10; i++) {
      ada.send(`m${String(i)}`, bob)
      world.run(3_100)
    }
    expect(ada.notices.filter(({ type }) => type === 'path:change')).toEqual([])
    expect(bob.texts).toHaveLength(10)
  })

  it('P19: is left once nothing has come for four of them', () => {
    const { world, ada, bob, path } = setup()
    world.stall(ada, bob)
    ada.send('one', bob)
    world.run(3_000)
    expect(path()).toBe('direct')
    world.run(500)
    expect([path(), bob.texts]).toEqual(['relayed', ['one']])
  })
})
