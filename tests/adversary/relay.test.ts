import { describe, expect, it } from 'vitest'
import { FRAME } from '../../sdk/protocol/codes.js'
import { RELAY_HEADER_BYTES } from '../../sdk/protocol/relay-frames.js'
import { concatBytes } from '../../sdk/util/bytes.js'
import type { MeshWorld, TestMember } from '../support/mesh-world.js'
import { ack, chunk, pack, relaySetup, sealRelay, sealSetup, setupGroup, watchHonest } from '../support/mesh-villain.js'

/** ada and bob cannot connect: mallory relays for them. cyn is linked with all. */
const setupRelay = (): { world: MeshWorld; ada: TestMember; bob: TestMember; cyn: TestMember; mallory: TestMember } => {
  const { world, ada, bob, mallory } = setupGroup(['ada', 'bob', 'cyn', 'mallory'])
  const cyn = world.named('cyn')
  world.refuse(ada, bob)
  world.refuse(bob, cyn)
  world.run(3_000)
  expect(ada.engine.peer(bob.id)?.path).toEqual({ kind: 'relayed', via: [mallory.id] })
  return { world, ada, bob, cyn, mallory }
}

const isRelayed = (frame: Uint8Array): boolean => frame[0] === FRAME.RLY

const withCounterBeyond = (frame: Uint8Array, counterAt: number): Uint8Array => {
  const changed = frame.slice()
  changed.fill(0xff, counterAt, counterAt + 8)
  return changed
}

describe('a relay that', () => {
  it.each(Array.from({ length: RELAY_HEADER_BYTES + 20 }, (_, at) => at))(
    'R8, P11: flips a bit at offset %i of what it relays costs at most its own link, and no message',
    (at) => {
      const { world, ada, bob, cyn, mallory } = setupRelay()
      let flips = 0
      mallory.tamper = (frame) => {
        if (!isRelayed(frame) || frame.length <= at || flips >= 2) return [frame]
        flips++
        const flipped = frame.slice()
        flipped[at] = (flipped[at] as number) ^ (at % 2 === 0 ? 0x80 : 0x01)
        return [flipped]
      }
      ada.send('first', bob)
      bob.send('second', ada)
      world.run(100)
      mallory.tamper = null
      world.run(4_000)
      expect([bob.texts, ada.texts]).toEqual([['first'], ['second']])
      expect([...ada.left, ...bob.left].filter((id) => id !== mallory.id)).toEqual([])
      watchHonest(world, ada, cyn)()
    },
  )

  it.each<[string, (frame: Uint8Array) => Uint8Array[]]>([
    ['drops every frame', () => []],
    ['repeats every frame', (frame) => [frame, frame, frame]],
    ['cuts every frame short', (frame) => [frame.subarray(0, 70)]],
  ])('P11: %s for a while loses no message and repeats none', (_name, change) => {
    const { world, ada, bob, mallory } = setupRelay()
    mallory.tamper = (frame) => (isRelayed(frame) ? change(frame) : [frame])
    for (let i = 0; i < 5; i++) ada.send(`m${String(i)}`, bob)
    world.run(300)
    mallory.tamper = null
    world.run(5_000)
    expect(bob.texts).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
  })

  it('P11: swallows one frame of many holds up nothing for longer, while what comes after it is answered', () => {
    const { world, ada, bob, mallory } = setupRelay()
    let swallowed = 0
    mallory.tamper = (frame) => (isRelayed(frame) && frame.length > 1_000 && swallowed++ === 0 ? [] : [frame])
    ada.send('x'.repeat(2_000), bob)
    for (let i = 0; i < 50; i++) {
      world.later(() => {
        ada.send(`m${String(i)}`, bob)
      }, 100 * i)
    }
    world.run(1_200)
    expect(swallowed).toBeGreaterThan(0)
    expect(bob.texts.slice(1, 9)).toEqual(Array.from({ length: 8 }, (_, i) => `m${String(i)}`))
  })

  it('P5, P11: turns the order of frames round loses no message and repeats none', () => {
    const { world, ada, bob, mallory } = setupRelay()
    const held: Uint8Array[] = []
    mallory.tamper = (frame) => {
      if (!isRelayed(frame)) return [frame]
      held.push(frame.slice())
      return held.length < 3 ? [] : held.splice(0).reverse()
    }
    for (let i = 0; i < 40; i++) {
      ada.send(`m${String(i)}`, bob)
      if (i % 3 === 0) world.run(7)
    }
    world.run(6_000)
    mallory.tamper = null
    world.run(6_000)
    expect(bob.texts).toEqual(Array.from({ length: 40 }, (_, i) => `m${String(i)}`))
  })

  it('R8: replays old frames changes nothing', () => {
    const { world, ada, bob, mallory } = setupRelay()
    const kept: Uint8Array[] = []
    mallory.tamper = (frame) => {
      if (isRelayed(frame)) kept.push(frame.slice())
      return [frame]
    }
    for (let i = 0; i < 10; i++) ada.send(`m${String(i)}`, bob)
    world.run(200)
    mallory.tamper = null
    expect(kept.length).toBeGreaterThan(0)
    for (const frame of kept) for (const to of [ada, bob]) mallory.inject(to, frame)
    world.run(1_000)
    expect(bob.texts).toHaveLength(10)
    expect(bob.hasLink(mallory)).toBe(true)
  })
})

describe('a member that writes frames for relays', () => {
  it('in the name of others moves nothing of theirs', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const genuine = sealRelay(mallory, ada, 500, pack(chunk()).subarray(1))
    for (const src of [bob, ada]) {
      const forged = genuine.slice()
      forged.set(src.engine.idBytes, 19)
      mallory.inject(ada, forged)
      mallory.inject(ada, relaySetup(src, ada, new Uint8Array(100).fill(FRAME.SIG, 0, 1)))
    }
    world.run(100)
    expect(ada.received).toEqual([])
    check()
  })

  it('to members that do not exist fills nobody', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    for (let i = 0; i < 3_000; i++) {
      const frame = sealRelay(mallory, bob, i, new Uint8Array(10))
      frame.set(world.random.bytes(16), 3)
      frame.set(world.random.bytes(16), 19)
      mallory.inject(ada, frame)
    }
    world.run(200)
    expect(ada.engine.stats().framesForwarded).toBe(0)
    check()
  })

  it.each<[string, (mallory: TestMember, bob: TestMember) => Uint8Array]>([
    ['a counter beyond 2^53', (mallory, bob) => withCounterBeyond(sealRelay(mallory, bob, 0, new Uint8Array(10)), 43)],
    [
      'SIG with a counter beyond 2^53',
      (mallory, bob) => relaySetup(mallory, bob, withCounterBeyond(sealSetup(mallory, bob, 0, new Uint8Array(10)), 9)),
    ],
    ['an empty SIG', (mallory, bob) => relaySetup(mallory, bob, sealSetup(mallory, bob, 900, new Uint8Array()))],
    [
      'an unknown set-up message',
      (mallory, bob) => relaySetup(mallory, bob, sealSetup(mallory, bob, 901, Uint8Array.of(9, 9))),
    ],
    ['an unknown set-up frame', (mallory, bob) => relaySetup(mallory, bob, new Uint8Array(50).fill(0x66))],
    ['HS1 of noise', (mallory, bob) => relaySetup(mallory, bob, new Uint8Array(300).fill(FRAME.HS1, 0, 1))],
    [
      'HS2 that nobody asked for',
      (mallory, bob) => relaySetup(mallory, bob, new Uint8Array(300).fill(FRAME.HS2, 0, 1)),
    ],
  ])('R8: with %s never makes its target blame the relay', (_name, frame) => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    world.refuse(mallory, bob)
    world.run(500)
    mallory.inject(ada, frame(mallory, bob))
    world.run(100)
    expect(bob.hasLink(ada)).toBe(true)
    check()
  })

  it.each([
    ['a record that nobody knows', Uint8Array.of(0x7f)],
    ['a roster record', concatBytes(Uint8Array.of(0x09, 40), new Uint8Array(40))],
    ['an acknowledgement of what was never sent', pack(ack({ offset: 9 })).subarray(1)],
  ])('R9, R10: with %s sealed is removed, and the relay stays', (_name, records) => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    world.refuse(mallory, bob)
    world.run(3_000)
    mallory.inject(ada, sealRelay(mallory, bob, 5_000, records))
    world.run(20)
    expect(bob.notices.filter((notice) => notice.type === 'member:leave')).toEqual([
      { type: 'member:leave', id: mallory.id, reason: 'removed' },
    ])
    check()
  })

  it('R4: more than a relay takes for one link makes it drop the rest, and others are still served', () => {
    const { world, ada, bob, cyn, mallory } = setupRelay()
    const check = watchHonest(world, ada, cyn)
    bob.isReading = false
    const big = new Uint8Array(60_000)
    for (let i = 0; i < 400; i++) cyn.inject(mallory, sealRelay(cyn, bob, 10_000 + i, big))
    world.run(100)
    expect(mallory.engine.stats().dropped.quota).toBeGreaterThan(200)
    bob.read()
    world.run(5_000)
    ada.send('through', bob)
    world.run(3_000)
    expect(bob.texts).toContain('through')
    check()
  })
})

describe('a frame that was forwarded eight times', () => {
  it('R1: goes no further, and seven times still does', () => {
    const { world, ada, bob, mallory } = setupGroup()
    for (const [hops, forwarded] of [
      [8, 0],
      [255, 0],
      [7, 1],
    ] as const) {
      const before = ada.engine.stats().framesForwarded
      const frame = sealRelay(mallory, bob, 20_000 + hops, new Uint8Array())
      frame[1] = hops
      mallory.inject(ada, frame)
      world.run(20)
      expect(ada.engine.stats().framesForwarded - before).toBe(forwarded)
    }
  })
})
