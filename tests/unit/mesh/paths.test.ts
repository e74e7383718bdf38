import { describe, expect, it } from 'vitest'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const path = (from: TestMember, to: TestMember) => from.engine.peer(to.id)?.path

const swallowRelayed = (relay: TestMember): { frames: number } => {
  const seen = { frames: 0 }
  relay.tamper = (frame) => {
    if (frame[0] !== FRAME.RLY) return [frame]
    seen.frames++
    return []
  }
  return seen
}

const setup = (names = ['ada', 'bob', 'cyn', 'dan']) => {
  const world = MeshWorld.joined(names)
  const [ada, bob, cyn, dan] = names.map((name) => world.named(name)) as [
    TestMember,
    TestMember,
    TestMember,
    TestMember,
  ]
  return { world, ada, bob, cyn, dan }
}

describe('a link that falls silent while data waits', () => {
  it('P19: is left for a relay after half a second, and nothing is lost or doubled', () => {
    const { world, ada, bob } = setup()
    world.stall(ada, bob)
    ada.send('one', bob)
    world.run(480)
    expect(path(ada, bob)?.kind).toBe('direct')
    world.run(60)
    expect([path(ada, bob)?.kind, bob.texts]).toEqual(['relayed', ['one']])
    for (const text of ['two', 'three']) ada.send(text, bob)
    world.run(20)
    expect(bob.texts).toEqual(['one', 'two', 'three'])
  })

  it('P19: has what is missing over there sent again, though all that comes after it is answered', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    let isSwallowed = false
    ada.tamper = (frame) => {
      const isMessage = frame.length > 1_000
      if (!isMessage || isSwallowed) return [frame]
      isSwallowed = true
      return []
    }
    ada.send('x'.repeat(2_000))
    for (let index = 0; index < 100; index++) {
      world.later(() => {
        ada.send(String(index))
      }, 100 * index)
    }
    world.run(5_000)
    expect(isSwallowed).toBe(true)
    expect(bob.texts.slice(1, 11)).toEqual(Array.from({ length: 10 }, (_, index) => String(index)))
  })

  it('P19: stays in what is published until it is suspect', () => {
    const { world, ada, bob, cyn } = setup()
    world.refuse(bob, cyn)
    world.run(3_000)
    world.stall(ada, bob)
    ada.send('one', bob)
    world.run(1_500)
    expect(path(ada, bob)?.kind).toBe('relayed')
    expect(path(cyn, ada)?.kind).toBe('direct')
    expect(ada.engine.stats().links).toBe(3)
  })

  it('P19: is taken back with the first thing heard over it', () => {
    const { world, ada, bob } = setup()
    world.stall(ada, bob)
    ada.send('one', bob)
    world.run(600)
    expect(path(ada, bob)?.kind).toBe('relayed')
    world.resume(ada, bob)
    bob.send('here', ada)
    world.run(2_100)
    expect(path(ada, bob)?.kind).toBe('direct')
    expect([ada.texts, bob.texts]).toEqual([['here'], ['one']])
  })

  it('P19: is kept where there is no other way', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    world.stall(ada, bob)
    ada.send('one', bob)
    world.run(1_500)
    expect(path(ada, bob)?.kind).toBe('direct')
    world.resume(ada, bob)
    ada.send('two', bob)
    world.run(1_000)
    expect(ada.left).toEqual([])
  })

  it('P19: is given longer each time of late, so that a stuttering one does not send everything again and again', () => {
    const { world, ada, bob } = setup()
    const changes = () => ada.notices.filter((notice) => notice.type === 'path:change' && notice.id === bob.id).length
    for (let i = 0; i < 8; i++) {
      world.stall(ada, bob)
      ada.send(`m${String(i)}`, bob)
      world.run(700)
      world.resume(ada, bob)
      bob.send('here', ada)
      world.run(3_000)
    }
    // The first is too long a silence, and those after it no longer are.
    expect(changes()).toBe(2)
    expect(bob.texts).toEqual(Array.from({ length: 8 }, (_, i) => `m${String(i)}`))
  })

  it('P19: asks halfway, so that a page whose timers are slow shows itself and acknowledges', () => {
    const { world, ada, bob } = setup()
    bob.slowTimersMs = 1_000
    for (let i = 0; i < 5; i++) {
      ada.send(`m${String(i)}`, bob)
      world.run(1_700)
      expect(path(ada, bob)?.kind).toBe('direct')
    }
    expect(ada.notices.filter((notice) => notice.type === 'path:change' && notice.id === bob.id)).toEqual([])
  })
})

describe('a relay that swallows what it is given', () => {
  const setupRelayed = () => {
    const { world, ada, bob, cyn, dan } = setup()
    world.refuse(ada, bob)
    world.run(3_000)
    const [used = ''] = path(ada, bob)?.via ?? []
    const [bad, good] = used === cyn.id ? [cyn, dan] : [dan, cyn]
    return { world, ada, bob, bad, good }
  }

  it('R12: is left after half a second for the next best, and nothing is lost or doubled', () => {
    const { world, ada, bob, bad, good } = setupRelayed()
    swallowRelayed(bad)
    ada.send('one', bob)
    world.run(600)
    expect(path(ada, bob)?.via).toEqual([good.id])
    ada.send('two', bob)
    world.run(20)
    expect(bob.texts).toEqual(['one', 'two'])
  })

  it('R12: is tried again later, ever less often', () => {
    const { world, ada, bob, bad } = setupRelayed()
    swallowRelayed(bad)
    const tries: number[] = []
    let wasBad = true
    for (let second = 0; second < 300; second++) {
      ada.send(String(second), bob)
      world.run(1_000)
      const isBad = path(ada, bob)?.via[0] === bad.id
      if (isBad && !wasBad) tries.push(second)
      wasBad = isBad
    }
    expect(tries.length).toBeLessThanOrEqual(5)
    world.run(2_000)
    expect(bob.texts).toHaveLength(300)
  })

  it('R12: is no spare: a way is measured before it is needed', () => {
    const { world, ada, bob, bad, good } = setupRelayed()
    swallowRelayed(good)
    for (let i = 0; i < 6; i++) {
      ada.send(String(i), bob)
      world.run(2_000)
    }
    expect(path(ada, bob)?.via).toEqual([bad.id])
    expect(good.engine.stats().framesForwarded).toBeGreaterThan(0)
  })
})
