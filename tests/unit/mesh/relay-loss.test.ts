import { describe, expect, it } from 'vitest'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

/** Two without a link, and two that may relay for them. */
const setup = () => {
  const world = MeshWorld.joined(['ada', 'bob', 'cyn', 'dan'])
  const [ada, bob] = world.members as [TestMember, TestMember]
  world.refuse(ada, bob)
  world.run(3_000)
  const [via] = ada.engine.peer(bob.id)?.path.via ?? []
  const relay = world.members.find(({ id }) => id === via)
  if (relay === undefined) throw new Error('nobody relays')
  return { world, ada, bob, relay }
}

/** Something happens when the relay has passed so many frames on; those behind them are in it still, and go with it. */
const after = (world: MeshWorld, relay: TestMember, frames: number, happen: () => void): void => {
  let passed = 0
  relay.tamper = (frame) => {
    if (frame[0] !== FRAME.RLY) return relay.isDead ? [] : [frame]
    if (++passed === frames) world.later(happen, 0)
    return passed > frames ? [] : [frame]
  }
}

const losses: readonly (readonly [string, (world: MeshWorld, relay: TestMember, bob: TestMember) => void])[] = [
  ['leaves', (_world, relay) => relay.step({ type: 'leave', now: true })],
  ['dies', (_world, relay) => (relay.isDead = true)],
  ['is cut off from who gets it', (world, relay, bob) => world.refuse(relay, bob)],
]

describe('a large private message whose relay', () => {
  it.each(losses)('P10, R10: %s in the middle of it arrives once, whole and in order', (_what, lose) => {
    const { world, ada, bob, relay } = setup()
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff)
    let isLost = false
    after(world, relay, 4, () => {
      isLost = true
      lose(world, relay, bob)
    })
    ada.send('before', bob)
    ada.sendBytes(bytes, bob)
    ada.send('after', bob)
    world.runUntil(() => isLost, 5_000)
    expect(bob.received.length).toBeLessThan(2)
    world.runUntil(() => bob.received.length >= 3, 20_000)
    world.run(15_000)
    expect(bob.received.map((message) => message.bytes.length)).toEqual([6, 1_000_000, 5])
    expect(Buffer.from(bob.received[1]?.bytes ?? []).equals(Buffer.from(bytes))).toBe(true)
    expect([ada.left.includes(bob.id), bob.left.includes(ada.id)]).toEqual([false, false])
  })
})
