import { describe, expect, it } from 'vitest'
import type { CryptoSuite } from '../../sdk/crypto/suite.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { MeshWorld, type TestMember } from '../support/mesh-world.js'
import { pack, rosterRecord, watchHonest } from '../support/mesh-villain.js'

/** ada and bob cannot connect; cyn and mallory are linked with both. */
const setup = (prepare: (suite: CryptoSuite) => void = () => undefined) => {
  const world = new MeshWorld()
  prepare(world.suite)
  const [ada, bob, cyn, mallory] = world.add(['ada', 'bob', 'cyn', 'mallory']) as [
    TestMember,
    TestMember,
    TestMember,
    TestMember,
  ]
  world.runUntil(() => world.isWhole)
  world.refuse(ada, bob)
  world.run(3_000)
  const claim = (neighbors: readonly TestMember[], version: number): Uint8Array => {
    const list = neighbors.map(({ engine }) => ({ id: engine.idBytes, rttClass: 0 }))
    const links = { kind: 'links' as const, gone: false, away: false, neighbors: list }
    return pack(rosterRecord(world, mallory.engine.idBytes, version, links, mallory.identity.secretKey))
  }
  return { world, ada, bob, cyn, mallory, claim }
}

describe('a member that claims links', () => {
  it('R12: which it has, is nearest of all, and swallows what it is given: is left within a second, and nothing is lost', () => {
    const { world, ada, bob, cyn, mallory, claim } = setup()
    const check = watchHonest(world, ada, cyn)
    for (const to of [ada, bob, cyn]) mallory.inject(to, claim([ada, bob, cyn], 1_000))
    mallory.tamper = (frame) => (frame[0] === FRAME.RLY || frame[0] === FRAME.RHS ? [] : [frame])
    world.run(100)
    ada.send('round it', bob)
    bob.send('and back', ada)
    world.run(1_000)
    expect([bob.texts, ada.texts]).toEqual([['round it'], ['and back']])
    expect(ada.engine.peer(bob.id)?.path).toEqual({ kind: 'relayed', via: [cyn.id] })
    world.run(60_000)
    expect([ada.left, bob.left]).toEqual([[], []])
    check()
  })

  it('R6: and to be nearer than the other ends have measured draws nothing to itself', () => {
    const { world, ada, bob, cyn, mallory, claim } = setup()
    // What goes by mallory takes its time, and the others measure that.
    mallory.latencyMs = 40
    world.run(30_000)
    for (const to of [ada, bob, cyn]) mallory.inject(to, claim([ada, bob, cyn], 1_000))
    world.run(100)
    expect(ada.engine.peer(bob.id)?.path).toEqual({ kind: 'relayed', via: [cyn.id] })
  })

  it('M22: thousands of times a second keeps no honest message back, and is heard as often as a group needs', () => {
    let verified = 0
    const { world, ada, bob, cyn, mallory, claim } = setup((suite) => {
      const plain = { ...suite }
      const verify: CryptoSuite['verify'] = (...args) => {
        verified++
        return plain.verify(...args)
      }
      Object.assign(suite, { verify })
    })
    const check = watchHonest(world, ada, cyn)
    verified = 0
    for (let i = 0; i < 6_000; i++) mallory.inject(ada, claim(i % 2 === 0 ? [ada] : [ada, bob, cyn], 2_000 + i))
    world.run(50)
    expect(verified).toBeLessThan(4_500)
    expect(verified).toBeGreaterThan(1_000)
    world.run(3_000)
    check()
  }, 60_000)
})
