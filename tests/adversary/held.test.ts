import { describe, expect, it } from 'vitest'
import { FRAME } from '../../sdk/protocol/codes.js'
import { MeshWorld, type TestMember } from '../support/mesh-world.js'

describe('a relay that has held back frames of a member', () => {
  const setup = () => {
    const world = new MeshWorld()
    const idOf = (name: string): string => world.named(name).id
    // The two have a session for the whole day, and no hope of a link.
    const canLink = (own: string) => (id: string) => own === 'mallory' || id === idOf('mallory')
    const members = world.create(['ada', 'bob', 'mallory'], (name) => ({ canLink: canLink(name) }))
    const [ada, bob, mallory] = members as [TestMember, TestMember, TestMember]
    for (const member of members) member.step({ type: 'start' })
    world.runUntil(() => world.isWhole)
    world.run(3_000)
    expect(ada.engine.peer(bob.id)?.path.kind).toBe('relayed')
    return { world, ada, bob, mallory }
  }

  it('M12: keeps it here for 150 s after its death at most', () => {
    const { world, ada, bob, mallory } = setup()
    const isOfBob = (frame: Uint8Array): boolean => Buffer.from(frame.subarray(19, 35)).equals(bob.engine.idBytes)
    const held: Uint8Array[] = []
    let count = 0
    mallory.tamper = (frame) => {
      if (frame[0] !== FRAME.RLY || !isOfBob(frame) || count++ % 2 === 0) return [frame]
      held.push(frame.slice())
      return []
    }
    for (let i = 0; held.length < 60 && i < 1_000; i++) {
      bob.send(`m${String(i)}`, ada)
      world.run(500)
    }
    expect(ada.left).toEqual([])
    bob.isDead = true
    const diedMs = world.nowMs
    for (const frame of held) {
      if (ada.left.length > 0) break
      mallory.inject(ada, frame)
      world.run(5_000)
    }
    expect(ada.left).toEqual([bob.id])
    expect(world.nowMs - diedMs).toBeLessThan(165_000)
  })

  it('M12: or has not, does not end it: who sends without pause, and who sends nothing, stay', () => {
    const { world, ada, bob } = setup()
    for (let i = 0; i < 400; i++) {
      bob.send('on', ada)
      world.run(1_000)
    }
    world.run(400_000)
    expect([ada.left, bob.left]).toEqual([[], []])
  }, 60_000)
})
