import { describe, expect, it } from 'vitest'
import { encodeRecord, type MemberRecord } from '../../sdk/protocol/records.js'
import { concatBytes } from '../../sdk/util/bytes.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { MeshWorld, type TestMember } from '../support/mesh-world.js'
import {
  ack,
  chunk,
  opening,
  pack,
  privateChunk,
  reset,
  setupGroup,
  unpack,
  watchHonest,
} from '../support/mesh-villain.js'

const limits = { messageBytes: 1_048_576, maxLinks: 32, stallMs: 5_000 }
/** More than fits a window, of ones that fit each by itself. */
const large = new Uint8Array(1_000_000)

const withoutAcks = (frame: Uint8Array): Uint8Array[] => {
  if (frame[0] !== FRAME.PACK) return [frame]
  const others = unpack(frame).filter(({ type }) => type !== 'ack')
  return others.length === 0 ? [] : [concatBytes(Uint8Array.of(FRAME.PACK), ...others.map(encodeRecord))]
}

/** From now on this member acknowledges nothing, and is a good neighbor otherwise. */
const withholdAcks = (member: TestMember): void => {
  member.tamper = withoutAcks
}

describe('a neighbor that acknowledges', () => {
  it('P17: nothing fails alone, again and again, and holds up nobody', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    withholdAcks(mallory)
    for (let i = 1; i <= 20; i++) ada.step({ type: 'submit', submission: i, to: 'all', kind: 'binary', bytes: large })
    world.run(5_100)
    expect(ada.admitted).toHaveLength(20)
    expect(bob.received).toHaveLength(20)
    for (let i = 21; i <= 40; i++) ada.step({ type: 'submit', submission: i, to: 'all', kind: 'binary', bytes: large })
    world.run(100)
    expect(ada.admitted).toHaveLength(40)
    // What is kept for mallory is no more than a window.
    expect(ada.engine.stats().bytesUnacknowledged).toBeLessThan(5 * 1_048_576)
    check()
  })

  it('P6, P8: what was let go of long ago, or nothing at all, a thousand times over changes nothing', () => {
    const { world, ada, bob, mallory } = setupGroup()
    for (let i = 0; i < 5; i++) ada.send(`before ${String(i)}`)
    world.run(100)
    const check = watchHonest(world, ada, bob)
    const acks = Array.from({ length: 1_000 }, (_, index) => ack({ nextBroadcast: (index % 5) + 1, credit: index }))
    mallory.inject(ada, pack(...acks))
    world.run(10)
    expect(ada.hasLink(mallory)).toBe(true)
    check()
    const texts = mallory.texts.filter((text) => text.startsWith('ada'))
    expect(texts).toEqual(['ada one', 'ada two', 'ada three'])
  })

  it('P17: little by little keeps its place, and no more than a window', () => {
    const { world, ada, bob, mallory } = setupGroup()
    withholdAcks(mallory)
    for (let i = 0; i < 12; i++) ada.sendBytes(large)
    for (let second = 1; second <= 20; second++) {
      world.run(1_000)
      mallory.inject(ada, pack(ack({ offset: second })))
    }
    expect(ada.engine.members()).toContain(mallory.id)
    expect(ada.engine.stats().bytesUnacknowledged).toBeLessThan(5 * 1_048_576)
    expect(bob.received).toHaveLength(12)
  })
})

describe('a neighbor that never reads', () => {
  it('P9, P17: is left behind with what fits its link, and the others hear everything', () => {
    const { world, ada, bob, mallory } = setupGroup()
    mallory.isReading = false
    let sent = 0
    const submit = (): void => {
      ada.step({ type: 'submit', submission: ++sent, to: 'all', kind: 'binary', bytes: large })
    }
    for (let i = 0; i < 20; i++) submit()
    world.run(6_500)
    expect(ada.admitted).toHaveLength(20)
    expect(ada.engine.stats().bytesUnacknowledged).toBeLessThan(5 * 1_048_576)
    expect(bob.received).toHaveLength(20)
  })
})

describe('a neighbor that says where its messages go on', () => {
  it.each([
    ['at the last number there is', { nextBroadcast: 2 ** 53 - 1, nextPrivate: 2 ** 53 - 1 }],
    ['further on', { nextBroadcast: 1_000, nextPrivate: 5 }],
    ['at numbers of one kind alone', { nextBroadcast: 1, nextPrivate: 2 ** 53 - 1 }],
  ])('P18: %s skips what is its own, and nobody else notices', (_name, fields) => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    // Its engine knows nothing of that, and would close the link over what it is told then.
    ada.tamperLink = (carrier, frame) => (carrier === ada.link(mallory).carrier ? [] : [frame])
    mallory.inject(ada, pack(reset(fields)))
    mallory.inject(ada, pack(chunk({ number: 1 }), privateChunk({ number: 1 })))
    world.run(10)
    expect(ada.received).toHaveLength(fields.nextBroadcast === 1 ? 1 : 0)
    mallory.inject(ada, pack(chunk({ number: fields.nextBroadcast })))
    mallory.inject(ada, pack(privateChunk({ number: fields.nextPrivate, afterBroadcast: 1 })))
    mallory.inject(ada, pack(reset(), chunk({ number: fields.nextBroadcast })))
    world.run(10)
    expect(ada.received.map(({ to }) => to)).toEqual(['all', 'me'])
    ada.tamperLink = null
    check()
  })

  it('P18: with every piece of a message makes nobody hold more', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    ada.tamperLink = (carrier, frame) => (carrier === ada.link(mallory).carrier ? [] : [frame])
    for (let number = 1; number <= 300; number++) {
      const begun = chunk({ number, total: 1_048_576, bytes: new Uint8Array(50_000) })
      mallory.inject(ada, pack(begun, reset({ nextBroadcast: number + 1 })))
    }
    world.run(10)
    mallory.inject(ada, pack(chunk({ number: 301, text: true, bytes: new TextEncoder().encode('whole') })))
    world.run(10)
    expect(ada.texts).toEqual(['whole'])
    ada.tamperLink = null
    check()
  })

  it('P7, P18: again and again is answered no more than once for what it sends', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    let answered = 0
    ada.tamperLink = (carrier, frame) => {
      if (carrier !== ada.link(mallory).carrier) return [frame]
      answered += frame.length
      return []
    }
    for (let i = 0; i < 20; i++) mallory.inject(ada, pack(...Array.from({ length: 5_000 }, () => reset())))
    world.run(100)
    expect(answered).toBeLessThan(1_000)
    ada.tamperLink = null
    check()
  })
})

describe('neighbors that never finish a message', () => {
  /** As many as fill all the memory there is for that, and two who are honest. */
  const setupHoarders = () => {
    const names = ['ada', 'bob', 'm1', 'm2', 'm3', 'm4']
    const world = MeshWorld.joined(names, { limits })
    const [ada, bob] = [world.named('ada'), world.named('bob')]
    const hoarders = names.slice(2).map((name) => world.named(name))
    // Their engines know nothing of what is begun in their names, and would close the links over what they are told.
    const deaf = new Set(hoarders.map((hoarder) => ada.link(hoarder).carrier))
    ada.tamperLink = (carrier, frame) => (deaf.has(carrier) ? withoutAcks(frame) : [frame])
    const begin = (hoarder: TestMember): void => {
      hoarder.inject(ada, pack(chunk({ total: 1_048_576, bytes: new Uint8Array(1_000) })))
    }
    for (const hoarder of hoarders) begin(hoarder)
    world.run(10)
    // With the acknowledgement it hears that there is no room for large ones.
    bob.send('small', ada)
    world.run(100)
    return { world, ada, bob, hoarders }
  }

  it('P12: keep nobody from sending what is whole in a piece', () => {
    const { world, ada, bob } = setupHoarders()
    for (let i = 0; i < 50; i++) bob.send(`word ${String(i)}`)
    bob.sendBytes(new Uint8Array(30_000), ada)
    world.run(1_000)
    expect(ada.received).toHaveLength(52)
  })

  it('P12: lose their place one after the other while a large message waits, which then arrives', () => {
    const { world, ada, bob, hoarders } = setupHoarders()
    bob.sendBytes(large)
    world.run(25_000)
    expect(ada.received).toHaveLength(1)
    expect(ada.left).toEqual([])
    world.run(10_000)
    expect(ada.received).toHaveLength(2)
    expect(ada.notices).toContainEqual({ type: 'member:leave', id: hoarders[0]?.id, reason: 'removed' })
    expect(ada.left).toHaveLength(1)
    expect(ada.engine.members()).toContain(bob.id)
  })

  it('P12: that go on slowly keep theirs', () => {
    const { world, ada, bob, hoarders } = setupHoarders()
    bob.sendBytes(large)
    for (let round = 0; round < 4; round++) {
      world.run(20_000)
      const [front] = hoarders as [TestMember]
      const offset = 1_000 + round * 96_000
      for (const at of [0, 32_000, 64_000]) {
        front.inject(ada, pack(chunk({ first: false, total: 0, offset: offset + at, bytes: new Uint8Array(32_000) })))
      }
    }
    expect(ada.left).toEqual([])
    expect(bob.left).toEqual([])
  })
})

describe('a neighbor that opens', () => {
  const write = (to: TestMember, from: TestMember, ...records: readonly MemberRecord[]): void => {
    const { carrier } = to.link(from)
    to.step({ type: 'carrier:bytes', carrier, lane: 'reliable', bytes: pack(...records) })
  }

  it('P24: 10,000 streams of any kind has 288 of them, is told so, and the others talk on', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    for (let stream = 16; stream < 10_016; stream++) {
      write(ada, mallory, opening({ stream, kind: stream & 0xff, name: String(stream) }))
    }
    world.run(1_000)
    expect(ada.streams).toHaveLength(32 + 117)
    for (let stream = 20_000; stream < 20_500; stream++) write(ada, mallory, opening({ stream }))
    world.run(1_000)
    expect(ada.streams).toHaveLength(288)
    expect(ada.engine.holdings().streams).toBe(288)
    check()
  })

  it('P20: the same stream again and again is told of once', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    for (let i = 0; i < 1_000; i++) write(ada, mallory, opening({ stream: 16, name: String(i) }))
    expect(ada.streams).toEqual([{ from: mallory.id, opening: { stream: 16, kind: 1, mode: 0, name: '0' } }])
    check()
  })

  it('P25: a large message on every stream loses its link before they hold much', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const link = ada.link(mallory)
    const isOpen = (): boolean => link.state === 'open'
    const part = new Uint8Array(60_000)
    for (let stream = 16; stream < 16 + 256 && isOpen(); stream++) {
      write(ada, mallory, opening({ stream }))
      for (let offset = 0; offset < 960_000 && isOpen(); offset += part.length) {
        const first = offset === 0
        const total = first ? 1_000_000 : 0
        write(ada, mallory, privateChunk({ stream, offset, first, total, bytes: part }))
      }
    }
    expect(link.state).toBe('closed')
    expect(ada.engine.holdings().reassemblyBytes).toBeLessThan(150_000_000)
    check()
  })

  it('P22: a stream that is not read, and goes on, loses its link', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const link = ada.link(mallory)
    write(ada, mallory, opening({ stream: 16, mode: 1 }))
    ada.step({ type: 'stream:pause', from: mallory.id, stream: 16, isPaused: true })
    for (let number = 1; number <= 60 && link.state === 'open'; number++) {
      write(ada, mallory, privateChunk({ stream: 16, number, bytes: new Uint8Array(60_000) }))
    }
    expect(link.state).toBe('closed')
    expect(ada.received.length).toBeLessThan(40)
    check()
  })

  it('P25: a stream in bulk with a message that is larger than a piece loses its link', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const link = ada.link(mallory)
    write(ada, mallory, opening({ stream: 16, mode: 1 }))
    write(ada, mallory, privateChunk({ stream: 16, total: 64_513, bytes: new Uint8Array(100) }))
    expect(link.state).toBe('closed')
    check()
  })

  it.each([0, 1, 2, 3] as const)(
    'P24: nothing, and stops one that I have open, in mode %i, gets no more of it',
    (mode) => {
      const { world, ada, bob, mallory } = setupGroup()
      const check = watchHonest(world, ada, bob)
      const carrier = ada.link(mallory).carrier
      const opened: MemberRecord[] = []
      ada.tamperLink = (over, frame) => {
        if (over === carrier) opened.push(...unpack(frame).filter(({ type }) => type === 'open' || type === 'datagram'))
        return [frame]
      }
      const bytes = new Uint8Array(3)
      const send = (): void => {
        ada.step({ type: 'submit', stream: 16, submission: 1, to: 'all', kind: 'binary', bytes })
        ada.step({ type: 'post', stream: 16, to: 'all', bytes })
      }
      ada.step({ type: 'stream:open', opening: { stream: 16, kind: 1, mode, name: 'c' } })
      send()
      mallory.inject(ada, pack({ type: 'stop', stream: 16 }))
      world.run(100)
      opened.length = 0
      ada.notices.length = 0
      send()
      world.run(100)
      const code = 'stream-refused'
      expect(ada.notices).toEqual([{ type: 'delivery:fail', id: mallory.id, stream: 16, code, count: 1 }])
      ada.step({ type: 'stream:cut', stream: 16 })
      send()
      world.run(5_000)
      expect(opened).toEqual([])
      expect(ada.link(mallory).state).toBe('open')
      expect(bob.received.some(({ stream }) => stream === 16)).toBe(true)
      check()
    },
  )

  it('P26: nothing, and sends datagrams on it, is not heard, and nobody is blamed', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    for (let number = 1; number <= 1_000; number++) {
      write(ada, mallory, { type: 'datagram', stream: 16 + number, to: 'one', number, bytes: new Uint8Array(16_000) })
    }
    write(ada, mallory, { type: 'stop', stream: 99 }, { type: 'stop', stream: 2 ** 50 })
    world.run(100)
    expect(ada.received).toEqual([])
    expect(ada.link(mallory).state).toBe('open')
    check()
  })
})
