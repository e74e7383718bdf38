import { describe, expect, it } from 'vitest'
import { Liveness } from '../../../sdk/mesh/liveness/liveness.js'
import { Predecessors } from '../../../sdk/mesh/liveness/predecessors.js'
import { Probes } from '../../../sdk/mesh/liveness/probes.js'
import { Peer } from '../../../sdk/mesh/peer.js'
import { Forwarder } from '../../../sdk/mesh/route/forwarder.js'
import { Paths } from '../../../sdk/mesh/route/paths.js'
import { Router } from '../../../sdk/mesh/route/router.js'
import { issueCertificate, verifyCertificate } from '../../../sdk/mesh/session/certificates.js'
import { setupCore } from '../../support/mesh-core.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const leavesAt = (at: TestMember): { id: string; reason: string }[] =>
  at.notices.flatMap((notice) => (notice.type === 'member:leave' ? [{ id: notice.id, reason: notice.reason }] : []))

const joinsAt = (at: TestMember, of: TestMember): number =>
  at.notices.filter((notice) => notice.type === 'member:join' && notice.id === of.id).length

/** Three members, and a way for the first to come anew as another member of its identity. */
const setup = () => {
  const world = MeshWorld.joined(['ada', 'bob', 'cyn'])
  const [ada, bob, cyn] = world.members as [TestMember, TestMember, TestMember]
  const comeAnew = (): TestMember => world.add(['ada anew'], { identity: ada.identity })[0] as TestMember
  return { world, ada, bob, cyn, comeAnew }
}

describe('an identity that comes anew', () => {
  it('M23: after its page crashed: the member before leaves as replaced within 2.5 s', () => {
    const { world, ada, bob, cyn, comeAnew } = setup()
    ada.isDead = true
    world.run(500)
    const anew = comeAnew()
    world.runUntil(() => [bob, cyn].every((witness) => leavesAt(witness).length > 0), 2_500)
    for (const witness of [bob, cyn]) {
      expect(leavesAt(witness)).toEqual([{ id: ada.id, reason: 'replaced' }])
      expect(witness.engine.members()).toContain(anew.id)
    }
    world.run(200_000)
    for (const witness of [bob, cyn]) expect([leavesAt(witness).length, joinsAt(witness, ada)]).toEqual([1, 1])
    expect([leavesAt(anew), joinsAt(anew, ada)]).toEqual([[], 0])
  })

  it('M23: in another tab: both stay, idle or not', () => {
    const { world, ada, bob, cyn, comeAnew } = setup()
    const anew = comeAnew()
    world.run(20_000)
    for (let i = 0; i < 20; i++) {
      bob.send(String(i))
      world.run(500)
    }
    for (const member of [ada, bob, cyn, anew]) expect(leavesAt(member)).toEqual([])
    expect([ada.texts.length, anew.texts.length]).toEqual([20, 20])
  })

  it('M19, M23: whose older member is reached by others alone: that is asked through them, and stays', () => {
    const { world, ada, bob, comeAnew } = setup()
    world.stall(ada, bob)
    comeAnew()
    world.run(4_000)
    expect(leavesAt(bob)).toEqual([])
    world.resume(ada, bob)
    world.run(10_000)
    expect(leavesAt(bob)).toEqual([])
  })

  it('M23, M18: while the older one is frozen: it leaves, joins again once it is heard, and stays', () => {
    const { world, ada, bob, cyn, comeAnew } = setup()
    for (const other of [bob, cyn]) world.stall(ada, other)
    const anew = comeAnew()
    world.stall(ada, anew)
    world.runUntil(() => [bob, cyn].every((witness) => leavesAt(witness).length > 0), 2_500)
    // Nobody but those who gave it up can tell it.
    world.server.tamper = () => true
    world.run(2_500)
    for (const other of [bob, cyn]) world.resume(ada, other)
    world.runUntil(() => world.isWhole, 5_000)
    world.run(20_000)
    bob.send('to the older one', ada)
    ada.send('from the older one', bob)
    world.run(100)
    expect([ada.texts, bob.texts]).toEqual([['to the older one'], ['from the older one']])
    for (const witness of [bob, cyn]) {
      expect(leavesAt(witness)).toEqual([{ id: ada.id, reason: 'replaced' }])
      expect(joinsAt(witness, ada)).toBe(2)
    }
  })

  it('M16, M23: while the older one is put away: it keeps its place, and says goodbye by staying away', () => {
    const { world, ada, bob, comeAnew } = setup()
    ada.step({ type: 'suspend' })
    world.run(100)
    comeAnew()
    world.run(9_000)
    expect(leavesAt(bob)).toEqual([])
    world.run(2_000)
    expect(leavesAt(bob)).toEqual([{ id: ada.id, reason: 'goodbye' }])
  })

  it('M23: has nobody removed who hears nobody at all: it is the one that is cut off', () => {
    const { world, ada, bob, cyn, comeAnew } = setup()
    for (const other of [ada, cyn]) world.stall(bob, other)
    const anew = comeAnew()
    world.stall(bob, anew)
    world.run(5_000)
    for (const other of [ada, cyn, anew]) world.resume(bob, other)
    world.run(20_000)
    for (const member of [ada, bob, cyn]) expect(leavesAt(member)).toEqual([])
  })

  it('M13, M23: is no reason to give up a member whose answer waits behind a late timer of my own', () => {
    const { world, ada, bob, comeAnew } = setup()
    ada.latencyMs = 100
    bob.slowTimersMs = 1_900
    const anew = comeAnew()
    world.runUntil(() => bob.hasLink(anew))
    world.run(10)
    for (const other of world.members) world.stall(bob, other)
    world.run(4_000)
    for (const other of world.members) world.resume(bob, other)
    world.run(20_000)
    expect(leavesAt(bob)).toEqual([])
  })

  it('M17, M23: is no reason to give up a member that could not answer while I was put away', () => {
    const { world, ada, bob, cyn, comeAnew } = setup()
    for (const other of [bob, cyn]) world.stall(ada, other)
    world.stall(ada, comeAnew())
    world.run(1_000)
    bob.step({ type: 'suspend' })
    world.run(500)
    bob.step({ type: 'hint', hint: 'resumed' })
    world.run(1_000)
    for (const other of world.members) world.resume(ada, other)
    world.run(20_000)
    expect(leavesAt(bob)).toEqual([])
  })

  it('M23: asks for nobody that came later', () => {
    const world = new MeshWorld()
    const [late] = world.create(['late']) as [TestMember]
    world.run(1_000)
    const [ada, bob] = world.add(['ada', 'bob'], (name) => (name === 'ada' ? { identity: late.identity } : {}))
    world.runUntil(() => bob?.engine.members().includes(ada?.id ?? '') === true)
    world.run(1_000)
    Object.assign(ada as TestMember, { isDead: true })
    late.step({ type: 'start' })
    world.run(12_000)
    expect(bob?.engine.members()).toContain(late.id)
    expect(leavesAt(bob as TestMember)).toEqual([{ id: ada?.id, reason: 'timeout' }])
  })
})

describe('Predecessors', () => {
  const setup = () => {
    const world = setupCore()
    const { core, suite, keys, addNeighbor, createMember } = world
    const router = new Router(core.roster, core.id)
    const paths = new Paths(core, router)
    const probes = new Probes(core, paths, new Forwarder(core, router))
    const liveness = new Liveness(core, paths, probes, () => undefined)
    const replaced: { readonly id: string; readonly atMs: number }[] = []
    const predecessors = new Predecessors(core, liveness, probes, (peer) => {
      replaced.push({ id: peer.id, atMs: core.nowMs })
    })
    const { peer: older, link, member } = addNeighbor()
    older.arrival = 1
    const { link: other } = addNeighbor(createMember())
    const createNewer = (identity = member.identity): Peer => {
      const ends = { identity, session: suite.sessionKeys(), topic: keys.topic }
      const certificate = verifyCertificate(suite, keys.topic, issueCertificate(suite, ends, core.nowMs))
      if (certificate === null) throw new Error('a certificate that does not verify')
      return new Peer({ certificate, providers: [] }, true, core.nowMs)
    }
    const runTo = (atMs: number): void => {
      for (let next = predecessors.tick(); next <= atMs; next = predecessors.tick()) core.nowMs = next
      core.nowMs = atMs
      predecessors.tick()
    }
    core.nowMs = 5_000
    return { ...world, liveness, predecessors, replaced, older, link, other, createNewer, runTo }
  }

  it('M23: asks an older member once in 2 s, however many come', () => {
    const { core, predecessors, liveness, older, link, other, replaced, createNewer, runTo } = setup()
    const before = link.control.bytes
    for (let i = 0; i < 100; i++) predecessors.handleNewcomer(createNewer())
    const pingBytes = link.control.bytes - before
    expect([pingBytes > 0, older.ping?.id]).toEqual([true, 1])
    liveness.heard(older, link)
    core.nowMs += 1_000
    for (let i = 0; i < 100; i++) predecessors.handleNewcomer(createNewer())
    expect([link.control.bytes - before, older.ping?.id]).toEqual([pingBytes, 1])
    other.lastHeardMs = core.nowMs
    runTo(20_000)
    expect(replaced).toEqual([])
  })

  it('M23: gives up who does not answer within 2 s, and no earlier', () => {
    const { predecessors, older, other, replaced, createNewer, runTo } = setup()
    predecessors.handleNewcomer(createNewer())
    other.lastHeardMs = 6_000
    runTo(6_999)
    expect(replaced).toEqual([])
    runTo(7_000)
    expect(replaced).toEqual([{ id: older.id, atMs: 7_000 }])
  })

  it('M23: leaves four round trips to who is far, and the time that what is written before takes', () => {
    const { core, predecessors, older, link, other, replaced, createNewer, runTo } = setup()
    older.rttMs = 800
    link.pace.written(1_000_000, core.nowMs)
    core.nowMs += 1_000
    link.pace.report(548_576, core.nowMs)
    older.setPath({ kind: 'direct', via: [] }, link.carrier)
    const drainMs = Math.ceil(link.pace.drainMs)
    predecessors.handleNewcomer(createNewer())
    other.lastHeardMs = core.nowMs + 1
    expect(drainMs).toBeGreaterThan(500)
    runTo(6_000 + 3_200 + drainMs - 1)
    expect(replaced).toEqual([])
    runTo(6_000 + 3_200 + drainMs)
    expect(replaced).toHaveLength(1)
  })

  it('M23: takes a frame that others may have kept for no answer', () => {
    const { core, predecessors, liveness, older, other, replaced, createNewer, runTo } = setup()
    predecessors.handleNewcomer(createNewer())
    core.nowMs += 1_000
    liveness.heard(older, null)
    other.lastHeardMs = core.nowMs
    runTo(7_000)
    expect(replaced).toHaveLength(1)
  })

  it('M13, M23: asks anew when a timer of my own was late', () => {
    const { core, predecessors, older, other, replaced, createNewer, runTo } = setup()
    predecessors.handleNewcomer(createNewer())
    core.nowMs = 8_500
    other.lastHeardMs = 8_500
    predecessors.late(1_500)
    expect(older.ping).toMatchObject({ sentMs: 8_500 })
    other.lastHeardMs = 9_000
    runTo(10_499)
    expect(replaced).toEqual([])
    runTo(10_500)
    expect(replaced).toHaveLength(1)
  })

  it('M23: asks nobody of another identity', () => {
    const { suite, predecessors, older, createNewer } = setup()
    predecessors.handleNewcomer(createNewer(suite.identityKeys()))
    expect(older.ping).toBeNull()
  })
})
