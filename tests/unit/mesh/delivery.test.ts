import { describe, expect, it } from 'vitest'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const setup = (names: readonly string[] = ['ada', 'bob', 'cyd']) => {
  // Nobody stalls before it leaves; stall.test.ts has what happens otherwise.
  const world = MeshWorld.joined(names, { limits: { messageBytes: 1_048_576, maxLinks: 32, stallMs: 60_000 } })
  const [ada, bob, cyd] = world.members as [TestMember, TestMember, TestMember]
  return { world, ada, bob, cyd }
}

const failuresOf = (member: TestMember) =>
  member.notices.flatMap((notice) => (notice.type === 'delivery:fail' ? [notice] : []))

const small = new Uint8Array(10)
/** More than a window. */
const large = new Uint8Array(1_000_000)

describe('a message with confirm', () => {
  it('P16: is reported when all whom it was for have it, and not before', () => {
    const { world, ada, bob, cyd } = setup()
    cyd.isReading = false
    ada.tamperLink = (carrier, frame) => (carrier === ada.link(cyd).carrier ? [] : [frame])
    ada.sendConfirmed(1, small)
    world.run(100)
    expect(bob.received).toHaveLength(1)
    expect(ada.reportOf(1)).toBeNull()
    ada.tamperLink = null
    cyd.read()
    // What was lost comes again by another link.
    world.cut(ada.link(cyd))
    world.runUntil(() => ada.reportOf(1) !== null)
    expect(cyd.received).toHaveLength(1)
    expect([...(ada.reportOf(1)?.delivered ?? [])].sort()).toEqual([bob.id, cyd.id].sort())
    expect(ada.reportOf(1)?.failed).toEqual([])
  })

  it('P16: to nobody is reported at once', () => {
    const world = MeshWorld.joined(['ada'])
    const [ada] = world.members as [TestMember]
    ada.sendConfirmed(1, small)
    expect(ada.reportOf(1)).toEqual({ delivered: [], failed: [] })
  })

  it('P16: names who left first, and whether that one may have got it', () => {
    const { world, ada, bob, cyd } = setup()
    cyd.isDead = true
    ada.sendConfirmed(1, small)
    for (let i = 0; i < 6; i++) ada.sendBytes(large, cyd)
    ada.sendConfirmed(2, small, cyd)
    world.runUntil(() => ada.left.length > 0)
    expect(ada.reportOf(1)).toEqual({
      delivered: [bob.id],
      failed: [{ id: cyd.id, code: 'member-left', maybeDelivered: true }],
    })
    // It waited behind more than a window, and none of it ever went out.
    expect(ada.reportOf(2)).toEqual({
      delivered: [],
      failed: [{ id: cyd.id, code: 'member-left', maybeDelivered: false }],
    })
  })

  it('P16: to a member that has just left is reported as that', () => {
    const { world, ada, bob } = setup()
    bob.step({ type: 'leave', now: true })
    world.runUntil(() => ada.left.length > 0)
    ada.sendConfirmed(1, small, bob)
    expect(ada.reportOf(1)?.failed).toEqual([{ id: bob.id, code: 'member-left', maybeDelivered: false }])
  })

  it('P16: is not confirmed by a recipient that has not shown its sender to the application yet', () => {
    const world = new MeshWorld()
    const [ada, bob] = world.add(['ada', 'bob']) as [TestMember, TestMember]
    // Bob never gets the card of ada, without which she is not here for him; he is here for her.
    ada.tamper = (frame) => (frame[0] === 0x30 && frame.includes(0x09) ? [] : [frame])
    world.runUntil(() => ada.engine.members().includes(bob.id))
    ada.sendConfirmed(1, small)
    world.run(1_000)
    expect(bob.received).toEqual([])
    expect(ada.reportOf(1)).toBeNull()
  })
})

describe('messages without confirm', () => {
  it('that a member left without are counted in one notice before it leaves', () => {
    const { world, ada, bob, cyd } = setup()
    cyd.isDead = true
    for (let i = 0; i < 3; i++) ada.sendBytes(small)
    ada.sendBytes(small, cyd)
    world.runUntil(() => ada.left.length > 0)
    expect(failuresOf(ada)).toEqual([{ type: 'delivery:fail', id: cyd.id, stream: 0, code: 'member-left', count: 4 }])
    const order = ada.notices.map(({ type }) => type)
    expect(order.indexOf('delivery:fail')).toBeLessThan(order.indexOf('member:leave'))
    expect(bob.received).toHaveLength(3)
  })

  it('are not told of when the member got them all, nor when I leave', () => {
    const { world, ada, bob } = setup()
    ada.sendBytes(small)
    world.run(1_000)
    bob.step({ type: 'leave', now: true })
    world.runUntil(() => ada.left.length > 0)
    ada.sendBytes(small)
    ada.step({ type: 'leave', now: true })
    expect(failuresOf(ada)).toEqual([])
  })

  it('to one member that have no room when it leaves fail by themselves', () => {
    const { world, ada, cyd } = setup()
    cyd.isDead = true
    const submit = (submission: number): void => {
      ada.step({ type: 'submit', submission, to: cyd.id, kind: 'binary', bytes: large })
    }
    for (let submission = 1; submission <= 7; submission++) submit(submission)
    world.runUntil(() => ada.left.length > 0)
    const failed = ada.failures.map(({ submission }) => submission)
    expect(failed.length).toBeGreaterThan(0)
    expect([...ada.admitted, ...failed]).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(ada.failures[0]?.failure).toEqual({ id: cyd.id, code: 'member-left', maybeDelivered: false })
    expect(failuresOf(ada)).toMatchObject([{ count: 7 - failed.length }])
  })
})
