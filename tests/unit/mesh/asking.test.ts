import { describe, expect, it } from 'vitest'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const setup = (names = ['ada', 'bob', 'cyn', 'dan']) => {
  const world = MeshWorld.joined(names)
  const [ada, bob, cyn, dan] = names.map((name) => world.named(name)) as [
    TestMember,
    TestMember,
    TestMember,
    TestMember,
  ]
  return { world, ada, bob, cyn, dan }
}

/** Passes on what a member writes, but nothing that it relays. */
const swallowRelayed = (relay: TestMember): void => {
  relay.tamper = (frame) => (frame[0] === FRAME.RLY ? [] : [frame])
}

/** The server sets no links up anew: what there is must do. */
const setupApart = () => {
  const { world, ada, bob, cyn, dan } = setup()
  world.server.tamper = () => true
  return { world, ada, bob, cyn, dan }
}

describe('a member that falls silent', () => {
  it('M19: is kept through a third when its link and the best relay are silent', () => {
    const { world, ada, bob, cyn, dan } = setupApart()
    swallowRelayed(cyn)
    world.refuseNew(ada, bob)
    world.stall(ada, bob)
    world.run(60_000)
    expect([ada.left, bob.left]).toEqual([[], []])
    ada.send('still there', bob)
    world.run(2_000)
    expect(bob.texts).toEqual(['still there'])
    expect(ada.engine.peer(bob.id)?.path).toEqual({ kind: 'relayed', via: [dan.id] })
  })

  it('M19: is asked through three others at once when its link is suspect, and they cannot answer for it', () => {
    const { world, ada, bob } = setup(['ada', 'bob', 'cyn', 'dan', 'eve', 'fay'])
    world.run(5_000)
    const carriersAt = new Map<number, Set<number>>()
    ada.tamperLink = (carrier, bytes) => {
      if (bytes[0] === FRAME.RLY) {
        const carriers = carriersAt.get(world.nowMs) ?? new Set()
        carriersAt.set(world.nowMs, carriers.add(carrier))
      }
      return [bytes]
    }
    const since = world.nowMs
    bob.isDead = true
    world.runUntil(() => ada.left.length > 0, 11_000)
    expect(Math.max(...[...carriersAt.values()].map(({ size }) => size))).toBe(3)
    expect(Math.min(...carriersAt.keys()) - since).toBeGreaterThan(4_000)
    expect(ada.notices.filter(({ type }) => type === 'member:leave')).toEqual([
      { type: 'member:leave', id: bob.id, reason: 'timeout' },
    ])
  })

  it('M19: answers over the link that brought the question, though its own way back is silent', () => {
    const { world, ada, bob, cyn } = setupApart()
    world.refuseNew(ada, bob)
    // What bob writes to ada is lost to it; what ada writes arrives.
    bob.tamperLink = (carrier, bytes) => (carrier === bob.link(ada).carrier ? [] : [bytes])
    world.run(30_000)
    expect([ada.left, bob.left]).toEqual([[], []])
    expect(cyn.engine.stats().framesForwarded).toBeGreaterThan(0)
  })
})

describe('a member that hears of nobody', () => {
  it('M20: asks all again and judges a second later, once', () => {
    const { world, ada, bob, cyn, dan } = setupApart()
    world.run(10_000)
    const since = world.nowMs
    for (const other of [bob, cyn, dan]) world.stall(ada, other)
    world.run(8_500)
    expect(ada.left).toEqual([])
    world.runUntil(() => new Set(ada.left).size === 3, 4_000)
    expect(world.nowMs - since).toBeLessThanOrEqual(11_000)
  })

  it('M20: keeps them all when they answer in that second', () => {
    const { world, ada, bob, cyn, dan } = setupApart()
    world.run(10_000)
    const last = Math.max(...[bob, cyn, dan].map((other) => lastHeardMs(world, other)))
    for (const other of [bob, cyn, dan]) world.stall(ada, other)
    world.run(last + 10_500 - world.nowMs)
    expect(ada.left).toEqual([])
    for (const other of [bob, cyn, dan]) world.resume(ada, other)
    world.run(5_000)
    expect(ada.left).toEqual([])
  })

  it('M20: lets the only other one go in time', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    world.run(10_000)
    const since = world.nowMs
    bob.isDead = true
    world.runUntil(() => ada.left.length === 1, 11_000)
    expect(world.nowMs - since).toBeLessThanOrEqual(10_000)
  })

  it('M12: one of many that is killed shows within 11 s', () => {
    const { world, ada, bob, cyn, dan } = setup()
    world.run(10_000)
    const since = world.nowMs
    bob.isDead = true
    world.runUntil(() => [ada, cyn, dan].every((member) => member.left.length === 1), 11_000)
    expect(world.nowMs - since).toBeLessThanOrEqual(11_000)
  })
})

/** Runs until this one writes next; when that arrives. */
const lastHeardMs = (world: MeshWorld, other: TestMember): number => {
  const written: number[] = []
  const before = other.tamper
  other.tamper = (bytes) => {
    written.push(world.nowMs)
    return [bytes]
  }
  world.runUntil(() => written.length > 0, 5_000)
  other.tamper = before
  return (written[0] ?? 0) + 1
}

describe('a group beyond maxLinks', () => {
  const setupLarge = () => {
    const limits = { messageBytes: 1_048_576, maxLinks: 4, stallMs: 5_000 }
    const world = MeshWorld.joined(['ada', 'bob', 'cyn', 'dan', 'eve', 'fay', 'gus', 'hal'], { limits })
    const pathOf = (from: TestMember, to: TestMember) => from.engine.peer(to.id)?.path.kind
    const pairs = world.members.flatMap((a) => world.members.map((b) => [a, b] as const))
    const unlinked = pairs.filter(([a, b]) => a !== b && pathOf(a, b) === 'relayed')
    return { world, unlinked, pathOf }
  }

  it('M21: pings nobody without a link but once a minute, and loses nobody', () => {
    const { world, unlinked } = setupLarge()
    expect(unlinked.length).toBeGreaterThan(4)
    world.run(60_000)
    const before = world.members.reduce((sum, { engine }) => sum + engine.stats().relayedFramesSent, 0)
    world.run(120_000)
    const sent = world.members.reduce((sum, { engine }) => sum + engine.stats().relayedFramesSent, 0) - before
    expect(sent).toBeGreaterThan(0)
    // A ping and an answer, twice, and once more for those that fall on the edge.
    expect(sent).toBeLessThanOrEqual(unlinked.length * 6)
    expect(world.members.flatMap(({ left }) => left)).toEqual([])
  })

  it('M21: a session that no frame has come through yet is asked until it answers, and then both have each other', () => {
    const limits = { messageBytes: 1_048_576, maxLinks: 4, stallMs: 5_000 }
    const world = MeshWorld.joined(['ada', 'bob', 'cyn', 'dan', 'eve', 'fay', 'gus'], { limits })
    world.run(20_000)
    world.members.forEach(swallowRelayed)
    world.create(['hal'], { limits })
    world.named('hal').step({ type: 'start' })
    world.run(10_000)
    expect(world.isWhole).toBe(false)
    for (const member of world.members) member.tamper = null
    world.runUntil(() => world.isWhole, 10_000)
  })

  it('M21: what waited for a path before it was asked does not count as the round trip', () => {
    const { world } = setupLarge()
    const tripsMs = world.members.flatMap(({ engine }) =>
      world.members.flatMap(({ id }) => engine.path(id)?.rttMs ?? []),
    )
    expect(tripsMs.length).toBeGreaterThan(0)
    // Every link carries in a millisecond, and records are gathered for some 30.
    expect(Math.max(...tripsMs)).toBeLessThan(20)
  })

  it('M21: notices one that was killed by the end of its last chain', () => {
    const { world } = setupLarge()
    const [ada, ...others] = world.members as [TestMember, ...TestMember[]]
    world.run(20_000)
    ada.isDead = true
    world.run(25_000)
    expect(others.map(({ left }) => left)).toEqual(others.map(() => [ada.id]))
  })
})

describe('a member whose answers in the handshake are lost', () => {
  it('H7: goes on with the session that the other side has', () => {
    const { world, ada, bob, cyn } = setup(['ada', 'bob', 'cyn'])
    world.refuse(ada, bob)
    world.runUntil(() => ada.engine.peer(bob.id)?.path.kind === 'relayed', 5_000)
    world.server.tamper = (member, frame) => member === bob && frame.type === 'signal'
    cyn.tamperLink = (carrier, frame) => (carrier === cyn.link(ada).carrier && frame[0] === FRAME.RHS ? [] : [frame])
    const begun = bob.handshakes
    for (let i = 0; i < 30; i++) {
      bob.send(`message ${i}`, ada)
      world.run(2_000)
    }
    expect(bob.handshakes - begun).toBeGreaterThan(2)
    expect(ada.texts).toEqual(Array.from({ length: 30 }, (_, i) => `message ${i}`))
    expect([ada.left, bob.left]).toEqual([[], []])
  })
})
