import { describe, expect, it } from 'vitest'
import { sealHello } from '../../sdk/mesh/session/hello.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { encodeGreeting } from '../../sdk/protocol/socket-frames.js'
import { MeshWorld, type TestMember } from '../support/mesh-world.js'
import { relaySetup } from '../support/mesh-villain.js'

type Three = [TestMember, TestMember, TestMember]

/** Mallory is linked with both; the two have met at the server, and nothing of what they sent there has arrived. */
const setup = () => {
  const world = new MeshWorld()
  const [ada, bob, mallory] = world.create(['ada', 'bob', 'mallory']) as Three
  const isBetween = (member: TestMember): boolean => member === ada || member === bob
  world.server.tamper = (member, frame) =>
    frame.type === 'signal' && isBetween(member) && frame.connection[0] !== connectionOf(world, mallory)
  mallory.tamper = (frame) => (frame[0] === FRAME.RHS ? [] : [frame])
  return { world, ada, bob, mallory }
}

const connectionOf = (world: MeshWorld, member: TestMember): number | undefined =>
  world.server.isPresent(member) ? world.server.introductionOf(member).connection[0] : undefined

const isMet = (one: TestMember, other: TestMember): boolean =>
  one.engine.members().includes(other.id) && other.engine.members().includes(one.id)

describe('a member that stands on one way between two others', () => {
  it('H2: and drops what sets them up is gone around by the server', () => {
    const { world, ada, bob, mallory } = setup()
    for (const member of [mallory, ada, bob]) member.step({ type: 'start' })
    world.run(8_000)
    expect(isMet(ada, bob)).toBe(false)
    world.server.tamper = null
    world.runUntil(() => isMet(ada, bob), 15_000)
  })

  it('H2: because it says so by a frame in the name of one, does not keep the other from the server', () => {
    const { world, ada, bob, mallory } = setup()
    for (const member of [mallory, ada]) member.step({ type: 'start' })
    world.run(2_000)
    // Nobody but the server knows of bob.
    world.refuse(mallory, bob)
    bob.step({ type: 'start' })
    world.server.tamper = (member, frame) => frame.type === 'signal' && member === mallory
    for (let i = 0; i < 100 && !isMet(ada, bob); i++) {
      mallory.inject(ada, relaySetup(bob, ada, new Uint8Array(100).fill(FRAME.SIG, 0, 1)))
      world.run(100)
    }
    expect(isMet(ada, bob)).toBe(true)
  })

  it('H2: because it has greeted in the name of one, does not keep the other from the server', () => {
    const world = new MeshWorld()
    const [bot, bob] = world.create(['bot', 'bob', 'mallory']) as Three
    bot.step({ type: 'start' })
    world.run(1_000)
    const greet = (): void => {
      const carrier = bot.engine.newCarrier()
      bot.step({ type: 'carrier:arrived', carrier, room: 65_536 })
      const hello = sealHello(world.suite, world.keys, bob.certificate)
      const bytes = encodeGreeting({ topic: world.keys.topic, hello })
      bot.step({ type: 'carrier:bytes', carrier, lane: 'reliable', bytes })
    }
    greet()
    bob.step({ type: 'start' })
    for (let i = 0; i < 6 && !isMet(bot, bob); i++) {
      world.run(2_000)
      greet()
    }
    expect(isMet(bot, bob)).toBe(true)
  })
})
