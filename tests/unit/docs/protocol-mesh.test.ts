import { describe, expect, it } from 'vitest'
import { Pace } from '../../../sdk/mesh/pace.js'
import { Roster } from '../../../sdk/mesh/roster/roster.js'
import { Router } from '../../../sdk/mesh/route/router.js'
import { Inbox } from '../../../sdk/mesh/stream/inbox.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { Reader } from '../../../sdk/protocol/reader.js'
import { encodeRecord, readRecord, type MemberRecord } from '../../../sdk/protocol/records.js'
import { decodeRosterRecord } from '../../../sdk/protocol/roster-record.js'
import { equalBytes } from '../../../sdk/util/bytes.js'
import { encodeBase64url } from '../../../sdk/util/base64url.js'
import {
  chunk,
  pack,
  PaperMember,
  privateChunk,
  sealRelay,
  setupGroup,
  watchHonest,
} from '../../support/mesh-villain.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

/** ada and bob cannot connect; mallory relays for them. */
const setupRelay = () => {
  const group = setupGroup()
  group.world.refuse(group.ada, group.bob)
  group.world.run(3_000)
  expect(group.ada.engine.peer(group.bob.id)?.path.kind).toBe('relayed')
  return group
}

/** The records of every PACK that a member writes from now on. */
const watchRecords = (member: TestMember): MemberRecord[] => {
  const records: MemberRecord[] = []
  member.tamper = (frame) => {
    if (frame[0] === FRAME.PACK) {
      const reader = new Reader(frame.slice(1))
      while (reader.left > 0) records.push(readRecord(reader))
    }
    return [frame]
  }
  return records
}

const rosterBytes = (record: MemberRecord): Uint8Array => {
  if (record.type !== 'roster') throw new Error('no roster record')
  return record.record
}

describe('set-up', () => {
  it('H1: the smaller id sends HS1, and nobody else does', () => {
    const world = MeshWorld.joined(['ada', 'bob', 'cyn'])
    const begun = world.server.signals.filter(({ payload }) => payload[0] === FRAME.HS1)
    expect(begun.length).toBeGreaterThan(0)
    for (const { from, to } of begun) expect(Buffer.compare(from.engine.idBytes, to.engine.idBytes)).toBe(-1)
  })

  it('H3: an HS1 that was met before changes nothing', () => {
    const { world, ada, bob } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const old = world.server.signals.find(({ to, payload }) => to === bob && payload[0] === FRAME.HS1)
    if (old === undefined) throw new Error('bob was sent no HS1')
    const handshakes = bob.sessions.length
    world.server.pass(old.from, bob, old.payload)
    world.run(1_000)
    expect(bob.sessions.length).toBe(handshakes)
    check()
  })

  it('H6: members that have all the links they want make sessions, and reach each other through others', () => {
    const limits = { messageBytes: 1_048_576, maxLinks: 2, stallMs: 5_000 }
    const world = MeshWorld.joined(['ada', 'bob', 'cyn', 'dan'], { limits })
    for (const { engine } of world.members) {
      expect(engine.stats().links).toBeLessThanOrEqual(2)
      expect(engine.stats().sessions).toBe(3)
    }
  })

  it('H8, H9, M12: a pair that lost each other parts after lingerMs, and starts anew', () => {
    const world = MeshWorld.joined(['ada', 'bob'])
    const [ada, bob] = [world.named('ada'), world.named('bob')]
    ada.tamper = bob.tamper = () => []
    world.server.tamper = (_member, frame) => frame.type === 'signal'
    ada.send('into the silence')
    world.run(9_000)
    expect(ada.left).toEqual([])
    world.run(3_000)
    expect([ada.left, bob.left]).toEqual([[bob.id], [ada.id]])
    ada.tamper = bob.tamper = world.server.tamper = null
    world.runUntil(() => world.isWhole)
    ada.send('again')
    bob.send('again')
    world.run(1_000)
    expect([ada.texts, bob.texts]).toEqual([['again'], ['again']])
  })

  it('B1: a link whose first frame is not BIND is closed', () => {
    const world = new MeshWorld()
    const [ada, bob] = world.add(['ada', 'bob']) as [TestMember, TestMember]
    bob.tamper = (frame) => (frame[0] === FRAME.BIND ? [pack({ type: 'ping', id: 1 }), frame] : [frame])
    world.run(2_000)
    expect(ada.closed.length).toBeGreaterThan(0)
    expect(ada.engine.members()).toEqual([ada.id])
  })

  it('B2: whoever sits between two ends with certificates of its own gets no link', () => {
    const world = new MeshWorld()
    world.isTapped = true
    const [ada, bob] = world.add(['ada', 'bob']) as [TestMember, TestMember]
    world.run(5_000)
    expect(ada.engine.members()).toEqual([ada.id])
    expect(ada.closed.length + bob.closed.length).toBeGreaterThan(0)
  })
})

describe('asking the server', () => {
  const countAsks = (world: MeshWorld, forMs: number): readonly number[] => {
    const asks: number[] = []
    world.server.tamper = (_member, frame) => {
      if (frame.type === 'ask') asks.push(frame.tried.length)
      return false
    }
    world.run(forMs)
    return asks
  }

  it('S24: a member without links asks every 3 s and names whom it tried', () => {
    const world = new MeshWorld()
    const [ada, bob] = world.add(['ada', 'bob']) as [TestMember, TestMember]
    world.refuse(ada, bob)
    const asks = countAsks(world, 30_000)
    expect(asks.length).toBeGreaterThanOrEqual(2 * 8)
    expect(asks.length).toBeLessThanOrEqual(2 * 10)
    expect(asks.at(-1)).toBe(1)
  })

  it('S24: a member that reaches all asks once a minute, naming nobody', () => {
    const { world } = setupGroup()
    expect(countAsks(world, 60_000)).toEqual([0, 0, 0])
  })
})

describe('relaying', () => {
  const relay = (hops: number) => {
    const { world, ada, bob, mallory } = setupRelay()
    const frame = sealRelay(ada, bob, 1_000_000, encodeRecord({ type: 'ping', id: 1 }))
    frame[1] = hops
    const before = mallory.engine.stats().framesForwarded
    const forwarded = () => mallory.engine.stats().framesForwarded - before
    return { world, ada, bob, mallory, frame, forwarded }
  }

  it('R1: a relay changes hops alone', () => {
    const { world, ada, mallory, frame } = relay(3)
    const seen: Uint8Array[] = []
    mallory.tamper = (bytes) => {
      if (bytes[0] === FRAME.RLY) seen.push(bytes.slice())
      return [bytes]
    }
    ada.inject(mallory, frame)
    world.run(20)
    const expected = frame.slice()
    expected[1] = 4
    expect(seen).toContainEqual(expected)
  })

  it.each([
    [7, 1],
    [8, 0],
    [255, 0],
  ])('R1: a frame that was forwarded %i times is forwarded %i times more', (hops, times) => {
    const { ada, mallory, frame, forwarded, world } = relay(hops)
    ada.inject(mallory, frame)
    world.run(2)
    expect(forwarded()).toBe(times)
  })

  it('R2: a frame is forwarded once, with another counter too', () => {
    const { ada, mallory, frame, forwarded, world } = relay(0)
    const ahead = frame.slice()
    ahead[43] = (ahead[43] as number) ^ 1
    for (const sent of [frame, frame, ahead]) ada.inject(mallory, sent)
    world.run(2)
    expect(forwarded()).toBe(1)
  })

  it('R3: a frame never goes back over the link that it came over', () => {
    const { world, ada, bob, mallory, forwarded } = relay(0)
    ada.inject(mallory, sealRelay(bob, ada, 1_000_000, encodeRecord({ type: 'ping', id: 1 })))
    world.run(2)
    expect(forwarded()).toBe(0)
  })

  it('R4: at most two thirds of 8 MiB of one link wait to be forwarded over another', () => {
    const { world, ada, bob, mallory, forwarded } = relay(0)
    bob.isReading = false
    for (let i = 0; i < 200; i++) ada.inject(mallory, sealRelay(ada, bob, 1_000_000 + i, new Uint8Array(64_000)))
    world.run(2)
    // What the link to bob still had room for does not wait.
    expect(forwarded()).toBeLessThan(((8 * 1_048_576 * 2) / 3 + 1_048_576) / 64_000 + 1)
    expect(forwarded()).toBeGreaterThan(80)
  })

  it('R5: members that do not relay are part of no route', () => {
    const world = new MeshWorld()
    const [ada, bob, cyn] = world.add(['ada', 'bob', 'cyn'], { relay: false }) as [TestMember, TestMember, TestMember]
    world.refuse(ada, cyn)
    world.run(15_000)
    expect(ada.engine.members()).toEqual([ada.id, bob.id])
    expect(cyn.engine.members()).toEqual([cyn.id, bob.id])
  })

  it('R9, R10: a member that relays roster records is dropped, and not the relay that brought them', () => {
    const { world, ada, bob, mallory } = setupRelay()
    const link = mallory.link(bob)
    mallory.inject(bob, sealRelay(ada, bob, 1_000_000, encodeRecord({ type: 'digest', entries: [] })))
    world.run(2)
    expect(bob.notices).toContainEqual({ type: 'member:leave', id: ada.id, reason: 'removed' })
    world.run(1_000)
    expect(link.state).toBe('open')
  })
})

describe('streams', () => {
  const createInbox = () =>
    new Inbox({ maxBytes: 100, myTag: new Uint8Array(4) }, { firstBroadcast: 1, firstPrivate: 1 })

  it('P1: a PING is answered by a PONG of its id over the same link', () => {
    const { world, ada, mallory } = setupGroup()
    const written = watchRecords(ada)
    mallory.inject(ada, pack({ type: 'ping', id: 77 }))
    world.run(5)
    expect(written).toContainEqual({ type: 'pong', id: 77 })
  })

  it('P2, P4: private messages have numbers of their own, and a broadcast names those before it', () => {
    const { world, ada, bob } = setupGroup()
    const written = watchRecords(ada)
    ada.send('one', bob)
    ada.send('two', bob)
    ada.send('all')
    world.run(100)
    const privates = written.flatMap((record) => (record.type === 'one' ? [record.number] : []))
    expect(privates).toEqual([1, 2])
    const broadcasts = written.filter((record) => record.type === 'all')
    expect(broadcasts).toHaveLength(2)
    for (const broadcast of broadcasts) {
      expect(broadcast).toMatchObject({ number: 1, order: [{ tag: bob.engine.idBytes.slice(0, 4), lastPrivate: 2 }] })
    }
  })

  it('P3: a message waits for what it names of the other kind', () => {
    const inbox = createInbox()
    expect(inbox.accept(privateChunk({ afterBroadcast: 1 }))).toBeNull()
    const order = [{ tag: new Uint8Array(4), lastPrivate: 1 }]
    expect(inbox.accept(chunk({ number: 1, order }))).toBeNull()
    expect(inbox.accept(privateChunk())?.to).toBe('me')
    expect(inbox.accept(chunk({ number: 1, order }))?.to).toBe('all')
  })

  it('P5, P6: what is not next is dropped, and the position says so', () => {
    const inbox = createInbox()
    expect(inbox.accept(chunk({ number: 2 }))).toBeNull()
    expect(inbox.accept(chunk({ bytes: new Uint8Array(10), total: 30 }))).toBeNull()
    expect(inbox.accept(chunk({ first: false, offset: 20, total: 0, bytes: new Uint8Array(10) }))).toBeNull()
    expect(inbox.position).toEqual({ nextBroadcast: 1, nextPrivate: 1, offset: 10 })
    expect(inbox.accept(chunk({ first: false, offset: 10, total: 0, bytes: new Uint8Array(20) }))?.bytes.length).toBe(
      30,
    )
    expect(inbox.accept(chunk())).toBeNull()
    expect(inbox.position).toEqual({ nextBroadcast: 2, nextPrivate: 1, offset: 0 })
  })

  it('P7: what nothing travels back with is acknowledged after 25 ms', () => {
    const { world, ada, bob } = setupGroup()
    const written = watchRecords(bob)
    ada.send('hello', bob)
    world.run(20)
    expect(written.filter(({ type }) => type === 'ack')).toEqual([])
    world.run(10)
    expect(written.filter(({ type }) => type === 'ack')).toMatchObject([{ nextPrivate: 2, offset: 0 }])
  })

  it('P8: pieces beyond their message, and messages beyond the limit, break the protocol', () => {
    const inbox = createInbox()
    expect(() => inbox.accept(chunk({ total: 101, bytes: new Uint8Array(1) }))).toThrow('above the limit')
    inbox.accept(chunk({ total: 20 }))
    const beyond = chunk({ first: false, offset: 10, total: 0, bytes: new Uint8Array(11) })
    expect(() => inbox.accept(beyond)).toThrow('beyond its message')
  })

  it('P12: memory for a message is taken as it arrives', () => {
    const inbox = new Inbox({ maxBytes: 2 ** 30, myTag: new Uint8Array(4) }, { firstBroadcast: 1, firstPrivate: 1 })
    inbox.accept(chunk({ total: 2 ** 30 }))
    expect(inbox.heldBytes).toBeLessThanOrEqual(1_048_576)
  })

  it('P15: frames are what a link drains in 50 ms, from 4 KiB to the largest, and 16 KiB at first', () => {
    const drain = (bytesPerMs: number): number => {
      const pace = new Pace()
      pace.report(1_000_000, 0)
      expect(pace.frameBytes).toBe(16_384)
      pace.written(100_000, 0)
      pace.report(1_000_000, 100_000 / bytesPerMs)
      return pace.frameBytes
    }
    expect([drain(1), drain(500), drain(100_000)]).toEqual([4_096, 25_000, 65_519])
  })
})

describe('the roster', () => {
  const setup = () => {
    const world = new MeshWorld()
    const roster = new Roster(world.suite, world.keys.topic, () => true)
    const accept = (record: MemberRecord, nowMs = world.nowMs) => roster.accept(rosterBytes(record), nowMs)
    return { world, roster, accept, paper: () => new PaperMember(world) }
  }

  it('M1: the higher version counts, and only what is newer', () => {
    const { accept, paper } = setup()
    const eve = paper()
    expect(accept(eve.card(2))).not.toBeNull()
    expect([accept(eve.card(2)), accept(eve.card(1))]).toEqual([null, null])
    expect(accept(eve.card(3))).not.toBeNull()
    expect(accept(eve.links([], 5))).not.toBeNull()
    expect(accept(eve.links([], 4))).toBeNull()
  })

  it('M1: what is newer goes once to every neighbor that does not have it from who brought it; the rest goes nowhere', () => {
    const { world, ada, bob, mallory } = setupGroup()
    world.refuse(bob, mallory)
    world.run(500)
    const eve = new PaperMember(world)
    const card = eve.card()
    const spread: TestMember[] = []
    ada.tamper = (frame) => {
      if (Buffer.from(frame).includes(Buffer.from(rosterBytes(card)))) spread.push(ada)
      return [frame]
    }
    mallory.inject(ada, pack(card))
    mallory.inject(ada, pack(card))
    world.run(50)
    expect(spread).toHaveLength(1)
    expect([bob.hasLink(ada), bob.hasLink(mallory)]).toEqual([true, false])
  })

  it('M1: what a neighbor passes on does not go to those that it is linked to', () => {
    const { world, ada, mallory } = setupGroup()
    const card = new PaperMember(world).card()
    let spread = 0
    ada.tamper = (frame) => {
      if (Buffer.from(frame).includes(Buffer.from(rosterBytes(card)))) spread++
      return [frame]
    }
    mallory.inject(ada, pack(card))
    world.run(50)
    expect(spread).toBe(0)
  })

  it('M2: a links record without a card, and what is not signed by its member, is ignored', () => {
    const { accept, paper } = setup()
    const [eve, mallory] = [paper(), paper()]
    expect(accept(eve.links([]))).toBeNull()
    const forged = rosterBytes(eve.card()).slice()
    forged.set(mallory.id, 1)
    expect(accept({ type: 'roster', record: forged })).toBeNull()
    expect(accept(eve.card())).not.toBeNull()
    const changed = rosterBytes(eve.links([mallory.id])).slice()
    changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1
    expect(accept({ type: 'roster', record: changed })).toBeNull()
  })

  it('M3: a roster record of garbage is ignored, and its link stays', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob, mallory)
    mallory.inject(ada, pack({ type: 'roster', record: new Uint8Array(500).fill(9) }))
    world.run(20)
    check()
  })

  it('M4: a new link begins with own card, own links and a digest', () => {
    const world = new MeshWorld()
    const [ada] = world.add(['ada', 'bob']) as [TestMember]
    const written = watchRecords(ada)
    world.runUntil(() => world.isWhole)
    // The initiator says first that it uses the link.
    const [card, links, digest] = written.filter(({ type }) => type !== 'use') as [
      MemberRecord,
      MemberRecord,
      MemberRecord,
    ]
    expect([rosterBytes(card)[0], rosterBytes(links)[0], digest.type]).toEqual([1, 2, 'digest'])
  })

  it('M4: a digest is answered by what it lacks, cards before links', () => {
    const { roster, accept, paper } = setup()
    const [eve, fay] = [paper(), paper()]
    for (const record of [eve.card(), eve.links([], 3), fay.card(), fay.links([])]) accept(record)
    const lacking = roster.newerThan([{ id: eve.id, card: 1, links: 2 }])
    expect(lacking.map((record) => record[0])).toEqual([1, 2, 2])
  })

  it('M5: links are published when one is lost, at once, and anew every 60 s', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const written = watchRecords(ada)
    const listed = () =>
      written.flatMap((record) => {
        if (record.type !== 'roster') return []
        const { member, content } = decodeRosterRecord(record.record)
        if (content.kind !== 'links' || !equalBytes(member, ada.engine.idBytes)) return []
        return [content.neighbors.map(({ id }) => encodeBase64url(id))]
      })
    world.run(61_000)
    expect(listed().length).toBeGreaterThan(0)
    const before = listed().length
    world.refuse(ada, bob)
    world.run(2)
    expect(listed().slice(before)).toEqual([[mallory.id]])
  })

  it('M6: a link between two others counts when both list it, for 150 s', () => {
    const { world, roster, accept, paper } = setup()
    const [me, eve, fay] = [paper(), paper(), paper()]
    const router = new Router(roster, encodeBase64url(me.id))
    const route = (nowMs = world.nowMs) => {
      router.update([encodeBase64url(eve.id)], nowMs)
      return router.route(encodeBase64url(fay.id))
    }
    for (const member of [me, eve, fay]) accept(member.card())
    accept(eve.links([me.id, fay.id]))
    expect(route()).toBeNull()
    accept(fay.links([eve.id]))
    expect(route()?.via).toEqual([encodeBase64url(eve.id)])
    expect(route(world.nowMs + 149_999)).not.toBeNull()
    expect(route(world.nowMs + 150_000)).toBeNull()
  })

  it('R6: routes are shortest by what both ends have published', () => {
    const { world, roster, accept, paper } = setup()
    const [me, eve, fay, gil, hal] = [paper(), paper(), paper(), paper(), paper()]
    for (const member of [me, eve, fay, gil, hal]) accept(member.card())
    accept(eve.links([me.id, fay.id]))
    accept(fay.links([eve.id, hal.id]))
    accept(gil.links([me.id, hal.id]))
    accept(hal.links([gil.id, fay.id]))
    const router = new Router(roster, encodeBase64url(me.id))
    const via = (...own: PaperMember[]) => {
      router.update(
        own.map(({ id }) => encodeBase64url(id)),
        world.nowMs,
      )
      return router.route(encodeBase64url(fay.id))?.via
    }
    expect(via(gil, eve)).toEqual([encodeBase64url(eve.id)])
    expect(via(gil)).toEqual([gil, hal].map(({ id }) => encodeBase64url(id)))
  })

  it('M7: gone is final', () => {
    const { accept, paper } = setup()
    const eve = paper()
    accept(eve.card())
    expect(accept(eve.links([], 2, true))).not.toBeNull()
    expect(accept(eve.links([], 3))).toBeNull()
  })

  it('M7: nobody can say goodbye for another', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const forged = rosterBytes(new PaperMember(world).links([], 1_000, true)).slice()
    forged.set(bob.engine.idBytes, 1)
    mallory.inject(ada, pack({ type: 'roster', record: forged }))
    world.run(20)
    check()
  })

  it('B3, M10, M11: a link that falls silent is suspect within 6 s; another path is used, and the link replaced', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const end = ada.link(bob)
    for (const side of [end, end.other]) if (side) side.state = 'closed'
    const path = () => ada.engine.peer(bob.id)?.path
    world.run(3_000)
    expect(path()?.kind).toBe('direct')
    world.runUntil(() => path()?.kind === 'relayed', 5_000)
    expect(path()?.via).toEqual([mallory.id])
    world.runUntil(() => path()?.kind === 'direct')
    expect(ada.closed).toContain(end.carrier)
    expect([...ada.left, ...bob.left]).toEqual([])
  })

  it('M14: a roster keeps 1,024 members, and forgets those not heard of for ten minutes', () => {
    const { world, roster, accept, paper } = setup()
    const members = Array.from({ length: 1_025 }, paper)
    expect(members.map((member) => accept(member.card()) !== null).indexOf(false)).toBe(1_024)
    accept((members[0] as PaperMember).links([]))
    const [first] = [...roster.values()]
    roster.prune(world.nowMs + 600_001, () => false)
    expect(roster.get(first?.id ?? '')).toBeUndefined()
  })
})
