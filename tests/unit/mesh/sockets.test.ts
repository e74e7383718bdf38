import { describe, expect, it } from 'vitest'
import type { CarrierId, EngineEvent } from '../../../sdk/mesh/events.js'
import type { EngineOptions } from '../../../sdk/mesh/options.js'
import { sealHello } from '../../../sdk/mesh/session/hello.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { encodeGreeting } from '../../../sdk/protocol/socket-frames.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const address = 'wss://bot.example'
const ROOM = 1_048_576

/** Ada, in a group, and a bot that only sockets lead to. Which of the two has the smaller id is the caller's choice. */
const setup = (options: { readonly first?: 'Ada' | 'Bot'; readonly bot?: Partial<EngineOptions> } = {}) => {
  const world = new MeshWorld()
  const names = options.first === 'Bot' ? ['Bot', 'Ada'] : ['Ada', 'Bot']
  const bot = { bot: true, server: false, addresses: [address], ...options.bot }
  world.add(names, (name) => (name === 'Bot' ? bot : { dials: true }))
  return { world, ada: world.named('Ada'), bot: world.named('Bot') }
}

const pathOf = (member: TestMember, other: TestMember) => member.engine.peer(other.id)?.path.kind

const dialsOf = (member: TestMember) => member.dialed.length

describe.each(['Ada', 'Bot'] as const)('a socket between two that know nothing of each other, %s first', (first) => {
  it('W1, W2, W3: becomes a link, over which both are here', () => {
    const { world, ada, bot } = setup({ first })
    world.refuse(ada, bot)
    ada.connectSocket(bot)
    world.runUntil(() => world.isWhole, 1_000)
    expect([pathOf(ada, bot), pathOf(bot, ada)]).toEqual(['direct', 'direct'])
    ada.send('to the bot', bot)
    bot.send('to all')
    world.run(100)
    expect([bot.texts, ada.texts]).toEqual([['to the bot'], ['to all']])
  })

  it('B4: gives way to a channel, whoever begins, and nothing is lost or told', () => {
    const { world, ada, bot } = setup({ first })
    ada.connectSocket(bot)
    world.runUntil(() => world.isWhole, 1_000)
    for (let i = 0; i < 20; i++) ada.send(`message ${i}`, bot)
    world.runUntil(() => bot.texts.length === 20, 5_000)
    expect(bot.texts).toEqual(Array.from({ length: 20 }, (_, i) => `message ${i}`))
    world.runUntil(() => ada.openLinks(bot).length === 1 && bot.openLinks(ada).length === 1, 5_000)
    expect([...ada.openLinks(bot), ...bot.openLinks(ada)].some(({ isSocket }) => isSocket)).toBe(false)
    expect([...ada.left, ...bot.left]).toEqual([])
    expect(ada.notices.filter(({ type }) => type === 'path:change')).toEqual([])
  })

  it('is told of as bound, as is the channel after it, which is the one in use', () => {
    const { world, ada, bot } = setup({ first })
    ada.connectSocket(bot)
    world.runUntil(() => world.isWhole, 1_000)
    world.runUntil(() => [ada, bot].every((member) => member.bound.length === 2), 5_000)
    world.runUntil(() => ada.openLinks(bot).length === 1 && bot.openLinks(ada).length === 1, 5_000)
    expect([...ada.bound, ...bot.bound].map(({ memberId }) => memberId)).toEqual([bot.id, bot.id, ada.id, ada.id])
    expect([ada, bot].map(({ bound }) => bound.at(-1)?.carrier)).toEqual([ada.link(bot).carrier, bot.link(ada).carrier])
  })

  it('W4: carries nothing in clear', () => {
    const { world, ada, bot } = setup({ first })
    world.refuse(ada, bot)
    const carried: Buffer[] = []
    for (const member of [ada, bot]) {
      member.tamper = (bytes) => {
        carried.push(Buffer.from(bytes))
        return [bytes]
      }
    }
    ada.connectSocket(bot)
    world.runUntil(() => world.isWhole, 1_000)
    ada.send('a marked text', bot)
    world.run(1_000)
    expect(bot.texts).toEqual(['a marked text'])
    const all = Buffer.concat(carried)
    expect([all.includes('a marked text'), all.includes('"name"')]).toEqual([false, false])
    for (const member of [ada, bot]) expect(all.includes(Buffer.from(member.identity.publicKey))).toBe(false)
    expect(new Set(carried.slice(-4).map(([code]) => code))).toEqual(new Set([FRAME.SEALED]))
  })

  it.each([
    ['changed', (bytes: Uint8Array) => [bytes.map((byte, index) => (index === 20 ? byte ^ 1 : byte))]],
    ['repeated', (bytes: Uint8Array) => [bytes, bytes]],
    ['left out', () => []],
  ])('L8, W4: ends with a frame that was %s, and says so', (_what, tamper) => {
    const { world, ada, bot } = setup({ first })
    world.refuse(ada, bot)
    ada.connectSocket(bot)
    world.runUntil(() => world.isWhole, 1_000)
    const socket = ada.link(bot).carrier
    const theirs = bot.link(ada).carrier
    let count = 0
    ada.tamper = (bytes) => (count++ === 0 ? tamper(bytes) : [bytes])
    for (const text of ['one', 'two', 'three']) {
      ada.send(text, bot)
      world.run(50)
    }
    world.runUntil(() => !ada.openLinks(bot).some(({ carrier }) => carrier === socket), 1_000)
    expect([bot.blamed, ada.blamed]).toEqual([[theirs], []])
    // Another one carries on, from where the first was cut.
    ada.tamper = null
    ada.connectSocket(bot)
    world.runUntil(() => bot.texts.length === 3, 5_000)
    expect(bot.texts).toEqual(['one', 'two', 'three'])
  })
})

describe('the doorstep', () => {
  /** A carrier that arrived at Ada and is driven by hand; with what she said on it. */
  const visit = (ada: TestMember) => {
    const carrier = ada.engine.newCarrier()
    ada.step({ type: 'carrier:arrived', carrier, room: ROOM })
    const bring = (bytes: Uint8Array): void => {
      const event: EngineEvent = { type: 'carrier:bytes', carrier, lane: 'reliable', bytes }
      ada.step(event)
    }
    return { carrier, bring }
  }

  const isClosed = (member: TestMember, carrier: CarrierId) => member.closed.includes(carrier)

  it.each([
    ['another topic', (world: MeshWorld) => ({ topic: new Uint8Array(32), hello: helloOf(world) })],
    ['a hello of nobody', (world: MeshWorld) => ({ topic: world.keys.topic, hello: new Uint8Array(232) })],
  ])('L8, W1: closes a socket that greets with %s', (_what, greeting) => {
    const { world, ada } = setup()
    const { carrier, bring } = visit(ada)
    bring(encodeGreeting(greeting(world)))
    expect(ada.blamed.includes(carrier)).toBe(true)
  })

  it.each([
    ['what is no greeting', [Uint8Array.of(FRAME.PACK, 1, 0, 0, 0, 0)]],
    ['nothing', [new Uint8Array()]],
  ])('L8, W1: closes a socket that begins with %s', (_what, frames) => {
    const { ada } = setup()
    const { carrier, bring } = visit(ada)
    for (const frame of frames) bring(frame)
    expect(ada.blamed.includes(carrier)).toBe(true)
  })

  it('L8, W3: closes a socket whose ATTACH names no session, though its hello is genuine', () => {
    const { world, ada } = setup()
    const { carrier, bring } = visit(ada)
    bring(encodeGreeting({ topic: world.keys.topic, hello: helloOf(world) }))
    expect(ada.blamed.includes(carrier)).toBe(false)
    bring(new Uint8Array(25).fill(FRAME.ATTACH))
    expect(ada.blamed.includes(carrier)).toBe(true)
  })

  it('W5: closes a socket that is no link after 15 s', () => {
    const { world, ada } = setup()
    const { carrier } = visit(ada)
    world.run(14_900)
    expect(isClosed(ada, carrier)).toBe(false)
    world.run(200)
    expect(isClosed(ada, carrier)).toBe(true)
  })

  it('W5: takes no more than its links leave room for', () => {
    const { ada } = setup()
    const visits = Array.from({ length: 100 }, () => visit(ada))
    expect(visits.filter(({ carrier }) => !isClosed(ada, carrier))).toHaveLength(32)
  })

  it('lets go of its sockets when the member leaves', () => {
    const { ada } = setup()
    const { carrier } = visit(ada)
    ada.step({ type: 'leave', now: true })
    expect(isClosed(ada, carrier)).toBe(true)
  })

  const helloOf = (world: MeshWorld): Uint8Array => {
    const bot = world.named('Bot')
    return sealHello(world.suite, world.keys, bot.certificate)
  }
})

describe('W6: a member that can be dialled', () => {
  /** Bob and the bot cannot link; Ada, who can with both, tells each of the other. */
  const world = (options: Partial<EngineOptions> = {}) => {
    const world = new MeshWorld()
    const all = { Ada: {}, Bob: { dials: true, ...options }, Bot: { bot: true, addresses: [address] } }
    const [ada, bob, bot] = world.create(['Ada', 'Bob', 'Bot'], (name) => all[name as keyof typeof all])
    if (!ada || !bob || !bot) throw new Error('three members')
    world.refuse(bob, bot)
    for (const member of [ada, bob, bot]) member.step({ type: 'start' })
    return { world, ada, bob, bot }
  }

  it('is dialled by who has no other link to it, after half a second', () => {
    const { world: w, bob, bot } = world()
    w.runUntil(() => pathOf(bob, bot) === 'relayed', 2_000)
    const knownMs = w.nowMs
    w.runUntil(() => dialsOf(bob) === 1, 2_000)
    expect(w.nowMs - knownMs).toBeGreaterThan(300)
    w.runUntil(() => pathOf(bob, bot) === 'direct' && pathOf(bot, bob) === 'direct', 1_000)
    expect([...bob.left, ...bot.left]).toEqual([])
  })

  it('is dialled by who can make no other link, and is linked though a session stands', () => {
    let botId = ''
    const { world: w, bob, bot } = world({ canLink: (id) => id !== botId })
    botId = bot.id
    w.runUntil(() => pathOf(bob, bot) === 'direct' && pathOf(bot, bob) === 'direct', 5_000)
    expect(dialsOf(bob)).toBe(1)
    expect([...bob.left, ...bot.left]).toEqual([])
  })

  it('is dialled by nobody who has a link to it', () => {
    const { world: w, ada } = world()
    w.run(5_000)
    expect(dialsOf(ada)).toBe(0)
  })

  it('is not dialled where that is not allowed', () => {
    const { world: w, bob, bot } = world({ dials: false })
    w.run(5_000)
    expect([dialsOf(bob), pathOf(bob, bot)]).toEqual([0, 'relayed'])
  })

  it('is dialled at most once a minute, and ever less often while nobody answers', () => {
    const { world: w, bob, bot } = world()
    bot.addresses = []
    w.run(59_000)
    expect(dialsOf(bob)).toBe(1)
    w.run(3_000)
    expect(dialsOf(bob)).toBe(2)
    w.run(118_000)
    expect(dialsOf(bob)).toBe(2)
    w.run(3_000)
    expect(dialsOf(bob)).toBe(3)
  })

  it('leads a member that lost everyone else back into the group', () => {
    const { world: w, ada, bob, bot } = world()
    w.runUntil(() => pathOf(bob, bot) === 'direct', 5_000)
    w.server.tamper = () => true
    w.refuse(ada, bob)
    bot.addresses = []
    for (const { carrier } of bob.openLinks(bot)) bob.cutCarrier(carrier)
    w.runUntil(() => bob.engine.members().length === 1 && ada.engine.members().length === 2, 20_000)
    bot.addresses = [address]
    w.runUntil(() => w.isWhole, 150_000)
    expect([pathOf(bob, bot), pathOf(bob, ada)]).toEqual(['direct', 'relayed'])
  })
})

it('B4: only the initiator says which link is used', () => {
  const { world, ada, bot } = setup({ first: 'Ada' })
  ada.connectSocket(bot)
  world.runUntil(() => world.isWhole && ada.openLinks(bot).length === 1, 5_000)
  const before = bot.openLinks(ada)[0]?.carrier
  // As if the bot, which has the larger id, had a say.
  bot.inject(ada, Uint8Array.of(FRAME.PACK, 0x06))
  world.run(50)
  expect(bot.openLinks(ada).map(({ carrier }) => carrier)).not.toContain(before)
})
