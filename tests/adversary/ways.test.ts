import { describe, expect, it } from 'vitest'
import { sealHello } from '../../sdk/mesh/session/hello.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { encodeServerFrame } from '../../sdk/protocol/server-frames.js'
import { encodeGreeting } from '../../sdk/protocol/socket-frames.js'
import { MeshWorld, type TestMember } from '../support/mesh-world.js'
import { PaperMember, pack, relaySetup } from '../support/mesh-villain.js'

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

describe('a member that writes handshakes that are none in the names of others', () => {
  /** Bob, who begins, is linked with cyn alone; cyn and mallory are linked with ada. No server helps. */
  const setupFlood = () => {
    const world = new MeshWorld()
    const members = world.create(['bob', 'ada', 'cyn', 'mallory']) as [TestMember, TestMember, TestMember, TestMember]
    const [bob, ada, cyn, mallory] = members
    for (const member of [ada, cyn, mallory]) member.step({ type: 'start' })
    world.run(2_000)
    world.refuse(bob, mallory)
    world.server.tamper = (member, frame) =>
      frame.type === 'signal' && (member === ada || frame.connection[0] === connectionOf(world, ada))
    return { world, ada, bob, cyn, mallory }
  }

  const noise = (world: MeshWorld): Uint8Array => {
    const bytes = world.random.bytes(300)
    bytes[0] = FRAME.HS1
    return bytes
  }

  it('H13: is not listened to, and who comes over other links is', () => {
    const { world, ada, bob, mallory } = setupFlood()
    bob.step({ type: 'start' })
    for (let i = 0; i < 200; i++) {
      for (let k = 0; k < 5; k++) mallory.inject(ada, relaySetup(bob, ada, noise(world)))
      world.run(50)
    }
    expect(isMet(ada, bob)).toBe(true)
  })

  it('H13: is not listened to for long, however many names it takes', () => {
    const { world, ada, mallory } = setupFlood()
    const others = Array.from({ length: 100 }, () => new PaperMember(world))
    for (const other of others) mallory.inject(ada, pack(other.card()))
    world.run(100)
    const before = ada.handshakes
    for (const { id } of others) {
      for (let k = 0; k < 5; k++) {
        const frame = relaySetup(mallory, ada, noise(world))
        frame.set(id, 19)
        mallory.inject(ada, frame)
      }
    }
    world.run(500)
    expect(ada.handshakes - before).toBeLessThanOrEqual(50)
  })

  it('H13: costs little by the server too, however many names that takes', () => {
    const { world, ada } = setupFlood()
    const before = ada.handshakes
    for (let i = 0; i < 1_000; i++) {
      const connection = world.random.bytes(16)
      ada.fromServer(encodeServerFrame({ type: 'signal', connection, payload: noise(world) }))
    }
    world.run(500)
    expect(ada.handshakes - before).toBeLessThanOrEqual(200)
  })

  it('H13: costs little as answers to what was asked, too', () => {
    const world = new MeshWorld()
    const [ada, bob] = world.create(['ada', 'bob']) as [TestMember, TestMember]
    world.server.tamper = (_member, frame) => frame.type === 'signal'
    for (const member of [ada, bob]) member.step({ type: 'start' })
    world.run(500)
    let read = 0
    ada.onRead = () => read++
    for (let i = 0; i < 1_000; i++) {
      const answer = noise(world)
      answer[0] = FRAME.HS2
      world.server.pass(bob, ada, answer)
    }
    world.run(100)
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThanOrEqual(10)
    world.server.tamper = null
    world.runUntil(() => isMet(ada, bob), 20_000)
  })
})

describe('a server that says every moment that a member has moved', () => {
  it('H10: has nobody open a link for each', () => {
    const world = new MeshWorld()
    const [ada, bob] = world.create(['ada', 'bob']) as [TestMember, TestMember]
    world.server.tamper = (_member, frame) => frame.type === 'signal'
    for (const member of [ada, bob]) member.step({ type: 'start' })
    world.run(500)
    const { hello } = world.server.introductionOf(bob)
    const opened = (): number => [...world.ends.values()].filter(({ member }) => member === ada).length
    const before = opened()
    for (let i = 0; i < 500; i++) {
      const introduction = { connection: world.random.bytes(16), bot: false, full: false, hello }
      ada.fromServer(encodeServerFrame({ type: 'introduced', ...introduction }))
      world.run(2)
    }
    expect(opened() - before).toBeLessThanOrEqual(2)
  })
})
