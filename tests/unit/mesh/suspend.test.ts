import { describe, expect, it } from 'vitest'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

/** Three members; everything that the first does from now on is in its notices from the given place on. */
const setup = () => {
  const world = MeshWorld.joined(['ada', 'bob', 'cyn'])
  const [ada, bob, cyn] = world.members as [TestMember, TestMember, TestMember]
  ada.notices.length = 0
  const linksOf = (member: TestMember): number => member.engine.stats().links
  return { world, ada, bob, cyn, linksOf }
}

describe('Engine that is suspended', () => {
  it('M16: has closed everything when the step is over, and keeps its members, without a path', () => {
    const { world, ada, bob, cyn, linksOf } = setup()
    ada.step({ type: 'suspend' })
    expect([linksOf(ada), ada.hasLink(bob), ada.hasLink(cyn), world.server.isPresent(ada)]).toEqual([
      0,
      false,
      false,
      false,
    ])
    expect(ada.engine.members()).toHaveLength(3)
    expect(ada.notices.map(({ type }) => type)).toEqual(['signaling:change', 'path:change', 'path:change'])
    world.run(5)
    for (const other of [bob, cyn]) expect(other.engine.peer(ada.id)?.path.kind).toBe('none')
  })

  it('holds still: dials nobody, pings nobody, gives nobody up', () => {
    const { world, ada, bob } = setup()
    ada.step({ type: 'suspend' })
    ada.send('later')
    const noticed = ada.notices.length
    world.run(60_000)
    for (let i = 0; i < 3; i++) ada.step({ type: 'timer' })
    ada.step({ type: 'suspend' })
    expect([ada.notices.length, ada.engine.members().length]).toEqual([noticed, 3])
    expect([world.server.isPresent(ada), ada.hasLink(bob)]).toEqual([false, false])
    expect(ada.admitted).toEqual([0])
  })

  it.each(['online', 'resumed'] as const)('M17: is linked again at once after the hint "%s"', (hint) => {
    const { world, ada, bob, cyn, linksOf } = setup()
    ada.step({ type: 'suspend' })
    ada.send('written while away')
    bob.send('to one that is away', ada)
    world.run(5_000)
    expect([bob.texts, ada.texts]).toEqual([[], []])
    ada.step({ type: 'hint', hint })
    world.runUntil(() => linksOf(ada) === 2, 100)
    world.run(100)
    expect([bob.texts, cyn.texts, ada.texts]).toEqual([
      ['written while away'],
      ['written while away'],
      ['to one that is away'],
    ])
    expect([...ada.left, ...bob.left, ...cyn.left]).toEqual([])
  })

  it('M12, M16: is let go with goodbye after the linger; one that never said a word with timeout', () => {
    const { world, ada, bob, cyn } = setup()
    ada.step({ type: 'suspend' })
    // Cyn has no page any more.
    world.server.closed(cyn)
    for (const end of world.ends.values()) if (end.member === cyn) world.cut(end)
    cyn.step({ type: 'leave', now: true })
    bob.notices.length = 0
    world.run(12_000)
    const reasons = bob.notices.flatMap((notice) =>
      notice.type === 'member:leave' ? [[notice.id, notice.reason]] : [],
    )
    expect(reasons).toContainEqual([ada.id, 'goodbye'])
    expect(reasons).toContainEqual([cyn.id, 'timeout'])
  })

  it('M16: closes a socket that arrives too late', () => {
    const { ada } = setup()
    ada.step({ type: 'suspend' })
    const carrier = ada.engine.newCarrier()
    ada.step({ type: 'carrier:arrived', carrier, room: 100_000 })
    expect(ada.closed.at(-1)).toBe(carrier)
  })

  it('settles a leave at once, though it owes messages', () => {
    const { ada } = setup()
    ada.step({ type: 'suspend' })
    ada.send('never')
    ada.step({ type: 'leave', now: false })
    expect(ada.notices.at(-1)).toEqual({ type: 'left' })
  })

  it('does nothing of the kind before it has joined, or when it leaves', () => {
    const world = new MeshWorld()
    const [ada] = world.add(['ada']) as [TestMember]
    ada.step({ type: 'suspend' })
    world.run(100)
    expect(ada.notices.at(-1)).toEqual({ type: 'joined' })
    const { ada: other, bob } = setup()
    other.tamper = () => []
    other.send('unheard', bob)
    other.step({ type: 'leave', now: false })
    other.step({ type: 'suspend' })
    expect(other.engine.stats().links).toBe(2)
  })
})

describe('Engine whose page slept', () => {
  it('M13: holds the time against nobody, and asks them all; one that does not answer leaves after the linger', () => {
    const { world, ada, bob, cyn } = setup()
    // Cyn is dead, which no link tells, and nothing happens in ada's page for 8 s.
    const step = ada.step.bind(ada)
    ada.step = cyn.step = () => undefined
    world.run(8_000)
    ada.step = step
    ada.step({ type: 'timer' })
    // Of the 10 s, only what passed while she was awake counts.
    world.run(5_500)
    expect(ada.left).toEqual([])
    world.runUntil(() => ada.left.length > 0, 5_000)
    expect([ada.left, ada.engine.members().includes(bob.id)]).toEqual([[cyn.id], true])
  })
})
