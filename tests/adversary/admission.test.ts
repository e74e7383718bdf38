import { describe, expect, it } from 'vitest'
import { FRAME } from '../../sdk/protocol/codes.js'
import { encodeGreeting } from '../../sdk/protocol/socket-frames.js'
import { sealHello } from '../../sdk/mesh/session/hello.js'
import { MeshWorld, type TestMember } from '../support/mesh-world.js'
import { relaySetup, watchHonest } from '../support/mesh-villain.js'

/** What a member without a key can write: it begins as HS1 does. */
const noiseOffer = (world: MeshWorld): Uint8Array => {
  const noise = world.random.bytes(400)
  noise[0] = FRAME.HS1
  return noise
}

const refusals = (...members: readonly TestMember[]): unknown[] =>
  members.flatMap(({ notices }) => notices.filter(({ type }) => type === 'refused' || type === 'rejected'))

describe('members that somebody wants to refuse each other', () => {
  it('A4: by noise in the name of a newcomer, from a member: it joins within two seconds', () => {
    const world = new MeshWorld()
    const members = world.create(['dan', 'ada', 'bob', 'mallory']) as [TestMember, TestMember, TestMember, TestMember]
    const [dan, ada, bob, mallory] = members
    for (const member of [ada, bob, mallory]) member.step({ type: 'start' })
    world.run(2_000)
    const check = watchHonest(world, ada, bob)
    world.server.tamper = (member, frame) => {
      if (member !== dan || frame.type !== 'signal' || frame.payload[0] !== FRAME.HS1) return false
      for (const honest of [ada, bob]) mallory.inject(honest, relaySetup(dan, honest, noiseOffer(world)))
      // The noise is there first.
      const { connection, payload } = frame
      world.later(() => {
        const to = [ada, bob, mallory].find((other) => isAt(world, other, connection))
        if (to !== undefined && to !== mallory) world.server.pass(dan, to, payload)
      }, 5)
      return true
    }
    dan.step({ type: 'start' })
    world.run(2_000)
    expect(refusals(ada, bob, dan)).toEqual([])
    expect(dan.engine.members()).toEqual(expect.arrayContaining([ada.id, bob.id]))
    check()
  })

  it.each(['before', 'instead of'])('A4: by a damaged copy %s each HS1, from the server: both join', (when) => {
    const world = new MeshWorld()
    const [ada, bob] = world.create(['ada', 'bob']) as [TestMember, TestMember]
    let damaged = 0
    world.server.tamper = (member, frame) => {
      if (frame.type !== 'signal' || frame.payload[0] !== FRAME.HS1 || damaged >= 2) return false
      const to = member === ada ? bob : ada
      const copy = frame.payload.slice()
      copy[100] = (copy[100] as number) ^ 1
      world.server.pass(member, to, copy)
      damaged++
      return when === 'instead of'
    }
    for (const member of [ada, bob]) member.step({ type: 'start' })
    world.runUntil(() => world.isWhole, 15_000)
    expect(damaged).toBeGreaterThan(0)
    expect(refusals(ada, bob)).toEqual([])
  })

  it('A2: by a hello of one with providers that it does not have, to the other: its card says better', () => {
    const world = new MeshWorld()
    const [bot, bob, mallory] = world.create(['bot', 'bob', 'mallory']) as [TestMember, TestMember, TestMember]
    for (const member of [bot, mallory]) member.step({ type: 'start' })
    world.run(1_000)
    const lie = sealHello(world.suite, { ...world.keys, admissions: [{ id: 'another' }] }, bob.certificate)
    const carrier = bot.engine.newCarrier()
    bot.step({ type: 'carrier:arrived', carrier, room: 65_536 })
    const bytes = encodeGreeting({ topic: world.keys.topic, hello: lie })
    bot.step({ type: 'carrier:bytes', carrier, lane: 'reliable', bytes })
    world.run(100)
    expect(refusals(bot)).toHaveLength(1)
    bot.step({ type: 'carrier:closed', carrier, reason: 'cut' })
    bob.step({ type: 'start' })
    world.runUntil(() => world.isWhole, 3_000)
  })
})

const isAt = (world: MeshWorld, member: TestMember, connection: Uint8Array): boolean =>
  Buffer.from(world.server.introductionOf(member).connection).equals(Buffer.from(connection))
