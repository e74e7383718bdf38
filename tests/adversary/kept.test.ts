import { expect, it } from 'vitest'
import { MeshWorld, type TestMember } from '../support/mesh-world.js'

it('M18: who joins, falls silent and joins anew, again and again, has me hold no more links than there may be, twice', () => {
  const maxLinks = 4
  const world = new MeshWorld()
  const options = { limits: { messageBytes: 1_048_576, maxLinks, stallMs: 5_000 } }
  const [ada, bob] = world.add(['ada', 'bob'], options) as [TestMember, TestMember]
  const openLinks = (): number =>
    [...world.ends.values()].filter(({ member, state }) => member === ada && state === 'open').length
  for (let round = 0; round < 5; round++) {
    const insiders = world.add(['mallory', 'mallet'], options)
    world.runUntil(() => insiders.every(({ id }) => ada.engine.members().includes(id)))
    world.run(500)
    for (const insider of insiders) Object.assign(insider, { isDead: true })
    world.runUntil(() => ada.engine.members().length === 2)
    world.run(100)
  }
  // One of them to bob, and the newest of the others, which may yet be heard again.
  expect([ada.left.length, openLinks()]).toEqual([10, 1 + maxLinks])
  bob.send('still here')
  world.run(100)
  expect(ada.texts).toEqual(['still here'])
})
