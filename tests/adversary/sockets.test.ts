import { describe, expect, it } from 'vitest'
import type { CarrierId } from '../../sdk/mesh/events.js'
import { sealHello } from '../../sdk/mesh/session/hello.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { encodeGreeting } from '../../sdk/protocol/socket-frames.js'
import { watchHonest } from '../support/mesh-villain.js'
import { MeshWorld, type TestMember } from '../support/mesh-world.js'

const ROOM = 1_048_576

/** Ada, Bob and a bot, all linked, and Mallory, who is one of them. Mallory has the last id, or the first. */
const setup = (mallorys: 'first' | 'last' = 'last') => {
  const names = ['ada', 'bob', 'bot']
  const world = MeshWorld.joined(mallorys === 'first' ? ['mallory', ...names] : [...names, 'mallory'])
  const [ada, bob, bot, mallory] = ['ada', 'bob', 'bot', 'mallory'].map((name) => world.named(name)) as [
    TestMember,
    TestMember,
    TestMember,
    TestMember,
  ]
  return { world, ada, bob, bot, mallory }
}

/** A socket at this member that the test speaks on. */
const visit = (member: TestMember) => {
  const carrier = member.engine.newCarrier()
  member.step({ type: 'carrier:arrived', carrier, room: ROOM })
  const bring = (bytes: Uint8Array): void => member.step({ type: 'carrier:bytes', carrier, lane: 'reliable', bytes })
  return { carrier, bring }
}

const isClosed = (member: TestMember, carrier: CarrierId): boolean => member.closed.includes(carrier)

describe.each(['first', 'last'] as const)('a member with the %s id that means harm', (whose) => {
  it('B4: opens a hundred sockets to a bot: two of its links stay, and nobody else loses any', () => {
    const { world, ada, bob, bot, mallory } = setup(whose)
    const check = watchHonest(world, ada, bob, bot)
    for (let i = 0; i < 100; i++) {
      mallory.connectSocket(bot)
      world.run(20)
    }
    world.run(2_000)
    expect(bot.openLinks(mallory).length).toBeLessThanOrEqual(2)
    expect(bot.engine.stats().links).toBeLessThanOrEqual(4)
    check()
  })

  it('W5: opens a hundred at once, or greets by each and says no more: they are closed after 15 s', () => {
    const { world, ada, bob, bot, mallory } = setup(whose)
    const check = watchHonest(world, ada, bob, bot)
    const hello = sealHello(world.suite, world.keys, mallory.certificate)
    const visits = Array.from({ length: 100 }, () => visit(bot))
    const open = visits.filter(({ carrier }) => !isClosed(bot, carrier))
    expect(open.length).toBeLessThanOrEqual(32)
    for (const { bring } of open) bring(encodeGreeting({ topic: world.keys.topic, hello }))
    // The newest of a member is the one that it means.
    expect(open.filter(({ carrier }) => !isClosed(bot, carrier))).toHaveLength(1)
    world.run(15_100)
    expect(open.filter(({ carrier }) => !isClosed(bot, carrier))).toEqual([])
    check()
  })

  it('W1: greets in the name of another, whose links and sessions stay as they are', () => {
    const { world, ada, bob, bot } = setup(whose)
    const check = watchHonest(world, ada, bob, bot)
    const before = bot.engine.stats().sessions
    for (let i = 0; i < 50; i++) {
      const { bring } = visit(bot)
      bring(encodeGreeting({ topic: world.keys.topic, hello: sealHello(world.suite, world.keys, ada.certificate) }))
      world.run(50)
    }
    world.run(16_000)
    expect(bot.engine.stats()).toMatchObject({ sessions: before, links: 3 })
    check()
  })

  it.each([
    ['its own hello back', (bot: TestMember, world: MeshWorld) => helloOf(bot, world)],
    ['ATTACH without a greeting', () => new Uint8Array(25).fill(FRAME.ATTACH)],
    ['SEALED without a greeting', () => new Uint8Array(64).fill(FRAME.SEALED)],
    ['HS1 without a greeting', () => new Uint8Array(353).fill(FRAME.HS1)],
    ['INVITE to a member', () => Uint8Array.of(FRAME.INVITE, 1, ...new Uint8Array(32))],
    ['64 KiB', () => new Uint8Array(65_536).fill(FRAME.GREET)],
  ])('W1: sends %s: that socket is closed', (_what, frame) => {
    const { world, ada, bob, bot } = setup(whose)
    const check = watchHonest(world, ada, bob, bot)
    const { carrier, bring } = visit(bot)
    bring(frame(bot, world))
    expect(isClosed(bot, carrier)).toBe(true)
    check()
  })

  it('W3: sends frames of every code after its greeting: none becomes a link', () => {
    const { world, ada, bob, bot, mallory } = setup(whose)
    const check = watchHonest(world, ada, bob, bot)
    const links = bot.engine.stats().links
    for (const code of Object.values(FRAME)) {
      const { carrier, bring } = visit(bot)
      bring(encodeGreeting({ topic: world.keys.topic, hello: sealHello(world.suite, world.keys, mallory.certificate) }))
      bring(new Uint8Array(400).fill(code))
      const isSetup = [FRAME.HS1, FRAME.HS2, FRAME.SIG, FRAME.REFUSE].includes(code as never)
      if (!isSetup) expect(isClosed(bot, carrier)).toBe(true)
    }
    world.run(16_000)
    expect(bot.engine.stats().links).toBe(links)
    check()
  })
})

const helloOf = (bot: TestMember, world: MeshWorld): Uint8Array =>
  encodeGreeting({ topic: world.keys.topic, hello: sealHello(world.suite, world.keys, bot.certificate) })

describe('links of both kinds that come and go', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('P13: lose no message and repeat none, order kept, round %i', (round) => {
    const { world, ada, bot } = setup(round % 2 === 0 ? 'first' : 'last')
    const sent: string[] = []
    for (let i = 0; i < 120; i++) {
      sent.push(`message ${i}`)
      ada.send(`message ${i}`, bot)
      if (i % 3 === round % 3) ada.connectSocket(bot)
      if (i % 5 === 0) {
        const links = ada.openLinks(bot)
        const unlucky = links[(i + round) % Math.max(1, links.length)]
        if (unlucky) ada.cutCarrier(unlucky.carrier)
      }
      world.run((i * round * 7) % 40)
    }
    world.runUntil(() => bot.received.filter(({ from }) => from === ada.id).length >= sent.length, 30_000)
    world.run(2_000)
    expect(
      bot.received.filter(({ from }) => from === ada.id).map(({ bytes }) => new TextDecoder().decode(bytes)),
    ).toEqual(sent)
    expect([...ada.left, ...bot.left]).toEqual([])
    world.runUntil(() => ada.openLinks(bot).length === 1, 20_000)
  })
})
