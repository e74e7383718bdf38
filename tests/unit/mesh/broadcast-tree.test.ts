import { describe, expect, it } from 'vitest'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { decodeBroadcast } from '../../../sdk/protocol/broadcast-frame.js'
import { besideOnRings } from '../../../sdk/mesh/roster/rings.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

/** What each member writes of one kind of frame, from now on. */
const countFrames = (world: MeshWorld, code: number): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const member of world.members) {
    member.tamper = (frame) => {
      if (frame[0] === code) counts.set(member.name, (counts.get(member.name) ?? 0) + 1)
      return [frame]
    }
  }
  return counts
}

const textsOf = (members: readonly TestMember[]): string[][] => members.map(({ texts }) => texts)

/** Ada and dan cannot link, nor can ada and cyn: bob is between. */
const joinLine = (options: Parameters<MeshWorld['add']>[1] = {}): MeshWorld => {
  const world = new MeshWorld('line')
  const [ada, , cyn, dan] = world.create(['ada', 'bob', 'cyn', 'dan'], options) as [
    TestMember,
    TestMember,
    TestMember,
    TestMember,
  ]
  world.refuse(ada, cyn)
  world.refuse(ada, dan)
  for (const member of world.members) member.step({ type: 'start' })
  world.runUntil(() => world.isWhole, 60_000)
  world.run(5_000)
  return world
}

describe('broadcasts', () => {
  it('T6: go over the own links of their author, unsigned, where all are linked', () => {
    const world = MeshWorld.joined(['ada', 'bob', 'cyn', 'dan'])
    const counts = countFrames(world, FRAME.BCAST)
    world.named('ada').send('hello')
    world.run(1_000)
    expect([...counts]).toEqual([])
    expect(textsOf(world.members)).toEqual([[], ['hello'], ['hello'], ['hello']])
  })

  it('T4, T5: cross the link to a relay once, whoever is behind it', () => {
    const world = joinLine()
    const counts = countFrames(world, FRAME.BCAST)
    world.named('ada').send('hello')
    world.run(100)
    expect(Object.fromEntries(counts)).toEqual({ ada: 1, bob: 2 })
    expect(textsOf(world.members)).toEqual([[], ['hello'], ['hello'], ['hello']])
  })

  it('P3: keep one order with private messages, which take another way', () => {
    const world = joinLine()
    const [ada, cyn, dan] = [world.named('ada'), world.named('cyn'), world.named('dan')]
    for (let index = 0; index < 60; index++) {
      ada.send(`all ${String(index)}`)
      if (index % 3 === 0) ada.send(`cyn ${String(index)}`, cyn)
      if (index % 5 === 0) ada.send(`dan ${String(index)}`, dan)
    }
    world.run(3_000)
    const expected = (name: string, every: number): string[] =>
      Array.from({ length: 60 }).flatMap((_, index) => {
        const all = `all ${String(index)}`
        return index % every === 0 ? [all, `${name} ${String(index)}`] : [all]
      })
    expect(cyn.texts).toEqual(expected('cyn', 3))
    expect(dan.texts).toEqual(expected('dan', 5))
  })

  it('T7: reach those whom the tree fails, from their author', () => {
    const world = joinLine()
    const [ada, bob, dan] = [world.named('ada'), world.named('bob'), world.named('dan')]
    bob.tamper = (frame) => (frame[0] === FRAME.BCAST ? [] : [frame])
    for (const word of ['one', 'two', 'three']) ada.send(word)
    world.run(900)
    expect(dan.texts).toEqual([])
    world.run(2_000)
    expect(dan.texts).toEqual(['one', 'two', 'three'])
    bob.tamper = null
    // Those that the tree failed are left to it again after a while.
    world.run(40_000)
    const counts = countFrames(world, FRAME.BCAST)
    ada.send('four')
    world.run(2_000)
    expect(dan.texts.at(-1)).toBe('four')
    expect(counts.get('ada')).toBe(1)
  })

  it('T7, P11: reach those whom the tree fails, though private messages go on being acknowledged', () => {
    const world = joinLine()
    const [ada, bob, dan] = [world.named('ada'), world.named('bob'), world.named('dan')]
    bob.tamper = (frame) => (frame[0] === FRAME.BCAST ? [] : [frame])
    ada.send('to all')
    for (let index = 0; index < 60; index++) {
      world.later(() => {
        ada.send(`to dan ${String(index)}`, dan)
      }, 100 * index)
    }
    world.run(3_000)
    expect(dan.texts.slice(0, 2)).toEqual(['to all', 'to dan 0'])
  })

  it('T7: reach all when who passed them on is lost in the middle', () => {
    const world = new MeshWorld('lost')
    const [ada, , , dan] = world.create(['ada', 'bob', 'cyn', 'dan']) as [
      TestMember,
      TestMember,
      TestMember,
      TestMember,
    ]
    world.refuse(ada, dan)
    for (const member of world.members) member.step({ type: 'start' })
    world.runUntil(() => world.isWhole, 60_000)
    world.run(5_000)
    const [through = ''] = ada.engine.peer(dan.id)?.path.via ?? []
    const relay = world.members.find(({ id }) => id === through) as TestMember
    const words = Array.from({ length: 40 }, (_, index) => `word ${String(index)}`)
    words.forEach((word, index) => {
      world.later(() => {
        ada.send(word)
        if (index === 20) relay.step({ type: 'leave', now: true })
      }, 10 * index)
    })
    world.run(5_000)
    expect(dan.texts).toEqual(words)
  })

  it('T6: wait for a recipient that takes no more, and for nobody else once it is late', () => {
    const world = joinLine()
    const [ada, cyn, dan] = [world.named('ada'), world.named('cyn'), world.named('dan')]
    dan.isDead = true
    ada.send('past dan')
    world.run(500)
    expect(cyn.texts).toEqual(['past dan'])
  })

  it('T8: are sealed for each where somebody would pass them on whom their author does not let in', () => {
    const world = new MeshWorld('closed')
    const admissions = world.keys.admissions.map((admission) => ({ ...admission, admits: () => true }))
    world.create(['ada', 'bob', 'cyn', 'dan'], (name) => ({
      keys: {
        ...world.keys,
        admissions: admissions.map((admission) => ({
          ...admission,
          admits: (identity: Uint8Array) =>
            name !== 'ada' ||
            !world.members.some(
              (m) => m.name === 'cyn' && m.identity.publicKey.every((byte, at) => byte === identity[at]),
            ),
        })),
      },
    }))
    const [ada, bob, cyn, dan] = world.members as [TestMember, TestMember, TestMember, TestMember]
    world.refuse(ada, dan)
    world.refuse(ada, cyn)
    for (const member of world.members) member.step({ type: 'start' })
    world.runUntil(() => ada.engine.members().includes(dan.id) && bob.engine.members().length === 4, 60_000)
    world.run(5_000)
    expect(ada.engine.members()).not.toContain(cyn.id)
    const seen: number[] = []
    ada.tamper = (frame) => {
      seen.push(frame[0] as number)
      return [frame]
    }
    ada.send('not for cyn')
    world.run(2_000)
    expect(dan.texts).toEqual(['not for cyn'])
    expect(seen).not.toContain(FRAME.BCAST)
  })

  it('T3: are passed on eight times at most', () => {
    const world = joinLine()
    const [ada, bob, dan] = [world.named('ada'), world.named('bob'), world.named('dan')]
    ada.tamper = (frame) => {
      if (frame[0] !== FRAME.BCAST) return [frame]
      const far = frame.slice()
      far[1] = 8
      return [far]
    }
    const passed: number[] = []
    bob.tamper = (frame) => {
      if (frame[0] === FRAME.BCAST) passed.push(decodeBroadcast(frame).hops)
      return [frame]
    }
    ada.send('far')
    world.run(200)
    expect(bob.texts).toEqual(['far'])
    expect(passed).toEqual([])
    expect(dan.texts).toEqual([])
  })
})

describe('a group of more than may be linked', () => {
  const join = (
    count: number,
    maxLinks: number,
    before: (members: readonly TestMember[], world: MeshWorld) => void = () => undefined,
  ): MeshWorld => {
    const world = new MeshWorld('partial')
    const names = Array.from({ length: count }, (_, index) => `member ${String(index)}`)
    const members = world.create(names, { limits: { messageBytes: 1_048_576, maxLinks, stallMs: 5_000 } })
    before(members, world)
    members.forEach((member, index) => {
      world.later(() => {
        member.step({ type: 'start' })
      }, 200 * index)
    })
    world.runUntil(() => world.isWhole, 60_000)
    world.run(6_000)
    return world
  }

  it('G1, G3, G4: sees all its members, with no more links than it may have, and gives up those of no ring', () => {
    const world = join(12, 6)
    for (const { engine } of world.members) {
      expect(engine.members().length).toBe(12)
      expect(engine.stats().links).toBeLessThanOrEqual(6)
      expect(engine.neighbors().length).toBeGreaterThanOrEqual(2)
      expect(engine.neighbors().length).toBeLessThanOrEqual(4)
    }
  })

  it('G5: has a member that cannot link with its neighbors on the rings link with others', () => {
    const world = join(12, 6, (members, created) => {
      const [first, ...others] = members as [TestMember, ...TestMember[]]
      const beside = besideOnRings(
        { id: first.id, rings: 2 },
        others.map(({ id }) => ({ id, rings: 2 })),
      )
      for (const other of others) if (beside.has(other.id)) created.refuse(first, other)
    })
    const [first] = world.members as [TestMember]
    expect(first.engine.neighbors().length).toBeGreaterThanOrEqual(2)
  })

  it('T5: hears every broadcast once, from members that each write at most four copies', () => {
    const world = join(12, 6)
    const counts = countFrames(world, FRAME.BCAST)
    const author = world.members[5] as TestMember
    author.send('hello')
    world.run(900)
    expect(world.members.filter(({ texts }) => texts.length === 1).length).toBe(11)
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(4)
    const copies = [...counts.values()].reduce((sum, count) => sum + count, 0)
    expect(copies).toBeLessThanOrEqual(11)
  })
})
