import { describe, expect, it } from 'vitest'
import { Forwarder } from '../../../sdk/mesh/route/forwarder.js'
import { Router } from '../../../sdk/mesh/route/router.js'
import { Trees } from '../../../sdk/mesh/route/tree.js'
import { OwnTree } from '../../../sdk/mesh/stream/own-tree.js'
import { Reassembly } from '../../../sdk/mesh/stream/reassembly.js'
import { Streams } from '../../../sdk/mesh/stream/streams.js'
import { TreeSender } from '../../../sdk/mesh/stream/tree-sender.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import type { MemberRecord } from '../../../sdk/protocol/records.js'
import { setupCore } from '../../support/mesh-core.js'
import { pack, unpack } from '../../support/mesh-villain.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

/** Five fill a window, of which the fifth goes out in part. */
const large = new Uint8Array(1_000_000)
const small = new Uint8Array(10)

/** Before anybody is suspected of being gone. */
const stallMs = 1_500

const setup = (names: readonly string[] = ['ada', 'bob', 'cyd']) => {
  // Nobody relays: a slow link has no way around it.
  const limits = { messageBytes: 1_048_576, maxLinks: 32, stallMs }
  const world = MeshWorld.joined(names, { limits, relay: false })
  const [ada, bob, cyd] = world.members as [TestMember, TestMember, TestMember]
  let submissions = 0
  const submit = (bytes: Uint8Array, to: TestMember | 'all' = 'all'): number => {
    submissions++
    ada.step({ type: 'submit', submission: submissions, to: to === 'all' ? 'all' : to.id, kind: 'binary', bytes })
    return submissions
  }
  return { world, ada, bob, cyd, submit }
}

/** A page that is frozen: what is for it and from it lies in its links, until the function that is returned is called. */
const freeze = (world: MeshWorld, page: TestMember): (() => void) => {
  const held: (() => void)[] = []
  const others = world.members.filter((member) => member !== page && member.hasLink(page))
  const isFrozen = new Set(others.flatMap((other) => [other.link(page), page.link(other)]).map(({ id }) => id))
  for (const from of [page, ...others]) {
    from.tamperLink = (carrier, frame) => {
      const to = (from === page ? others : [page]).find((other) => from.link(other).carrier === carrier)
      if (to === undefined || !isFrozen.has(from.link(to).id)) return [frame]
      held.push(() => {
        from.inject(to, frame)
      })
      return []
    }
  }
  return () => {
    for (const member of [page, ...others]) member.tamperLink = null
    for (const arrive of held) arrive()
  }
}

const failuresOf = (member: TestMember) =>
  member.notices.flatMap((notice) => (notice.type === 'delivery:fail' ? [notice] : []))

const isChunk = ({ type }: MemberRecord): boolean => type === 'all' || type === 'one'

describe('a member that acknowledges nothing while sends wait for it', () => {
  it('P17: fails alone after stallMs, stays a member, and keeps nobody waiting', () => {
    const { world, ada, bob, cyd, submit } = setup()
    freeze(world, cyd)
    const all = Array.from({ length: 8 }, () => submit(large))
    world.run(stallMs - 10)
    expect(ada.admitted).toEqual(all.slice(0, 5))
    expect(failuresOf(ada)).toEqual([])
    world.run(20)
    expect(ada.admitted).toEqual(all)
    expect(failuresOf(ada)).toEqual([
      { type: 'delivery:fail', id: cyd.id, stream: 0, code: 'member-stalled', count: 8 },
    ])
    expect(bob.received).toHaveLength(8)
    expect(ada.engine.members()).toContain(cyd.id)
    expect(ada.left).toEqual([])
  })

  it('P17: fails nothing while there is room in its window', () => {
    const { world, ada, bob, submit } = setup(['ada', 'bob'])
    freeze(world, bob)
    for (let i = 0; i < 4; i++) submit(large)
    world.run(8_000)
    expect(failuresOf(ada)).toEqual([])
  })

  it('P17, P18: gets what is sent from then on, once and in order, and nothing that is said never to have been sent', () => {
    const { world, ada, bob, cyd, submit } = setup()
    const thaw = freeze(world, cyd)
    ada.sendConfirmed(101, small, cyd)
    for (let i = 0; i < 4; i++) submit(large)
    ada.sendConfirmed(102, large)
    ada.sendConfirmed(103, Uint8Array.of(103))
    ada.sendConfirmed(104, Uint8Array.of(104), cyd)
    world.run(stallMs + 100)
    const failure = { id: cyd.id, code: 'member-stalled' }
    expect(ada.reportOf(101)?.failed).toEqual([{ ...failure, maybeDelivered: true }])
    expect(ada.reportOf(102)).toEqual({ delivered: [bob.id], failed: [{ ...failure, maybeDelivered: true }] })
    expect(ada.reportOf(103)).toEqual({ delivered: [bob.id], failed: [{ ...failure, maybeDelivered: false }] })
    expect(ada.reportOf(104)).toEqual({ delivered: [], failed: [{ ...failure, maybeDelivered: false }] })
    ada.send('to all')
    ada.send('to cyd', cyd)
    ada.send('to all again')
    ada.send('to cyd again', cyd)
    const before = cyd.received.length
    thaw()
    world.run(1_000)
    const texts = cyd.texts.slice(before).filter((text) => text.startsWith('to '))
    expect(texts).toEqual(['to all', 'to cyd', 'to all again', 'to cyd again'])
    expect(cyd.received.filter(({ bytes }) => bytes.length === 1)).toEqual([])
    // What was on its way when it froze arrived, for all that is known there, once.
    expect(cyd.received.filter(({ bytes }) => bytes.length === 10)).toHaveLength(1)
    ada.sendConfirmed(105, small)
    world.run(100)
    expect(ada.reportOf(105)?.failed).toEqual([])
    expect(failuresOf(ada)).toHaveLength(1)
  })

  it('P17: has what waits for it alone rejected', () => {
    const { world, ada, cyd, submit } = setup()
    freeze(world, cyd)
    const sends = Array.from({ length: 7 }, () => submit(large, cyd))
    world.run(stallMs + 100)
    expect(ada.admitted).toEqual(sends.slice(0, 5))
    expect(ada.failures).toEqual(
      sends.slice(5).map((submission) => ({
        submission,
        failure: { id: cyd.id, code: 'member-stalled', maybeDelivered: false },
      })),
    )
    expect(failuresOf(ada)).toMatchObject([{ count: 5 }])
  })

  it('P17: is not waited for a second time until it is heard of', () => {
    const { world, ada, cyd, submit } = setup()
    const thaw = freeze(world, cyd)
    for (let i = 0; i < 6; i++) submit(large)
    world.run(stallMs + 100)
    for (let i = 0; i < 12; i++) submit(large)
    world.run(100)
    expect(ada.admitted).toHaveLength(18)
    thaw()
    world.run(100)
    const received = cyd.received.length
    // As fast as the windows take it: by the next acknowledgement the window is full again, and that is no stall.
    for (let i = 0; i < 12; i++) submit(large)
    world.run(2_000)
    expect(cyd.received.length - received).toBe(12)
  })

  it('P17: sets the pace of sends when it acknowledges little by little', () => {
    const { world, ada, bob, cyd, submit } = setup()
    // A link that carries a frame to cyd every second.
    const { carrier } = ada.link(cyd)
    const waiting: Uint8Array[] = []
    ada.tamperLink = (over, frame) => {
      if (over !== carrier) return [frame]
      waiting.push(frame)
      return []
    }
    const all = Array.from({ length: 7 }, () => submit(large))
    for (let i = 0; i < 40; i++) {
      world.run(1_000)
      const frame = waiting.shift()
      if (frame) ada.inject(cyd, frame)
    }
    expect(bob.received).toHaveLength(all.length)
    expect(failuresOf(ada)).toEqual([])
    expect(ada.admitted.length).toBeLessThan(all.length)
  })

  it('P17: has its time again when my page has slept', () => {
    const { world, ada, cyd, submit } = setup()
    const thaw = freeze(world, cyd)
    for (let i = 0; i < 6; i++) submit(large)
    world.run(1_000)
    ada.isDead = true
    world.run(2_500)
    ada.isDead = false
    ada.step({ type: 'timer' })
    world.run(100)
    expect(failuresOf(ada)).toEqual([])
    thaw()
    world.run(1_000)
    expect(failuresOf(ada)).toEqual([])
    expect(cyd.received).toHaveLength(6)
  })

  it('P17: has its time again when a way to it is found', () => {
    const { world, ada, bob, submit } = setup(['ada', 'bob'])
    world.refuse(ada, bob)
    world.run(10)
    const all = Array.from({ length: 7 }, () => submit(large))
    world.run(stallMs - 500)
    world.allow(ada, bob)
    for (const member of [ada, bob]) member.step({ type: 'hint', hint: 'online' })
    world.runUntil(() => ada.engine.neighbors().length > 0, 400)
    const thaw = freeze(world, bob)
    world.run(1_000)
    expect(failuresOf(ada)).toEqual([])
    thaw()
    world.run(1_000)
    expect(failuresOf(ada)).toEqual([])
    expect(bob.received).toHaveLength(all.length)
  })

  it('P17: has a longer time while it says that it takes nothing for now', () => {
    const { world, ada, cyd, submit } = setup()
    const { carrier } = ada.link(cyd)
    // What would make it say otherwise.
    const isAnswered = (record: MemberRecord): boolean => isChunk(record) || record.type === 'reset'
    ada.tamperLink = (over, frame) => (over === carrier && unpack(frame).some(isAnswered) ? [] : [frame])
    submit(small)
    world.run(10)
    cyd.inject(ada, pack({ type: 'ack', stream: 0, nextBroadcast: 1, nextPrivate: 1, offset: 0, credit: 0 }))
    for (let i = 0; i < 6; i++) submit(large)
    world.run(30_000)
    expect(failuresOf(ada)).toEqual([])
    cyd.inject(ada, pack({ type: 'ack', stream: 0, nextBroadcast: 1, nextPrivate: 1, offset: 0, credit: 4_194_304 }))
    world.run(stallMs - 10)
    expect(failuresOf(ada)).toEqual([])
    world.run(20)
    expect(failuresOf(ada)).toMatchObject([{ id: cyd.id, code: 'member-stalled' }])
  })
})

/** On one stream, a private message that is not acknowledged for each of 33 members. */
const setupWaiting = (stream = 0) => {
  const { core, effects, addPeer } = setupCore({ limits: { messageBytes: 1_000, maxLinks: 40, stallMs } })
  const router = new Router(core.roster, core.id)
  const tree = new OwnTree(core, new Trees(router), { isPartial: () => false, admits: () => true })
  const forwarder = new Forwarder(core, router)
  const createTree = (own: number) => new TreeSender(core, tree, forwarder, own)
  const streams = new Streams(core, new Reassembly(core, () => undefined), createTree)
  streams.open({ type: 'stream:open', opening: { stream, kind: 1, mode: 0, name: '' } })
  let submissions = 0
  const submit = (to: string): number => {
    streams.submit({ type: 'submit', stream, submission: ++submissions, to, kind: 'binary', bytes: small })
    return submissions
  }
  let members = 0
  const addMember = () => {
    const peer = addPeer()
    streams.prepare(peer)
    peer.arrival = members++
    return peer
  }
  for (let count = 0; count < 33; count++) submit(addMember().id)
  return { core, effects, streams, submit, addMember }
}

describe('a stream that goes on after a stall', () => {
  /** Bob has stalled, the way to him is gone, and RESET was not heard. */
  const setupStalled = () => {
    const { world, ada, bob, submit } = setup(['ada', 'bob'])
    const thaw = freeze(world, bob)
    for (let i = 0; i < 6; i++) submit(large)
    world.run(stallMs + 100)
    return { world, ada, bob, submit, thaw }
  }

  const isReset = ({ type }: MemberRecord): boolean => type === 'reset'

  it('P18: says so again on every path until that is acknowledged, and then no more', () => {
    const { world, ada, bob } = setupStalled()
    const old = ada.link(bob)
    bob.tamperLink = ada.tamperLink = null
    world.cut(old)
    const resets: MemberRecord[] = []
    ada.tamper = (frame) => {
      resets.push(...unpack(frame).filter(isReset))
      return [frame]
    }
    for (const member of [ada, bob]) member.step({ type: 'hint', hint: 'online' })
    world.runUntil(() => ada.engine.neighbors().length > 0)
    ada.send('on')
    world.run(100)
    expect(resets).toEqual([{ type: 'reset', stream: 0, nextBroadcast: 7, nextPrivate: 1 }])
    expect(bob.texts).toEqual(['on'])
    world.cut(ada.link(bob))
    world.runUntil(() => ada.engine.neighbors().length === 0)
    world.runUntil(() => ada.engine.neighbors().length > 0)
    ada.send('and on')
    world.run(100)
    expect(resets).toHaveLength(1)
    expect(bob.texts).toEqual(['on', 'and on'])
  })

  it('P18: ends a message of which only a part had arrived', () => {
    const { world, ada, bob, thaw } = setupStalled()
    ada.send('on')
    ada.send('to bob', bob)
    thaw()
    world.run(1_000)
    // Four whole ones and a part of the fifth had been on their way.
    expect(bob.received.map(({ bytes }) => bytes.length)).toEqual([...new Array<number>(4).fill(1_000_000), 2, 6])
    expect(bob.engine.stats().bytesUnacknowledged).toBe(0)
  })

  it('P18: is not set back by the same word from an older path', () => {
    const { world, ada, bob, thaw } = setupStalled()
    thaw()
    ada.send('one')
    ada.send('to bob', bob)
    world.run(1_000)
    ada.inject(bob, pack({ type: 'reset', stream: 0, nextBroadcast: 7, nextPrivate: 1 }))
    ada.inject(bob, pack({ type: 'reset', stream: 0, nextBroadcast: 1, nextPrivate: 1 }))
    world.run(10)
    ada.send('two')
    ada.send('to bob again', bob)
    world.run(1_000)
    expect(bob.texts.slice(-4)).toEqual(['one', 'to bob', 'two', 'to bob again'])
    expect(ada.hasLink(bob)).toBe(true)
  })

  it('P18: leaves no part of a message behind, though nothing follows', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    const stream = 16
    const submit = (bytes: Uint8Array): void => {
      ada.step({ type: 'submit', stream, submission: 1, to: bob.id, kind: 'binary', bytes })
    }
    ada.step({ type: 'stream:open', opening: { stream, kind: 1, mode: 0, name: '' } })
    submit(small)
    world.run(100)
    const thaw = freeze(world, bob)
    for (let i = 0; i < 6; i++) submit(large)
    world.run(stallMs + 100)
    thaw()
    world.run(1_000)
    expect(failuresOf(ada)).toMatchObject([{ stream, code: 'member-stalled' }])
    expect(bob.engine.holdings().reassemblyBytes).toBe(0)
    expect(ada.engine.stats().bytesUnacknowledged).toBe(0)
  })

  it('P21: ends all the same, when its end was among what was given up', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    const stream = 16
    const submit = (bytes: Uint8Array, end = false): void => {
      ada.step({ type: 'submit', stream, submission: 1, to: 'all', kind: 'binary', bytes, end })
    }
    ada.step({ type: 'stream:open', opening: { stream, kind: 1, mode: 0, name: '' } })
    submit(small)
    world.run(100)
    const thaw = freeze(world, bob)
    for (let i = 0; i < 6; i++) submit(large)
    submit(new Uint8Array(0), true)
    ada.step({ type: 'stream:close', stream })
    world.run(stallMs + 100)
    thaw()
    world.run(1_000)
    expect(failuresOf(ada)).toMatchObject([{ stream, code: 'member-stalled' }])
    expect(bob.received.at(-1)).toMatchObject({ stream, end: true })
    expect([ada, bob].map(({ engine }) => engine.holdings().streams)).toEqual([0, 0])
  })

  it('P18: reaches a member through relays that lose it', () => {
    const world = MeshWorld.joined(['ada', 'bob', 'cyd'], {
      limits: { messageBytes: 1_048_576, maxLinks: 32, stallMs },
    })
    const [ada, bob, cyd] = world.members as [TestMember, TestMember, TestMember]
    world.refuse(ada, cyd)
    world.run(1_000)
    const relayed = (frame: Uint8Array): boolean => frame[0] === FRAME.RLY
    bob.tamper = (frame) => (relayed(frame) ? [] : [frame])
    for (let i = 0; i < 6; i++) ada.sendBytes(large)
    world.run(stallMs + 200)
    expect(failuresOf(ada)).toMatchObject([{ id: cyd.id, code: 'member-stalled' }])
    ada.send('on')
    world.run(1_000)
    bob.tamper = null
    world.run(6_000)
    expect(cyd.texts.at(-1)).toBe('on')
    expect(bob.texts.at(-1)).toBe('on')
  })

  it('P17: does not keep a broadcast waiting that has more than 32 private messages to name', () => {
    const { core, effects, streams, submit } = setupWaiting()
    submit('all')
    streams.failStalled()
    core.nowMs += stallMs - 1
    streams.failStalled()
    expect(effects.settled).toHaveLength(33)
    core.nowMs += 1
    streams.failStalled()
    expect(effects.settled).toHaveLength(34)
    expect(effects.notices[0]).toMatchObject({ type: 'delivery:fail', code: 'member-stalled', count: 1 })
  })

  it('P4: fails what is behind such a broadcast for a member that leaves, though it was sent nothing of the stream yet', () => {
    const { effects, streams, submit, addMember } = setupWaiting(16)
    const last = addMember()
    submit('all')
    const submission = submit(last.id)
    streams.abandon(last)
    expect(effects.failures).toEqual([
      { submission, failure: { id: last.id, code: 'member-left', maybeDelivered: false } },
    ])
  })
})
