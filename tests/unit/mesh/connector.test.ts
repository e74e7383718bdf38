import { describe, expect, it } from 'vitest'
import { Link } from '../../../sdk/mesh/link.js'
import { Session } from '../../../sdk/mesh/session/session.js'
import { issueCertificate, verifyCertificate } from '../../../sdk/mesh/session/certificates.js'
import { LinkChoice } from '../../../sdk/mesh/setup/link-choice.js'
import { LinkPlan } from '../../../sdk/mesh/setup/link-plan.js'
import { Connector, type ConnectorHandlers } from '../../../sdk/mesh/setup/connector.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { setupCore, type KeyedMember } from '../../support/mesh-core.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

/** Ids ascend: ada begins the handshake. */
const setup = (options: Parameters<MeshWorld['add']>[1] = {}) => {
  const world = new MeshWorld()
  const [ada, bob] = world.add(['ada', 'bob'], options) as [TestMember, TestMember]
  const signalsOf = (code: number, from: TestMember): number =>
    world.server.signals.filter((signal) => signal.from === from && signal.payload[0] === code).length
  return { world, ada, bob, signalsOf }
}

const introduced = ({ certificate }: KeyedMember) => ({ certificate, providers: ['anonymous'] })

const idleHandlers: ConnectorHandlers = {
  send: () => false,
  findWay: () => null,
  patienceMs: () => 5_000,
  prepareStream: () => ({ firstBroadcast: 1, firstPrivate: 1 }),
  abandonStream: () => undefined,
  confirmed: () => undefined,
  linkLost: () => undefined,
  learnt: () => undefined,
}

describe('Connector', () => {
  it('has the smaller id begin, once, and binds the link at both ends', () => {
    const { world, ada, bob, signalsOf } = setup()
    world.runUntil(() => world.isWhole)
    expect([signalsOf(FRAME.HS1, ada), signalsOf(FRAME.HS1, bob)]).toEqual([1, 0])
    expect([signalsOf(FRAME.HS2, ada), signalsOf(FRAME.HS2, bob)]).toEqual([0, 1])
    expect([ada.engine.neighbors(), bob.engine.neighbors()]).toEqual([[bob.id], [ada.id]])
    expect([ada.engine.stats().pendingHandshakes, bob.engine.stats().pendingHandshakes]).toEqual([0, 0])
  })

  it('has whoever answers make a link ready as soon as it is introduced, and nobody else', () => {
    const { world, ada, bob } = setup()
    world.runUntil(() => world.isWhole)
    expect([ada.expected, bob.expected]).toEqual([[], [ada.id]])
  })

  it('has nobody make a link ready who waits to begin it again', () => {
    const { world, ada, bob } = setup()
    world.server.tamper = (_member, frame) => frame.type === 'signal'
    world.run(100)
    while (ada.engine.stats().pendingHandshakes > 0) world.run(10)
    world.server.send(ada, { type: 'introduced', ...world.server.introductionOf(bob) })
    world.run(10)
    expect(ada.expected).toEqual([])
  })

  it.each(['ada', 'bob'] as const)(
    'H6: makes a session all the same when the link of %s cannot even be described',
    (name) => {
      const world = new MeshWorld()
      const [ada, bob, carol] = world.create(['ada', 'bob', 'carol']) as [TestMember, TestMember, TestMember]
      const [lame, other] = name === 'ada' ? [ada, bob] : [bob, ada]
      // Its link with carol is made while it still can.
      for (const member of [lame, carol]) member.step({ type: 'start' })
      world.runUntil(() => lame.hasLink(carol), 5_000)
      lame.lacksEngine = true
      other.step({ type: 'start' })
      world.runUntil(() => world.isWhole, 5_000)
      expect(ada.engine.peer(bob.id)?.path.kind).toBe('relayed')
      ada.send('through carol')
      world.run(500)
      expect(bob.texts).toEqual(['through carol'])
    },
  )

  it('tries again when nobody answers, a little later each time', () => {
    const { world, ada, bob } = setup()
    const offeredMs: number[] = []
    world.server.tamper = (member, frame) => {
      if (member === ada && frame.type === 'signal') offeredMs.push(world.nowMs)
      return frame.type === 'signal'
    }
    world.run(40_000)
    const gaps = offeredMs.slice(1).map((at, index) => at - (offeredMs[index] as number))
    expect(gaps.length).toBeGreaterThan(3)
    // 5 s for an answer, then half to all of 0.5 s, doubling to 4 s.
    expect(gaps[0]).toBeGreaterThanOrEqual(5_250)
    expect(gaps[0]).toBeLessThan(5_600)
    expect(Math.max(...gaps)).toBeLessThan(9_200)
    expect(gaps.at(-1)).toBeGreaterThan(6_900)
    world.server.tamper = null
    world.runUntil(() => world.isWhole, 12_000)
    expect(bob.engine.neighbors()).toEqual([ada.id])
  })

  it('tries again at once when the device says that the network is back', () => {
    const { world, ada, signalsOf } = setup()
    world.server.tamper = (_member, frame) => frame.type === 'signal'
    world.run(26_000)
    world.server.tamper = null
    const before = signalsOf(FRAME.HS1, ada)
    while (ada.engine.stats().pendingHandshakes > 0) world.run(10)
    ada.step({ type: 'hint', hint: 'online' })
    world.run(20)
    expect(signalsOf(FRAME.HS1, ada)).toBe(before + 1)
  })

  it('H11: sends candidates found before the answer after it, and those found together in one frame', () => {
    const { world, ada, bob, signalsOf } = setup()
    const carrier = 2
    const held: Uint8Array[] = []
    // The link never binds, so that its set-up goes on.
    ada.tamper = bob.tamper = () => []
    world.server.tamper = (member, frame) => {
      if (frame.type !== 'signal' || member !== bob) return false
      held.push(frame.payload)
      return true
    }
    world.run(20)
    const [early, late, later] = [Uint8Array.of(3, 1), Uint8Array.of(3, 2), Uint8Array.of(3, 3)]
    ada.step({ type: 'link:signal', carrier, kind: 'candidate', bytes: early })
    world.run(20)
    expect([held.length, signalsOf(FRAME.SIG, ada)]).toEqual([1, 0])
    world.server.tamper = null
    world.server.pass(bob, ada, held[0] as Uint8Array)
    world.run(20)
    expect(bob.signaled.map(({ bytes }) => bytes)).toEqual([early])
    const before = signalsOf(FRAME.SIG, ada)
    ada.step({ type: 'link:signal', carrier, kind: 'candidate', bytes: late })
    world.run(2)
    ada.step({ type: 'link:signal', carrier, kind: 'candidate', bytes: later })
    world.run(20)
    expect(bob.signaled.map(({ bytes }) => bytes)).toEqual([early, late, later])
    expect(signalsOf(FRAME.SIG, ada)).toBe(before + 1)
  })

  it('H10: waits for an answer through members for as long as their links take', () => {
    const world = new MeshWorld()
    const [ada, bob, carol] = world.create(['ada', 'bob', 'carol']) as [TestMember, TestMember, TestMember]
    world.refuseNew(ada, bob)
    for (const member of [ada, bob, carol]) member.step({ type: 'start' })
    world.runUntil(() => world.isWhole)
    // There and back through carol takes 6.4 s, and every link says so.
    for (const member of world.members) member.latencyMs = 800
    world.run(60_000)
    expect(ada.engine.peer(bob.id)?.path.via).toEqual([carol.id])
    world.server.tamper = () => true
    world.allow(ada, bob)
    world.runUntil(() => ada.hasLink(bob), 60_000)
  })

  it('wakes for room on a link only when something waits for it', () => {
    const { world, ada, bob } = setup()
    world.runUntil(() => world.isWhole)
    world.run(10_000)
    const { wakes } = ada
    ada.step({ type: 'carrier:room', carrier: ada.link(bob).carrier, lane: 'reliable', bytes: 1_048_576 })
    expect(ada.wakes).toBe(wakes)
  })

  it('ends a set-up with a member that the server knows no more', () => {
    const { world, ada, bob } = setup()
    // bob's answer never comes.
    world.server.tamper = (member, frame) => member === bob && frame.type === 'signal'
    world.runUntil(() => ada.engine.stats().pendingHandshakes === 1)
    world.run(50)
    expect(ada.engine.stats().pendingHandshakes).toBe(1)
    world.server.send(ada, { type: 'gone', connection: world.server.introductionOf(bob).connection })
    world.run(1)
    expect(ada.engine.stats().pendingHandshakes).toBe(0)
  })

  it('makes a session without a link for a pair that cannot link', () => {
    const { world, ada, bob, signalsOf } = setup({ canLink: () => false })
    world.run(3_000)
    expect([ada.engine.stats().sessions, bob.engine.stats().sessions]).toEqual([1, 0])
    expect([ada.engine.stats().links, world.ends.size]).toEqual([0, 0])
    expect(signalsOf(FRAME.HS1, ada)).toBe(1)
  })

  it('makes no more links than it may', () => {
    const world = new MeshWorld()
    const names = ['ada', 'bob', 'cyn', 'dan', 'eve']
    world.add(names, { limits: { messageBytes: 1_000, maxLinks: 2, stallMs: 5_000 } })
    world.run(20_000)
    for (const member of world.members) expect(member.engine.stats().links).toBeLessThanOrEqual(2)
  })

  it('relays for a pair whose link cannot be made, and links it when it can', () => {
    const world = MeshWorld.joined(['ada', 'bob', 'cyn'])
    const [ada, bob, cyn] = world.members as [TestMember, TestMember, TestMember]
    world.refuse(ada, bob)
    world.run(5_000)
    expect([ada.engine.peer(bob.id)?.path, bob.engine.peer(ada.id)?.path]).toEqual([
      { kind: 'relayed', via: [cyn.id] },
      { kind: 'relayed', via: [cyn.id] },
    ])
    expect([...ada.left, ...bob.left]).toEqual([])
    world.allow(ada, bob)
    world.runUntil(() => ada.engine.peer(bob.id)?.path.kind === 'direct', 20_000)
  })

  it('replaces a link that has fallen silent before it is given up, and loses nothing', () => {
    const world = MeshWorld.joined(['ada', 'bob', 'cyn'])
    const [ada, bob] = world.members as [TestMember, TestMember]
    const old = ada.link(bob)
    // Everything on this one link vanishes from now on, both ways.
    for (const member of [ada, bob]) {
      const end = member === ada ? old : old.other
      member.tamperLink = (carrier, frame) => (carrier === end?.carrier ? [] : [frame])
    }
    for (let i = 0; i < 5; i++) ada.send(`m${String(i)}`, bob)
    world.run(15_000)
    expect(bob.texts).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
    expect(ada.link(bob)).not.toBe(old)
    expect(ada.engine.peer(bob.id)?.path.kind).toBe('direct')
    expect([...ada.left, ...bob.left]).toEqual([])
  })

  it('H3: begins with a member that it had forgotten by a try that is newer than all before', () => {
    const { world, ada, bob } = setup()
    world.runUntil(() => world.isWhole)
    bob.step({ type: 'suspend' })
    // Long enough for ada to know bob's records alone.
    world.run(90_000)
    expect(ada.engine.stats().sessions).toBe(0)
    bob.step({ type: 'hint', hint: 'resumed' })
    world.runUntil(() => world.isWhole, 2_000)
    expect(ada.engine.neighbors()).toEqual([bob.id])
  })

  it('L6: counts BIND as written, so that what follows keeps within the room', () => {
    const { core, effects, addPeer } = setupCore()
    const connector = new Connector(core, new LinkChoice(core, () => undefined), new LinkPlan(core), idleHandlers)
    const peer = addPeer()
    const link = new Link(core.nextCarrier(), peer, core.nowMs)
    core.links.set(link.carrier, link)
    const secrets = { send: new Uint8Array(32), receive: new Uint8Array(32), hash: new Uint8Array(64) }
    const session = new Session(core.suite, 'initiator', secrets, { epoch: 1, attempt: 1 })
    const way = { type: 'mesh' as const }
    const { carrier } = link
    const due = { sendAtMs: Infinity, deadlineMs: 10_000 }
    peer.setup = { type: 'linking', carrier, way, session, candidates: [], failures: 0, ...due }
    link.pace.report(1_000, core.nowMs)
    connector.handleLinkOpen(link)
    expect(link.pace.room).toBe(1_000 - (effects.writes[0]?.bytes.length ?? 0))
  })

  it('leaves nothing behind when it leaves in the middle of a set-up', () => {
    for (let steps = 1; steps < 14; steps++) {
      const { world, ada } = setup()
      world.run(steps)
      ada.step({ type: 'leave', now: true })
      const { links, sessions, pendingHandshakes } = ada.engine.stats()
      expect([links, sessions, pendingHandshakes]).toEqual([0, 0, 0])
      expect(ada.notices.at(-1)).toEqual({ type: 'left' })
    }
  })

  it('learns nothing of a member that has said goodbye, whose hello or HS1 comes again', () => {
    const { core, createMember } = setupCore()
    const connector = new Connector(core, new LinkChoice(core, () => undefined), new LinkPlan(core), idleHandlers)
    const gone = createMember()
    core.roster.accept(gone.card(), core.nowMs)
    core.roster.accept(gone.links([], 2, true), core.nowMs)
    expect(connector.learn(introduced(gone))).toBeNull()
    expect(core.peers.size).toBe(0)
  })

  it('H15: agrees on new keys after a day, and nothing else changes', () => {
    const world = MeshWorld.joined(['ada', 'bob', 'cyd'])
    const [ada, bob, cyd] = world.members as [TestMember, TestMember, TestMember]
    world.refuse(ada, cyd)
    world.run(2_000)
    expect(ada.engine.peer(cyd.id)?.path.kind).toBe('relayed')
    const link = ada.link(bob)
    const hashOf = (other: TestMember): string => Buffer.from(ada.sessionWith(other).secrets.hash).toString('hex')
    const before = [hashOf(bob), hashOf(cyd)]
    ada.send('before')
    world.run(1_000)
    // All devices sleep, and wake up together.
    world.nowMs += 24 * 3_600_000
    ada.send('after')
    world.run(10_000)
    for (const [index, other] of [bob, cyd].entries()) expect(hashOf(other)).not.toBe(before[index])
    expect(ada.link(bob)).toBe(link)
    for (const member of [bob, cyd]) {
      expect(member.texts).toEqual(['before', 'after'])
      expect(member.left).toEqual([])
    }
  })

  it('K9: takes the newest certificate of a member, none that is older, and none that has long ended', () => {
    const { core, suite, keys, createMember } = setupCore()
    const connector = new Connector(core, new LinkChoice(core, () => undefined), new LinkPlan(core), idleHandlers)
    const member = createMember()
    const issued = (issuedAt: number) => {
      const bytes = issueCertificate(suite, { ...member, topic: keys.topic }, issuedAt)
      const certificate = verifyCertificate(suite, keys.topic, bytes)
      if (certificate === null) throw new Error('not a certificate')
      return { certificate, providers: ['anonymous'] }
    }
    const day = 86_400_000
    core.nowMs = 10 * day
    expect(connector.learn(issued(10 * day - 3 * day - 1))).toBeNull()
    expect(core.peers.size).toBe(0)
    const peer = connector.learn(issued(8 * day))
    expect(connector.learn(issued(8 * day + 1))).toBe(peer)
    expect(peer?.certificate.issuedAt).toBe(8 * day + 1)
    expect(connector.learn(issued(8 * day))).toBeNull()
    expect(peer?.certificate.issuedAt).toBe(8 * day + 1)
  })

  it('knows of 1,024 members at most, and forgets those first that never came', () => {
    const { core, createMember } = setupCore()
    const connector = new Connector(core, new LinkChoice(core, () => undefined), new LinkPlan(core), idleHandlers)
    const here = connector.learn(introduced(createMember()))
    if (here) here.arrival = 1
    const first = createMember()
    connector.learn(introduced(first))
    let last: KeyedMember = first
    for (let i = 0; i < 1_100; i++) {
      last = createMember()
      expect(connector.learn(introduced(last))).not.toBeNull()
    }
    expect(core.peers.size).toBe(1_024)
    expect([here?.id ?? '', first.certificate.member, last.certificate.member].map((id) => core.peers.has(id))).toEqual(
      [true, false, true],
    )
  })
})
