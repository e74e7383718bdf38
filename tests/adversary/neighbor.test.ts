import { describe, expect, it } from 'vitest'
import { FRAME } from '../../sdk/protocol/codes.js'
import { concatBytes } from '../../sdk/util/bytes.js'
import type { MeshWorld, TestMember } from '../support/mesh-world.js'
import { ack, chunk, opening, pack, privateChunk, sealRelay, setupGroup, watchHonest } from '../support/mesh-villain.js'

const record = (...bytes: number[]): Uint8Array => Uint8Array.of(FRAME.PACK, ...bytes)

/** Each of these is one frame from a bound neighbor that no honest member would send. */
const offences: readonly (readonly [name: string, frame: Uint8Array])[] = [
  ['an empty frame', new Uint8Array()],
  ['random bytes', Uint8Array.from({ length: 400 }, (_, index) => (index * 151 + 7) & 0xff)],
  ['an unknown frame code', Uint8Array.of(0x7f, 1, 2, 3)],
  ['a set-up frame outside RHS', new Uint8Array(200).fill(FRAME.HS1, 0, 1)],
  ['a second BIND', concatBytes(Uint8Array.of(FRAME.BIND), new Uint8Array(81))],
  ['a frame longer than 64 KiB', pack(...Array.from({ length: 13_200 }, () => ({ type: 'pong', id: 1 }) as const))],
  ['an unknown record', record(0x7f)],
  ['a record cut short', record(0x01, 1, 2)],
  ['a varint beyond 2^53', record(0x03, ...new Array<number>(10).fill(0xff))],
  [
    'a varint of nothing but zeros, so long that it is no number',
    record(0x03, ...new Array<number>(160).fill(0x80), 0),
  ],
  ['a varint of nine bytes', record(0x03, 0, ...new Array<number>(8).fill(0x80), 0)],
  ['unknown chunk flags', record(0x04, 0, 8, 1, 0)],
  ['a whole message that does not begin', record(0x04, 0, 2, 1, 0)],
  ['message number 0', record(0x04, 0, 3, 0, 0, 0)],
  ['an empty piece', record(0x05, 0, 0, 1, 5, 0)],
  ['a first piece larger than its message', record(0x05, 0, 1, 1, 1, 0, 2, 9, 9)],
  ['a piece larger than any', pack(chunk({ bytes: new Uint8Array(64_513) }))],
  ['too many order entries', record(0x04, 0, 3, 1, 33)],
  ['a digest that claims too many entries', record(0x08, 0x81, 0x08)],
  ['a digest that claims more than it holds', record(0x08, 0x80, 0x08, 1, 2, 3)],
  ['a roster record that claims more than it holds', record(0x09, 0x80, 0x40)],
  ['a message beyond the limit', pack(chunk({ number: 1, total: 1_048_577, bytes: new Uint8Array(100) }))],
  ['a message to one beyond the limit', pack(privateChunk({ total: 2 ** 50, bytes: new Uint8Array(100) }))],
  ['an acknowledgement of broadcasts never sent', pack(ack({ nextBroadcast: 2 }))],
  ['an acknowledgement of private messages never sent', pack(ack({ nextPrivate: 2 ** 53 - 1 }))],
  ['an opening of the message stream', pack(opening({ stream: 0 }))],
  ['an opening in a mode that is not known', record(0x0b, 16, 1, 7, 1, 1, 0)],
  ['an opening with a name beyond the limit', record(0x0b, 16, 1, 0, 1, 1, 65, ...new Uint8Array(65))],
  ['an opening with a name that is not UTF-8', record(0x0b, 16, 1, 0, 1, 1, 1, 0xff)],
  ['an opening that begins at broadcast 0', record(0x0b, 16, 1, 0, 0, 1, 0)],
  ['a reset to broadcast 0', record(0x0a, 0, 0, 1)],
  ['a reset to private message 0', record(0x0a, 0, 1, 0)],
  ['a reset cut short', record(0x0a, 0, 1)],
  ['an acknowledgement of bytes never sent', pack(ack({ offset: 1 }))],
]

describe('a bound neighbor that sends', () => {
  it.each(offences)('L8, P8: %s loses its link, and nobody else notices', (_name, frame) => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const link = ada.link(mallory)
    mallory.inject(ada, frame)
    world.run(2)
    expect(link.state).toBe('closed')
    check()
  })

  it('P8: a piece beyond the end of its message loses its link', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const link = ada.link(mallory)
    mallory.inject(ada, pack(chunk({ total: 20 })))
    mallory.inject(ada, pack(chunk({ first: false, offset: 10, total: 0, bytes: new Uint8Array(11) })))
    world.run(3)
    expect(link.state).toBe('closed')
    expect(ada.received).toEqual([])
    check()
  })

  it('P5: numbers far ahead is not heard of: nothing is delivered, and its genuine messages are', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    for (const number of [1_000, 1_001, 2 ** 53 - 1]) {
      mallory.inject(ada, pack(chunk({ number }), privateChunk({ number })))
    }
    mallory.inject(ada, pack(chunk({ first: false, offset: 5, total: 0 })))
    mallory.inject(ada, pack(privateChunk({ afterBroadcast: 7 })))
    world.run(10)
    expect(ada.received).toEqual([])
    mallory.send('genuine')
    world.run(100)
    expect(ada.texts).toEqual(['genuine'])
    check()
  })

  it('P12: a message that never ends makes no more memory than what it has sent', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    mallory.inject(ada, pack(chunk({ total: 1_048_576, bytes: new Uint8Array(1_000) })))
    for (let i = 0; i < 500; i++) {
      const again = { first: false, total: 0, offset: 500, bytes: new Uint8Array(400) }
      mallory.inject(ada, pack(chunk(again)))
    }
    // Before an acknowledgement is due: the engine under mallory's feet never sent what it would be told of.
    world.run(20)
    expect(ada.hasLink(mallory)).toBe(true)
    check()
  })
})

describe('a neighbor that does not read', () => {
  /** What the world carries from ada to mallory once mallory reads again. */
  const answeredBytes = (ada: TestMember, mallory: TestMember, world: MeshWorld): number => {
    let bytes = 0
    ada.tamper = (frame) => {
      bytes += frame.length
      return [frame]
    }
    mallory.read()
    world.run(1_000)
    ada.tamper = null
    return bytes
  }

  it.each([
    ['pings', pack(...Array.from({ length: 10_000 }, (_, id) => ({ type: 'ping', id }) as const)), 60],
    ['digests', pack(...Array.from({ length: 10_000 }, () => ({ type: 'digest', entries: [] }) as const)), 3],
  ])('M4: and asks and asks by %s makes nothing pile up', (_name, frame, times) => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    mallory.isReading = false
    for (let i = 0; i < times; i++) mallory.inject(ada, frame)
    world.run(50)
    expect(answeredBytes(ada, mallory, world)).toBeLessThan(1_500_000)
    check()
  })

  it('and pings through relays although it has a link makes nothing pile up', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const pings = pack(...Array.from({ length: 10_000 }, (_, id) => ({ type: 'ping', id }) as const)).subarray(1)
    for (let i = 0; i < 30; i++) mallory.inject(ada, sealRelay(mallory, ada, 1_000 + i, pings))
    world.run(50)
    const link = ada.link(mallory)
    world.cut(link)
    world.refuse(ada, mallory)
    expect(answeredBytes(ada, mallory, world)).toBeLessThan(65_536)
    check()
  })
})
