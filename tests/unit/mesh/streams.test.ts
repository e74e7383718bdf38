import { describe, expect, it } from 'vitest'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { STREAM_MODE, type Opening } from '../../../sdk/protocol/streams.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
import type { MemberRecord } from '../../../sdk/protocol/records.js'
import { chunk, opening, pack, privateChunk, unpack } from '../../support/mesh-villain.js'
import { MeshWorld, type TestMember } from '../../support/mesh-world.js'

const limits = { messageBytes: 1_048_576, maxLinks: 32, stallMs: 60_000 }

const setup = (names: readonly string[] = ['ada', 'bob', 'cyd']) => {
  const world = MeshWorld.joined(names, { limits })
  const [ada, bob, cyd] = world.members as [TestMember, TestMember, TestMember]
  return { world, ada, bob, cyd }
}

const chat: Opening = { stream: 16, kind: 1, mode: STREAM_MODE.MESSAGES, name: 'chat' }
const file: Opening = { stream: 17, kind: 2, mode: STREAM_MODE.BULK, name: '' }

interface Send {
  readonly to?: TestMember
  readonly end?: boolean
  readonly submission?: number
  readonly confirm?: boolean
}

const send = (from: TestMember, stream: number, what: string | Uint8Array, options: Send = {}): void => {
  const { to, end = false, submission = 0, confirm = false } = options
  const bytes = typeof what === 'string' ? encodeUtf8(what) : what
  from.step({ type: 'submit', stream, submission, to: to?.id ?? 'all', kind: 'binary', bytes, end, confirm })
}

const open = (member: TestMember, stream: Opening): void => {
  member.step({ type: 'stream:open', opening: stream })
}

const heard = (member: TestMember, from: TestMember, stream: number): string[] =>
  member.received
    .filter((message) => message.from === from.id && message.stream === stream)
    .map(
      ({ bytes, end }) =>
        `${bytes.length > 100 ? String(bytes.length) : new TextDecoder().decode(bytes)}${end ? ' end' : ''}`,
    )

const recordsOf = (frame: Uint8Array) => (frame[0] === FRAME.PACK ? unpack(frame) : [])

describe('a stream', () => {
  it('P20: is told of before anything on it, once, to those who are sent anything', () => {
    const { world, ada, bob, cyd } = setup()
    open(ada, chat)
    world.run(1_000)
    expect(bob.streams).toEqual([])
    send(ada, 16, 'one', { to: bob })
    send(ada, 16, 'two', { to: bob })
    world.run(1_000)
    expect(bob.streams).toEqual([{ from: ada.id, opening: chat }])
    expect(heard(bob, ada, 16)).toEqual(['one', 'two'])
    expect(cyd.streams).toEqual([])
  })

  it('P3, P20: has an order of its own, what is for all and what is for one included', () => {
    const { world, ada, bob, cyd } = setup()
    open(ada, chat)
    for (const word of ['a', 'b', 'c']) {
      send(ada, 16, `${word} all`)
      send(ada, 16, `${word} bob`, { to: bob })
      ada.send(word)
    }
    world.run(1_000)
    expect(heard(bob, ada, 16)).toEqual(['a all', 'a bob', 'b all', 'b bob', 'c all', 'c bob'])
    expect(heard(cyd, ada, 16)).toEqual(['a all', 'b all', 'c all'])
    expect(heard(bob, ada, 0)).toEqual(['a', 'b', 'c'])
  })

  it('P20: begins for a newcomer with what is sent from then on', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, chat)
    send(ada, 16, 'before')
    world.run(1_000)
    const [eve] = world.add(['eve']) as [TestMember]
    world.run(3_000)
    send(ada, 16, 'after')
    world.run(1_000)
    expect(heard(bob, ada, 16)).toEqual(['before', 'after'])
    expect(heard(eve, ada, 16)).toEqual(['after'])
  })

  it('P10, P20: comes through though what told of it was lost', () => {
    const { world, ada, bob } = setup()
    open(ada, chat)
    let isLosing = true
    ada.tamper = (frame) => (isLosing && recordsOf(frame).some(({ type }) => type === 'open') ? [] : [frame])
    send(ada, 16, 'one', { to: bob })
    send(ada, 16, 'two', { to: bob })
    world.run(300)
    isLosing = false
    world.cut(ada.link(bob))
    world.run(3_000)
    expect(heard(bob, ada, 16)).toEqual(['one', 'two'])
    expect(bob.streams).toHaveLength(1)
  })

  it('P21: ends with its last message, and nothing of it stays', () => {
    const { world, ada, bob, cyd } = setup()
    open(ada, chat)
    send(ada, 16, 'one')
    send(ada, 16, 'two', { to: bob })
    world.run(1_000)
    send(ada, 16, 'bye', { end: true })
    world.run(1_000)
    expect(heard(bob, ada, 16)).toEqual(['one', 'two', 'bye end'])
    expect(heard(cyd, ada, 16)).toEqual(['one', 'bye end'])
    ada.step({ type: 'stream:close', stream: 16 })
    expect(ada.engine.holdings().streams).toBe(0)
    send(ada, 16, 'too late', { submission: 7 })
    send(ada, 16, 'too late', { submission: 8, confirm: true })
    expect(ada.failures).toMatchObject([{ submission: 7, failure: { code: 'closed' } }])
    expect(ada.reportOf(8)).toMatchObject({ delivered: [], failed: [{ code: 'closed' }] })
    world.run(1_000)
    expect(bob.received).toHaveLength(3)
  })

  it('P21: comes once, however many end before their sender hears of it', () => {
    const { world, ada, bob } = setup()
    const { carrier } = bob.link(ada)
    bob.tamperLink = (over, frame) => (over === carrier ? [] : [frame])
    const streams = Array.from({ length: 2_000 }, (_, index) => 16 + index)
    for (const stream of streams) {
      open(ada, { ...chat, stream })
      send(ada, stream, `of ${stream}`, { to: bob, end: true })
    }
    world.run(1_000)
    world.refuse(ada, bob)
    world.run(30_000)
    expect(streams.map((stream) => heard(bob, ada, stream))).toEqual(streams.map((stream) => [`of ${stream} end`]))
  })

  it('P21: is not read any further once it has ended', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    const carrier = ada.link(bob).carrier
    const write = (...records: readonly MemberRecord[]): void => {
      bob.step({ type: 'carrier:bytes', carrier: bob.link(ada).carrier, lane: 'reliable', bytes: pack(...records) })
    }
    write(opening(), privateChunk({ stream: 16, end: true }))
    write(privateChunk({ stream: 16, number: 2 }))
    world.run(100)
    expect(bob.received).toHaveLength(1)
    expect(ada.openLinks(bob).some((link) => link.carrier === carrier)).toBe(false)
  })

  it('P22: waits while the application takes no more, and the others go on', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, file)
    open(ada, chat)
    send(ada, 17, 'first', { to: bob })
    world.run(100)
    bob.step({ type: 'stream:pause', from: ada.id, stream: 17, isPaused: true })
    world.run(100)
    for (let i = 0; i < 100; i++) send(ada, 17, new Uint8Array(60_000), { to: bob, submission: 100 + i })
    world.run(1_000)
    const atPause = heard(bob, ada, 17).length
    expect(atPause).toBeLessThan(40)
    expect(ada.admitted).not.toContain(199)
    send(ada, 16, 'hello', { to: bob })
    ada.send('hello')
    world.run(100)
    expect(heard(bob, ada, 16)).toEqual(['hello'])
    expect(heard(bob, ada, 0)).toEqual(['hello'])
    bob.step({ type: 'stream:pause', from: ada.id, stream: 17, isPaused: false })
    world.run(3_000)
    expect(heard(bob, ada, 17)).toHaveLength(101)
    expect(ada.admitted).toContain(199)
  })

  it('P22: does not stall when nothing of it is taken for long', () => {
    const world = MeshWorld.joined(['ada', 'bob'], { limits: { ...limits, stallMs: 1_000 } })
    const [ada, bob] = world.members as [TestMember, TestMember]
    open(ada, file)
    send(ada, 17, 'first', { to: bob })
    world.run(100)
    bob.step({ type: 'stream:pause', from: ada.id, stream: 17, isPaused: true })
    for (let i = 0; i < 100; i++) send(ada, 17, new Uint8Array(60_000), { to: bob })
    world.run(20_000)
    expect(ada.notices.filter(({ type }) => type === 'delivery:fail')).toEqual([])
    bob.step({ type: 'stream:pause', from: ada.id, stream: 17, isPaused: false })
    world.run(5_000)
    expect(heard(bob, ada, 17)).toHaveLength(101)
  })

  it('P23: in bulk lets messages go first', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, file)
    send(ada, 17, 'first', { to: bob })
    world.run(100)
    bob.isReading = false
    world.run(10)
    for (let i = 0; i < 30; i++) send(ada, 17, new Uint8Array(60_000), { to: bob })
    world.run(100)
    ada.send('urgent', bob)
    const before = bob.received.length
    bob.read()
    bob.isReading = true
    world.run(1_000)
    const order = bob.received.slice(before).map(({ stream }) => stream)
    expect(order.indexOf(0)).toBeGreaterThanOrEqual(0)
    expect(order.indexOf(0)).toBeLessThan(order.lastIndexOf(17))
    expect(order.slice(order.indexOf(0)).filter((stream) => stream === 17).length).toBeGreaterThan(10)
  })

  it('P23: in bulk takes the part of the room on a link that is for what can wait, and messages all of it', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, file)
    send(ada, 17, 'first', { to: bob })
    world.run(100)
    // From here on, room comes as this test gives it.
    bob.isReading = false
    world.run(10)
    let written = 0
    ada.tamper = (frame) => {
      written += frame.length
      return [frame]
    }
    const { carrier } = ada.link(bob)
    const report = (bytes: number, bulk: number): void => {
      ada.step({ type: 'carrier:room', carrier, lane: 'reliable', bytes, bulk })
    }
    report(400_000, 100_000)
    for (let i = 0; i < 8; i++) send(ada, 17, new Uint8Array(60_000), { to: bob })
    world.run(10)
    expect(written).toBeGreaterThan(60_000)
    expect(written).toBeLessThanOrEqual(100_000)
    ada.sendBytes(new Uint8Array(250_000), bob)
    world.run(10)
    expect(written).toBeGreaterThan(310_000)
    expect(written).toBeLessThanOrEqual(400_000)
    report(400_000, 100_000)
    bob.read()
    world.run(1_000)
    expect(heard(bob, ada, 17)).toHaveLength(9)
  })

  it.each([
    ['of 2 ms', 0, 700_000],
    ['of 200 ms', 50, 4_300_000],
  ])('P23: in bulk has no more on its way than keeps a link with a round trip %s busy', (_name, latencyMs, most) => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    ada.latencyMs = bob.latencyMs = latencyMs
    const files = [17, 18].map((stream) => ({ ...file, stream }))
    for (const each of files) open(ada, each)
    // Until the round trip is known.
    world.run(10_000)
    for (const { stream } of files) send(ada, stream, 'first', { to: bob })
    world.run(1_000)
    for (const { stream } of files) {
      for (let i = 0; i < 80; i++) send(ada, stream, new Uint8Array(60_000), { to: bob })
    }
    let onItsWay = 0
    world.runUntil(() => {
      onItsWay = Math.max(onItsWay, ada.engine.stats().bytesUnacknowledged)
      return bob.received.length >= 162
    })
    expect(onItsWay).toBeLessThan(most)
    expect(onItsWay).toBeGreaterThan(most / 2)
  })

  it('P23: lets what asks whether a member is there, and what answers that, go before all that waits', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    bob.isReading = false
    const written: MemberRecord['type'][] = []
    ada.tamper = (frame) => {
      written.push(...recordsOf(frame).map(({ type }) => type))
      return [frame]
    }
    for (let i = 0; i < 30; i++) ada.sendBytes(new Uint8Array(60_000), bob)
    // Nothing is heard of bob, and the ping waits for room as all does.
    world.stall(ada, bob)
    world.run(3_000)
    const before = written.length
    world.resume(ada, bob)
    bob.read()
    world.run(1_000)
    const [first, second] = written.slice(before)
    expect([first === 'ping' || first === 'pong', second]).toEqual([true, 'one'])
  })

  it.each([
    ['in bulk', STREAM_MODE.BULK],
    ['of messages', STREAM_MODE.MESSAGES],
  ])('P23: %s takes turns with others of its lane', (_name, mode) => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    const files = [17, 18, 19].map((stream) => ({ ...file, stream, mode }))
    for (const each of files) open(ada, each)
    for (const { stream } of files) for (let i = 0; i < 20; i++) send(ada, stream, new Uint8Array(50_000), { to: bob })
    world.run(5_000)
    const order = bob.received.map(({ stream }) => stream)
    const firstEnds = Math.min(...files.map(({ stream }) => order.lastIndexOf(stream)))
    // When one is through, the others are nearly so.
    expect(firstEnds).toBeGreaterThan(45)
  })

  it('P20: starts anew for both with the pair, and what was not acknowledged has failed', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, chat)
    send(ada, 16, 'one', { to: bob })
    world.run(1_000)
    world.cut(ada.link(bob))
    bob.isDead = true
    send(ada, 16, 'lost', { to: bob, submission: 9, confirm: true })
    world.runUntil(() => ada.left.length > 0)
    expect(ada.reportOf(9)?.failed).toMatchObject([{ id: bob.id, code: 'member-left' }])
    expect(ada.engine.holdings().streams).toBe(0)
  })

  it('P24: beyond 256 of one member is refused, and the others go on', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    for (let stream = 16; stream < 16 + 300; stream++) {
      open(ada, { ...chat, stream })
      send(ada, stream, 'x', { to: bob, submission: stream, confirm: true })
    }
    world.run(5_000)
    const refused = ada.reports.filter(({ report }) => report.failed[0]?.code === 'stream-refused')
    const taken = ada.reports.filter(({ report }) => report.delivered.length === 1)
    expect([taken.length, refused.length]).toEqual([256, 44])
    expect(bob.streams).toHaveLength(256)
    send(ada, 400 - 100, 'again', { to: bob, submission: 1_000 })
    expect(ada.failures).toMatchObject([{ submission: 1_000, failure: { code: 'stream-refused' } }])
    ada.send('on')
    world.run(100)
    expect(heard(bob, ada, 0)).toEqual(['on'])
  })

  it.each([
    ['of an application', [1, 4, 5], 256, [2, 3, 6, 7, 8, 200], 32],
    ['of all other kinds', [2, 3, 6, 7, 8, 200], 32, [1, 4, 5], 256],
  ])(
    'P24: is taken however many %s are open, and whoever opens more is told',
    (_what, many, most, others, mostOthers) => {
      const { world, ada, bob } = setup(['ada', 'bob'])
      let stream = 16
      const openAll = (kinds: readonly number[], count: number): void => {
        for (let i = 0; i < count; i++, stream++) {
          open(ada, { ...chat, stream, kind: kinds[i % kinds.length] as number })
          send(ada, stream, 'x', { to: bob, submission: stream, confirm: true })
        }
        world.run(5_000)
      }
      openAll(many, 1_000)
      expect(bob.streams).toHaveLength(most)
      expect(ada.reports.filter(({ report }) => report.failed[0]?.code === 'stream-refused')).toHaveLength(1_000 - most)
      openAll(others, mostOthers)
      expect(bob.streams).toHaveLength(most + mostOthers)
      send(ada, 16, 'end', { to: bob, end: true })
      world.run(1_000)
      openAll(many, 2)
      expect(bob.streams).toHaveLength(most + mostOthers + 1)
    },
  )

  it('P20: that was never opened is not read, and nobody is blamed', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    const link = bob.link(ada)
    const bytes = pack(chunk({ stream: 77 }), privateChunk({ stream: 78 }))
    bob.step({ type: 'carrier:bytes', carrier: link.carrier, lane: 'reliable', bytes })
    world.run(100)
    expect([bob.received.length, link.state]).toEqual([0, 'open'])
  })

  it('P25: can be given up, and what has not arrived does not come', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, file)
    send(ada, 17, 'first', { to: bob })
    world.run(100)
    bob.isReading = false
    world.run(10)
    for (let i = 0; i < 100; i++) send(ada, 17, new Uint8Array(60_000), { to: bob })
    world.run(100)
    ada.step({ type: 'stream:cut', stream: 17 })
    send(ada, 17, 'given up', { to: bob, end: true })
    bob.isReading = true
    bob.read()
    world.run(1_000)
    expect(heard(bob, ada, 17).at(-1)).toBe('given up end')
    expect(heard(bob, ada, 17).length).toBeLessThan(40)
    expect(ada.engine.holdings().streams).toBe(0)
  })

  it('T6, P20: to all goes down the tree in a large group, once it is known', () => {
    const names = Array.from({ length: 12 }, (_, index) => `m${String(index)}`)
    const world = MeshWorld.joined(names, { limits: { ...limits, maxLinks: 4 } })
    const [author, ...others] = world.members as [TestMember, ...TestMember[]]
    open(author, chat)
    for (let i = 0; i < 6; i++) {
      send(author, 16, `say ${String(i)}`)
      world.run(3_000)
    }
    let frames = 0
    author.tamper = (frame) => {
      if (frame[0] === FRAME.BCAST) frames++
      return [frame]
    }
    send(author, 16, 'by the tree')
    world.run(3_000)
    expect(frames).toBeGreaterThan(0)
    const said = [...Array.from({ length: 6 }, (_, i) => `say ${String(i)}`), 'by the tree']
    for (const other of others) expect(heard(other, author, 16)).toEqual(said)
  })
})

describe('a stream that is watched', () => {
  it('tells what a member has not acknowledged, be it sent or not, each time that it acknowledges more', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    ada.step({ type: 'stream:open', opening: chat, isWatched: true })
    // More than goes on a stream before it is acknowledged for the first time.
    for (let i = 0; i < 4; i++) send(ada, 16, new Uint8Array(100_000))
    expect(ada.acknowledged).toEqual([])
    world.run(1_000)
    const bytes = ada.acknowledged.map((acknowledged) => acknowledged.bytes)
    expect(new Set(ada.acknowledged.map(({ stream, id }) => `${stream} ${id}`))).toEqual(new Set([`16 ${bob.id}`]))
    expect(bytes[0]).toBeGreaterThan(4 * 100_064 - 262_144 - 65_536)
    expect(bytes).toEqual([...bytes].sort((one, other) => other - one))
    expect(bytes.at(-1)).toBe(0)
  })

  it('tells that nothing is under way to a member that takes none of it', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    ada.step({ type: 'stream:open', opening: chat, isWatched: true })
    send(ada, 16, 'one')
    bob.inject(ada, pack({ type: 'stop', stream: 16 }))
    world.run(100)
    send(ada, 16, 'two')
    expect(ada.acknowledged.at(-1)).toEqual({ stream: 16, id: bob.id, bytes: 0 })
    expect(ada.acknowledged.length).toBeGreaterThan(1)
  })

  it('of which nothing is asked tells nothing', () => {
    const { world, ada } = setup(['ada', 'bob'])
    open(ada, chat)
    send(ada, 16, 'one')
    world.run(1_000)
    expect(ada.acknowledged).toEqual([])
  })
})

describe('a stream that promises nothing', () => {
  const cursor: Opening = { stream: 20, kind: 1, mode: STREAM_MODE.LATEST, name: 'cursor' }
  const noise: Opening = { stream: 21, kind: 1, mode: STREAM_MODE.UNRELIABLE, name: 'noise' }
  const post = (from: TestMember, stream: number, text: string, to: TestMember | 'all' = 'all'): void => {
    from.step({ type: 'post', stream, to: to === 'all' ? 'all' : to.id, bytes: encodeUtf8(text) })
  }

  it('P26: reaches those who are here over the lane that is for it', () => {
    const { world, ada, bob, cyd } = setup()
    open(ada, cursor)
    post(ada, 20, 'first')
    world.run(500)
    const lanes: string[] = []
    ada.tamper = (frame, lane) => {
      if (recordsOf(frame).some(({ type }) => type === 'datagram')) lanes.push(lane)
      return [frame]
    }
    post(ada, 20, 'second')
    world.run(500)
    post(ada, 20, 'third', bob)
    world.run(500)
    expect(heard(bob, ada, 20)).toEqual(['first', 'second', 'third'])
    expect(heard(cyd, ada, 20)).toEqual(['first', 'second'])
    expect(lanes).toEqual(['unreliable', 'unreliable', 'unreliable'])
  })

  it('P26: goes with the rest over a link that has no such lane', () => {
    const world = new MeshWorld()
    const [ada, bob] = world.create(['ada', 'bob'], { limits }) as [TestMember, TestMember]
    world.refuse(ada, bob)
    for (const member of [ada, bob]) member.step({ type: 'start' })
    ada.connectSocket(bob)
    world.runUntil(() => world.isWhole, 5_000)
    open(ada, cursor)
    post(ada, 20, 'first')
    world.run(500)
    const lanes = new Set<string>()
    ada.tamper = (frame, lane) => {
      lanes.add(lane)
      return [frame]
    }
    post(ada, 20, 'second')
    world.run(500)
    expect(heard(bob, ada, 20)).toEqual(['first', 'second'])
    expect([...lanes]).toEqual(['reliable'])
  })

  it('P26: of the latest, what waits is replaced by what is newer', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, cursor)
    for (let i = 0; i < 100; i++) post(ada, 20, String(i))
    world.run(1_000)
    expect(heard(bob, ada, 20)).toEqual(['99'])
  })

  it('P26: says whether it is for all, or for this member alone', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    for (const opening of [cursor, noise]) {
      open(ada, opening)
      post(ada, opening.stream, 'first')
      world.run(500)
      post(ada, opening.stream, 'only you', bob)
      world.run(500)
      const received = bob.received.filter(({ stream }) => stream === opening.stream)
      expect(received.map(({ to }) => to)).toEqual(['all', 'me'])
    }
  })

  it('P26: of the latest, what is for all and what is for one do not replace each other, and neither makes the other old', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, cursor)
    post(ada, 20, 'first')
    world.run(500)
    const frames: Uint8Array[] = []
    ada.tamper = (frame) => {
      if (!recordsOf(frame).some(({ type }) => type === 'datagram')) return [frame]
      frames.push(frame)
      return []
    }
    for (const text of ['old', 'new']) {
      post(ada, 20, `${text} to bob`, bob)
      post(ada, 20, `${text} to all`)
    }
    world.run(100)
    const { carrier } = bob.link(ada)
    for (const bytes of frames.reverse()) bob.step({ type: 'carrier:bytes', carrier, lane: 'unreliable', bytes })
    expect(heard(bob, ada, 20)).toEqual(['first', 'new to all', 'new to bob'])
  })

  it('P26: of the latest, one that comes late is dropped', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, cursor)
    post(ada, 20, 'first')
    world.run(500)
    const late: Uint8Array[] = []
    ada.tamper = (frame) => {
      if (late.length > 0 || !recordsOf(frame).some(({ type }) => type === 'datagram')) return [frame]
      late.push(frame)
      return []
    }
    post(ada, 20, 'late')
    world.run(100)
    post(ada, 20, 'newer')
    world.run(100)
    const { carrier } = bob.link(ada)
    bob.step({ type: 'carrier:bytes', carrier, lane: 'unreliable', bytes: late[0] as Uint8Array })
    expect(heard(bob, ada, 20)).toEqual(['first', 'newer'])
  })

  it('P26: of the others, the oldest of what waits are dropped, and none comes twice', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, noise)
    for (let i = 0; i < 100; i++) post(ada, 21, String(i))
    ada.tamper = (frame) => [frame, frame.slice()]
    world.run(1_000)
    expect(heard(bob, ada, 21)).toEqual(Array.from({ length: 64 }, (_, i) => String(36 + i)))
  })

  it('P26: goes through others, too, where there is no link', () => {
    const { world, ada, bob } = setup()
    open(ada, cursor)
    post(ada, 20, 'first', bob)
    world.run(500)
    world.refuse(ada, bob)
    world.run(3_000)
    post(ada, 20, 'relayed', bob)
    world.run(500)
    expect(heard(bob, ada, 20)).toEqual(['first', 'relayed'])
  })

  it('P26: is never waited for, however little is read', () => {
    const { world, ada, bob } = setup(['ada', 'bob'])
    open(ada, cursor)
    post(ada, 20, 'first')
    world.run(500)
    bob.isDead = true
    for (let i = 0; i < 10_000; i++) post(ada, 20, String(i))
    world.run(1_000)
    expect(ada.engine.holdings().unacknowledgedBytes).toBe(0)
  })
})
