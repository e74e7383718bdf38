import { describe, expect, it } from 'vitest'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

describe('a member that hears a goodbye', () => {
  it.each([
    ['for good', { type: 'leave', now: true }],
    ['for a while', { type: 'suspend' }],
  ] as const)('M8: leaves it to who said it, %s, to end the link', (_what, event) => {
    const world = MeshWorld.joined(['ada', 'bob'])
    const [ada, bob] = world.members as [TestMember, TestMember]
    ada.step(event)
    world.run(100)
    expect(bob.leftToOther).toHaveLength(1)
    expect(bob.closed).toEqual(bob.leftToOther)
    expect(ada.leftToOther).toEqual([])
  })
})
