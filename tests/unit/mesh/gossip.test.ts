import { describe, expect, it } from 'vitest'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'
import { readRecord, type MemberRecord } from '../../../sdk/protocol/records.js'
import { Reader } from '../../../sdk/protocol/reader.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { Gossip } from '../../../sdk/mesh/roster/gossip.js'
import { setupCore, type KeyedMember } from '../../support/mesh-core.js'

/** Every record that a member writes to its neighbors from now on. */
const watch = (member: TestMember): MemberRecord[] => {
  const records: MemberRecord[] = []
  member.tamper = (frame) => {
    const reader = new Reader(frame.subarray(1))
    while (frame[0] === FRAME.PACK && reader.left > 0) records.push(readRecord(reader))
    return [frame]
  }
  return records
}

const rosters = (records: readonly MemberRecord[]): number => records.filter(({ type }) => type === 'roster').length

describe('gossip', () => {
  it('M1: in a full mesh a links record crosses each link of its member, and no other', () => {
    const names = ['ada', 'bob', 'carol', 'dave', 'eve', 'frank']
    const world = MeshWorld.joined(names)
    world.run(5_000)
    const written = world.members.map(watch)
    // Everyone signs its links anew once a minute.
    world.run(60_000)
    const total = written.reduce((sum, records) => sum + rosters(records), 0)
    expect(total).toBe(names.length * (names.length - 1))
  })

  it('M1: who has a new member for a neighbor is told of it by two of those who have heard of it, and not by all', () => {
    const names = ['ada', 'bob', 'carol', 'dave', 'eve', 'frank', 'grace', 'heidi']
    const world = MeshWorld.joined(names)
    world.run(5_000)
    const [ada, bob] = world.members as [TestMember, TestMember]
    world.refuse(ada, bob)
    world.run(5_000)
    const heard = world.members.map((member) => watch(member))
    world.run(60_000)
    // Ada and Bob each sign anew once; six others could tell the other of it.
    const total = heard.reduce((sum, records) => sum + rosters(records), 0)
    expect(total).toBe(names.length * (names.length - 1) - 2 + 2 * 2)
  })

  it('M4: who loses a neighbor asks two others what it may have missed, and again when all know of the loss', () => {
    const world = MeshWorld.joined(['ada', 'bob', 'carol', 'dave', 'eve'])
    world.run(5_000)
    const [ada, bob] = world.members as [TestMember, TestMember]
    const written = watch(ada)
    world.refuse(ada, bob)
    world.run(100)
    expect(written.filter(({ type }) => type === 'digest')).toHaveLength(2)
    world.run(2_000)
    expect(written.filter(({ type }) => type === 'digest')).toHaveLength(4)
  })

  it('M1: who could hold back one version of links cannot hold back the next, and a card, which comes once, all tell', () => {
    const { core, me, addNeighbor, createMembers } = setupCore()
    const [author, far, ...between] = createMembers(5)
    if (author === undefined || far === undefined) throw new Error('too few members')
    const list = (...members: readonly KeyedMember[]) => members.map((member) => [member, 10] as const)
    const links = new Map([far, ...between].map((member) => [member, addNeighbor(member).link]))
    for (const member of [author, far, ...between]) core.roster.accept(member.card(), core.nowMs)
    core.roster.accept(far.links(list(me, ...between)), core.nowMs)
    for (const member of between) core.roster.accept(member.links(list(me, author, far)), core.nowMs)
    const gossip = new Gossip(core, () => {})
    const [first] = between
    const bringer = links.get(first as KeyedMember)
    const toFar = links.get(far)
    if (bringer === undefined || toFar === undefined) throw new Error('no link')
    /** Whether I pass on what one of those between brings. */
    const passes = (record: Uint8Array): boolean => {
      toFar.control.clear()
      gossip.handleRecord(bringer, record)
      core.nowMs += 20
      gossip.tick()
      return !toFar.control.isEmpty
    }
    // Whoever brings it lists the far one, so that one has it from there. Not by its new record.
    core.roster.accept((first as KeyedMember).links(list(me, author), 2), core.nowMs)
    const versions = Array.from({ length: 60 }, (_, index) => index + 1)
    const passed = versions.filter((version) => passes(author.links(list(me, ...between), version))).length
    // Two of three.
    expect(passed).toBeGreaterThan(25)
    expect(passed).toBeLessThan(55)
    expect(versions.every((version) => passes(author.card(version + 1)))).toBe(true)
    // M6: nobody counts on whoever has signed nothing for so long.
    core.nowMs += 150_000
    expect(versions.every((version) => passes(author.links(list(me, ...between), version + 60)))).toBe(true)
  })
})
