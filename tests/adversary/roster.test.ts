import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../sdk/util/bytes.js'
import { FRAME, RECORD } from '../../sdk/protocol/codes.js'
import { encodeRosterBody } from '../../sdk/protocol/roster-record.js'
import type { TestMember } from '../support/mesh-world.js'
import { PaperMember, chunk, pack, rosterRecord, setupGroup, watchHonest } from '../support/mesh-villain.js'

const leaves = (member: TestMember): number => member.left.length

describe('a neighbor that passes on roster records', () => {
  it('M2, M3: of another member, forged, changes nothing and keeps its link', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const body = encodeRosterBody(bob.engine.idBytes, 1_000, { kind: 'links', gone: true, away: false, neighbors: [] })
    for (const signature of [new Uint8Array(64), world.random.bytes(64)]) {
      mallory.inject(ada, pack({ type: 'roster', record: concatBytes(body, signature) }))
    }
    mallory.inject(ada, pack({ type: 'roster', record: new Uint8Array(300) }))
    mallory.inject(ada, pack({ type: 'roster', record: new Uint8Array() }))
    world.run(50)
    expect(leaves(ada)).toBe(0)
    expect(ada.hasLink(mallory)).toBe(true)
    check()
  })

  it('M2: signed by one member in the name of another changes nothing', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const gone = { kind: 'links' as const, gone: true, away: false, neighbors: [] }
    mallory.inject(ada, pack(rosterRecord(world, bob.engine.idBytes, 1_000, gone, mallory.identity.secretKey)))
    world.run(50)
    expect(leaves(ada)).toBe(0)
    check()
  })

  it('M1: that are stale changes nothing', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const before = ada.engine.peer(bob.id)?.path
    const stale = { kind: 'links' as const, gone: true, away: false, neighbors: [] }
    mallory.inject(ada, pack(rosterRecord(world, bob.engine.idBytes, 1, stale, bob.identity.secretKey)))
    world.run(50)
    expect([leaves(ada), ada.engine.peer(bob.id)?.path]).toEqual([0, before])
    check()
  })

  it('M7: of a member that has said goodbye never brings it back', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const paper = new PaperMember(world)
    mallory.inject(ada, pack(paper.card(), paper.links([mallory.engine.idBytes], 1, true)))
    mallory.inject(ada, pack(paper.card(2), paper.links([mallory.engine.idBytes], 2)))
    world.run(50)
    const { pendingHandshakes } = ada.engine.stats()
    expect(pendingHandshakes).toBe(0)
    check()
  })

  it('M6: that claim links to those who do not list it draws no traffic', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const everyone = [ada, bob, mallory].map((member) => member.engine.idBytes)
    const paper = new PaperMember(world)
    mallory.inject(ada, pack(paper.card(), paper.links([...everyone, ...everyone])))
    const lie = { kind: 'links' as const, gone: false, away: false, neighbors: [{ id: paper.id, rttClass: 0 }] }
    mallory.inject(ada, pack(rosterRecord(world, mallory.engine.idBytes, 1_000, lie, mallory.identity.secretKey)))
    world.run(2_000)
    expect(ada.engine.members()).toEqual([ada.id, bob.id, mallory.id])
    expect(ada.engine.peer(bob.id)?.path.kind).toBe('direct')
    check()
  })

  it('M12: that it has held back keeps a dead member here for 150 s at most', () => {
    const { world, ada, bob, mallory } = setupGroup()
    // Bob and ada meet through mallory alone.
    world.refuse(ada, bob)
    world.run(3_000)
    expect(ada.engine.peer(bob.id)?.path.kind).toBe('relayed')
    bob.isDead = true
    const diedMs = world.nowMs
    // As if bob had signed hundreds of them that ada never saw.
    const neighbors = [{ id: mallory.engine.idBytes, rttClass: 0 }]
    const content = { kind: 'links' as const, gone: false, away: false, neighbors }
    for (let version = 1_000; ada.left.length === 0 && version < 1_100; version++) {
      mallory.inject(ada, pack(rosterRecord(world, bob.engine.idBytes, version, content, bob.identity.secretKey)))
      world.run(5_000)
    }
    expect(ada.left).toEqual([bob.id])
    expect(world.nowMs - diedMs).toBeGreaterThan(140_000)
    expect(world.nowMs - diedMs).toBeLessThan(165_000)
    expect(ada.engine.members()).toEqual([ada.id, mallory.id])
  })

  it('M4, M10: that passes on none hides nobody whom others reach without it', () => {
    const { world, ada, bob, mallory } = setupGroup()
    // Whatever mallory should pass on between the two is gone; they have a link, and then another member.
    const isRoster = (frame: Uint8Array): boolean => frame[0] === FRAME.PACK && frame.includes(RECORD.ROSTER)
    mallory.tamper = (frame) => (isRoster(frame) ? [] : [frame])
    const [dan] = world.add(['dan']) as [TestMember]
    world.refuse(dan, ada)
    world.runUntil(() => ada.engine.members().includes(dan.id) && dan.engine.members().includes(ada.id))
    const check = watchHonest(world, ada, bob)
    check()
    expect(ada.engine.peer(dan.id)?.path).toMatchObject({ kind: 'relayed' })
  })

  it('M14: ten thousand of them, of members that nobody has seen, keeps no honest message back', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    for (let i = 0; i < 5_000; i++) {
      const paper = new PaperMember(world)
      mallory.inject(ada, pack(paper.card(), paper.links([mallory.engine.idBytes])))
    }
    world.run(500)
    check()
    // What nobody has heard of for ten minutes is forgotten, and there is room for newcomers again.
    world.run(700_000)
    const [dan] = world.add(['dan']) as [TestMember]
    world.runUntil(() => ada.engine.members().includes(dan.id))
  }, 60_000)

  it('M14: of more members than a roster holds, all signed anew, hide no newcomer', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const papers = Array.from({ length: 1_100 }, () => new PaperMember(world))
    const tell = (version: number): void => {
      for (const target of [ada, bob]) {
        for (const paper of papers) {
          mallory.inject(target, pack(paper.card(), paper.links([mallory.engine.idBytes], version)))
        }
      }
    }
    tell(1)
    world.run(500)
    tell(2)
    world.run(500)
    const [dan] = world.add(['dan']) as [TestMember]
    world.runUntil(() => [ada, bob].every(({ engine }) => engine.members().includes(dan.id)))
    expect(dan.engine.members()).toEqual(expect.arrayContaining([ada.id, bob.id, dan.id]))
  }, 60_000)
})

describe('a member that sends before it is shown as here', () => {
  it('P14: is held back, and without credit going on it loses its link', () => {
    const { world, ada, bob } = setupGroup()
    const check = watchHonest(world, ada, bob)
    // Eve is bound, and keeps her card to herself.
    const [eve] = world.add(['eve']) as [TestMember]
    eve.tamper = (frame) => (frame[0] === 0x30 ? [] : [frame])
    world.runUntil(() => eve.hasLink(ada))
    world.run(100)
    const link = eve.link(ada)
    // The engine of eve knows nothing of what is put on its link, and would close it over the acknowledgements.
    ada.tamperLink = (carrier, frame) => (carrier === link.other?.carrier ? [] : [frame])
    let sent = 0
    for (let number = 1; number < 400 && link.state === 'open'; number++) {
      eve.inject(ada, pack(chunk({ number, bytes: new Uint8Array(60_000) })))
      world.run(2)
      sent += 60_000
    }
    expect(link.state).toBe('closed')
    expect(sent).toBeLessThan(5 * 1_048_576)
    expect(ada.received.filter(({ from }) => from === eve.id)).toEqual([])
    check()
  }, 20_000)
})
