/** Readers that take no more of a stream for now, and what that may cost others. */
import { describe, expect, it } from 'vitest'
import { ack, opening, pack, privateChunk, setupGroup } from '../../support/mesh-villain.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'
import type { MemberRecord } from '../../../sdk/protocol/records.js'
import type { StreamMode } from '../../../sdk/protocol/streams.js'

const MIB = 1_048_576
const STREAM = 16
const limits = { messageBytes: 64 * MIB, maxLinks: 32, stallMs: 5_000 }

const open = (member: TestMember, mode: StreamMode = 0): void => {
  member.step({ type: 'stream:open', opening: { stream: STREAM, kind: 1, mode, name: 'c' } })
}

const put = (
  member: TestMember,
  to: TestMember | 'all',
  bytes: number,
  { submission = 1, confirm = false, stream = STREAM } = {},
): void => {
  const recipient = to === 'all' ? 'all' : to.id
  const content = new Uint8Array(bytes)
  member.step({ type: 'submit', stream, submission, to: recipient, kind: 'binary', bytes: content, confirm })
}

const pause = (member: TestMember, from: TestMember, isPaused = true): void => {
  member.step({ type: 'stream:pause', from: from.id, stream: STREAM, isPaused })
}

const joined = (names: readonly string[], options: { messageBytes?: number } = {}) => {
  const world = MeshWorld.joined(names, { limits: { ...limits, ...options } })
  return { world, members: names.map((name) => world.named(name)) }
}

const largest = (sizes: readonly { readonly bytes: Uint8Array }[]): number =>
  Math.max(0, ...sizes.map(({ bytes }) => bytes.length))

describe('a reader that pauses', () => {
  it.each([0, 1] as const)('P11, P22: over a relay is sent no more, in mode %i, and goes on where it was', (mode) => {
    const { world, members } = joined(['ada', 'bob', 'cyn'])
    const [ada, bob] = members as [TestMember, TestMember]
    world.refuse(ada, bob)
    world.run(3_000)
    open(ada, mode)
    put(ada, bob, 10)
    world.run(500)
    pause(bob, ada)
    world.run(500)
    for (let i = 0; i < 200; i++) put(ada, bob, 60_000, { submission: 2 + i })
    world.run(50_000)
    expect(bob.received).toHaveLength(1)
    expect(bob.left).toEqual([])
    pause(bob, ada, false)
    world.run(60_000)
    expect(bob.received).toHaveLength(201)
  })

  it('P22: in the middle of a large message gets the rest of it, and nothing beyond', () => {
    const { world, members } = joined(['ada', 'bob'])
    const [ada, bob] = members as [TestMember, TestMember]
    ada.latencyMs = 50
    open(ada)
    put(ada, bob, 12 * MIB, { confirm: true })
    put(ada, bob, 12 * MIB, { submission: 2, confirm: true })
    world.runUntil(() => bob.engine.holdings().reassemblyBytes > 4 * MIB)
    const link = bob.link(ada)
    pause(bob, ada)
    world.run(20_000)
    expect([link.state, bob.received.length]).toEqual(['open', 1])
    expect(ada.reportOf(2)).toBeNull()
    expect(bob.engine.holdings().reassemblyBytes).toBeLessThan(5 * MIB)
    pause(bob, ada, false)
    world.run(20_000)
    expect(bob.received.map(({ bytes }) => bytes.length)).toEqual([12 * MIB, 12 * MIB])
    expect(ada.reportOf(2)?.delivered).toEqual([bob.id])
  })

  it('P22: blames nobody for the last piece of a large message that comes once more', () => {
    const { world, members } = joined(['ada', 'bob'])
    const [ada, bob] = members as [TestMember, TestMember]
    const { carrier } = bob.link(ada)
    const bytes = new Uint8Array(60_000)
    const come = (record: MemberRecord): void => {
      bob.step({ type: 'carrier:bytes', carrier, lane: 'reliable', bytes: pack(record) })
    }
    const piece = (at: number): void => {
      const first = at === 0
      come(privateChunk({ stream: STREAM, offset: at * bytes.length, first, total: first ? 6_000_000 : 0, bytes }))
    }
    come(opening({ stream: STREAM }))
    piece(0)
    pause(bob, ada)
    for (let at = 1; at < 100; at++) piece(at)
    piece(99)
    world.run(1_000)
    expect([bob.received.length, bob.link(ada).state]).toEqual([1, 'open'])
  })

  it.each([2, 3] as const)('P26: hears no datagrams meanwhile, in mode %i, and of those that come then', (mode) => {
    const { world, members } = joined(['ada', 'bob'])
    const [ada, bob] = members as [TestMember, TestMember]
    open(ada, mode)
    const post = (byte: number): void => {
      ada.step({ type: 'post', stream: STREAM, to: 'all', bytes: Uint8Array.of(byte) })
      world.run(500)
    }
    // The first may come before the news of its stream, and is lost.
    post(0)
    post(1)
    pause(bob, ada)
    post(2)
    pause(bob, ada, false)
    post(3)
    expect(bob.received.map(({ bytes }) => bytes[0]).filter((byte) => byte !== 0)).toEqual([1, 3])
  })

  it('P12: has nobody removed, whose message has begun', () => {
    const { world, members } = joined(['ada', 'm1', 'm2', 'm3', 'm4', 'm5'], { messageBytes: MIB })
    const [ada, ...others] = members as [TestMember, ...TestMember[]]
    for (const member of others) {
      open(member)
      put(member, ada, 10)
    }
    world.run(1_000)
    for (const member of others) {
      member.latencyMs = 50
      for (let i = 0; i < 8; i++) put(member, ada, MIB * 0.9, { submission: 2 + i })
    }
    world.runUntil(() => ada.received.length >= 6)
    for (const member of others) pause(ada, member)
    world.run(60_000)
    expect(ada.left).toEqual([])
  })

  it('P22, P25: of a stream with large messages hears all other streams, and keeps nobody waiting on those', () => {
    const { world, members } = joined(['ada', 'bob', 'cyn'])
    const [ada, bob] = members as [TestMember, TestMember]
    ada.latencyMs = 50
    open(ada)
    put(ada, bob, 10)
    world.run(1_000)
    put(ada, bob, 10, { submission: 2 })
    for (let i = 0; i < 3; i++) put(ada, bob, 32 * MIB, { submission: 3 + i })
    world.runUntil(() => bob.received.length === 2)
    pause(bob, ada)
    world.run(1_000)
    for (let i = 0; i < 10; i++) put(ada, 'all', MIB, { submission: 100 + i, stream: 0 })
    world.run(30_000)
    expect(bob.received.filter(({ stream }) => stream === 0)).toHaveLength(10)
    expect(largest(bob.received.filter(({ stream }) => stream === STREAM))).toBeLessThanOrEqual(32 * MIB)
    expect(ada.admitted).toContain(109)
  })
})

describe('a member that says that it takes nothing for now, and no more', () => {
  it('P17: keeps others waiting for a minute, and not longer', () => {
    const { world, ada, mallory } = setupGroup()
    ada.tamperLink = (carrier, frame) => (carrier === ada.link(mallory).carrier && frame.length > 5_000 ? [] : [frame])
    mallory.inject(ada, pack(ack({ credit: 0 })))
    world.run(5)
    for (let i = 1; i <= 20; i++) put(ada, 'all', 1_000_000, { submission: i, stream: 0 })
    world.run(55_000)
    expect(ada.admitted.length).toBeLessThan(20)
    world.run(10_000)
    expect(ada.admitted).toHaveLength(20)
    expect(ada.notices.filter(({ type }) => type === 'delivery:fail')).toMatchObject([
      { id: mallory.id, code: 'member-stalled' },
    ])
  })
})
