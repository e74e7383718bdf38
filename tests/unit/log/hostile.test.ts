import { describe, expect, it, vi } from 'vitest'
import { loadSodium, logKeysOf, signLogHead } from '../../../sdk/crypto/index.js'
import type { LogFrame, ProvedBlock } from '../../../sdk/protocol/log-frames.js'
import { decodeLogWriter } from '../../../sdk/protocol/log-writer.js'
import { createReplica, join, TestTime, type Change, type Replica } from './replication-world.js'
import { createDevice, keyOf, texts } from './setup.js'

type Data = Extract<LogFrame, { type: 'data' }>

/** A writer whose answers are changed on their way, and a reader that waits for block 5 of 20. */
const hostile = async (change: Change, index = 5) => {
  const time = new TestTime()
  const writer = await createReplica('writer', time, null)
  await writer.log.append(texts(20))
  const reader = await createReplica('reader', time, writer.log.url)
  const [wire] = join(writer, reader, { says: change })
  const block = reader.log.get(index, { timeoutMs: 60_000 }).catch(() => null)
  return { time, writer, reader, wire, block }
}

const onData =
  (change: (frame: Data) => LogFrame): Change =>
  (frame) => [frame.type === 'data' ? change(frame) : frame]

const onFirst = (change: (block: ProvedBlock) => ProvedBlock): Change =>
  onData((frame) => ({ ...frame, blocks: frame.blocks.map((each, at) => (at === 0 ? change(each) : each)) }))

const only =
  (type: LogFrame['type'], ...frames: readonly (LogFrame | Uint8Array)[]): Change =>
  (frame) =>
    frame.type === type ? frames : [frame]

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte))
const hash = new Uint8Array(32)

describe('a peer that sends what is not so', () => {
  it.each<[string, Change]>([
    ['AT-L01: another block', onFirst(({ block, proof }) => ({ block: flipped(block), proof }))],
    ['AT-L02: the block of another place', onData((frame) => ({ ...frame, first: 6 }))],
    ['AT-L03: a proof that is too long', onFirst(({ block, proof }) => ({ block, proof: [...proof, hash] }))],
    ['AT-L03: a proof that is too short', onFirst(({ block, proof }) => ({ block, proof: proof.slice(1) }))],
    ['AT-L04: siblings that are swapped', onFirst(({ block, proof }) => ({ block, proof: [...proof].reverse() }))],
    ['more blocks than were asked for', onData((frame) => ({ ...frame, blocks: [...frame.blocks, ...frame.blocks] }))],
    ['an answer to nothing', onData((frame) => ({ ...frame, id: 1_000 }))],
    ['growth that is not so', (frame) => [frame.type === 'up' ? { ...frame, nodes: frame.nodes.map(flipped) } : frame]],
    ['AT-L05: half a head', only('head', new Uint8Array(70).fill(2))],
    [
      'a head that nobody signed',
      (frame) => [frame.type === 'head' ? { ...frame, head: flipped(frame.head.toReversed()) } : frame],
    ],
    ['evidence of nothing', only('head', { type: 'fork', evidence: new Uint8Array(300) })],
    ['AT-L10: a place of 2^53', only('head', Uint8Array.of(4, 0, ...Array<number>(7).fill(255), 31, 1, 1))],
    ['what is no frame', only('head', Uint8Array.of(77))],
    ['J14: a capability for somebody else', only('open', { type: 'open', logId: hash, capability: hash })],
    ['J14: data before its capability', only('open', { type: 'cancel', id: 0 })],
  ])('J19: is closed and told of, and nothing of it is kept: %s', async (_what, change) => {
    const { reader, writer } = await hostile(change)
    await vi.waitFor(() => expect(reader.violations).toHaveLength(1))
    expect(reader.violations[0]).toMatch(/^writer: /)
    expect(reader.swarm.peers()).toEqual([])
    expect(await reader.log.has(5)).toBe(false)
    expect(reader.log.fork).toBeNull()
    // From somebody else it comes all the same.
    const time = new TestTime()
    const copy = await createReplica('copy', time, writer.log.url)
    join(writer, copy)
    await copy.log.get(5)
    join(copy, reader)
    expect(await reader.log.get(5)).toBe('text 5')
  })

  it('J14: learns nothing of a log without its key, and another capability does not help', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(3))
    const other = await createReplica('other', time, null)
    const wires = join(writer, other)
    const violations = (): string[] => [...writer.violations, ...other.violations]
    await vi.waitFor(() => expect(violations()).toEqual([expect.stringMatching(/: no capability for this log$/)]))
    expect(wires.map(({ sent }) => sent.map(({ type }) => type))).toEqual([['open'], ['open']])
  })

  it('J14: cannot use a capability that it was shown in another place, or its own', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    const reader = await createReplica('reader', time, writer.log.url)
    const [shown, own] = join(reader, writer)
    const thief = await createReplica('thief', time, writer.log.url)
    join(thief, writer, { binding: new Uint8Array(32).fill(1), says: only('open', shown.sent[0] as LogFrame) })
    await vi.waitFor(() => expect(writer.violations).toEqual(['thief: no capability for this log']))
    const mirror = await createReplica('mirror', time, writer.log.url)
    join(mirror, writer, { says: only('open', own.sent[0] as LogFrame) })
    await vi.waitFor(() => expect(writer.violations).toHaveLength(2))
  })

  it('AT-L06: shows an older head, which takes nothing back', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(5))
    const old = writer.log.signedHead as Uint8Array
    await writer.log.append(texts(5, 5))
    const reader = await createReplica('reader', time, writer.log.url)
    const [wire] = join(writer, reader)
    await reader.log.get(7)
    wire.change = (frame) => [frame.type === 'head' ? { ...frame, head: old } : frame]
    await writer.log.append('more')
    await reader.log.get(3)
    expect([reader.log.length, reader.violations]).toEqual([10, []])
  })

  it('AT-L10: floods with requests, and is cut off', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(20))
    const reader = await createReplica('reader', time, writer.log.url)
    const [, wire] = join(writer, reader)
    const flood = Array.from(
      { length: 40 },
      (_, id) => ({ type: 'req', id: id + 9, start: 0, count: 20, size: 20 }) as const,
    )
    wire.change = (frame) => (frame.type === 'req' ? flood : [frame])
    await Promise.allSettled([reader.log.get(5, { timeoutMs: 50 })])
    await vi.waitFor(() => expect(writer.violations).toEqual(['reader: too many requests']))
  })
})

/** Two devices that are the writer of one log: the second was restored from a copy of the first. */
const equivocators = async (time: TestTime, before: number) => {
  const one = createDevice()
  const first = one.log('log')
  await first.append(texts(before))
  const storage = one.place.open()
  const entries = await storage.range(Uint8Array.of(1), Uint8Array.of(255), 1_000)
  await storage.close()
  const two = createDevice()
  const copy = two.place.open()
  await copy.write(entries, { durability: 'strict' })
  await copy.close()
  const writers = [
    await createReplica('one', time, first.url, { device: one }),
    await createReplica('two', time, first.url, { device: two }),
  ] as const
  return writers
}

const readerOf = async (writer: Replica, time: TestTime, name: string): Promise<Replica> => {
  const reader = await createReplica(name, time, writer.log.url, { isEager: true })
  const [wire] = join(writer, reader)
  await vi.waitFor(async () => expect(await reader.log.has(0, writer.log.length)).toBe(true))
  wire.cut()
  return reader
}

describe('a writer that signs two histories', () => {
  it.each([
    ['AT-L07: of one size', 3, 3],
    ['AT-L08: of two sizes', 2, 6],
    ['AT-L08: of two sizes, the other way', 6, 2],
  ])('AT-L09: is found out when two readers meet, %s, and each that they know is told', async (_what, more, others) => {
    const time = new TestTime()
    const [one, two] = await equivocators(time, 4)
    await one.log.append(texts(more, 100))
    await two.log.append(texts(others, 200))
    const [left, right] = [await readerOf(one, time, 'left'), await readerOf(two, time, 'right')]
    const third = await createReplica('third', time, one.log.url)
    const [told] = join(left, third)
    await vi.waitFor(() => expect(third.log.length).toBe(4 + more))
    join(left, right)
    await vi.waitFor(() => {
      for (const each of [left, right, third]) expect(each.log.fork).not.toBeNull()
    })
    expect(told.sent.filter(({ type }) => type === 'fork')).toHaveLength(1)
    expect([left, right, third].flatMap(({ violations }) => violations)).toEqual([])
    // What is here stays readable, and nothing is added.
    expect(await left.log.get(4)).toBe('text 100')
    expect(await right.log.get(4)).toBe('text 200')
    const length = left.log.length
    join(one, left)
    await vi.waitFor(() => expect(one.log.fork).not.toBeNull())
    await expect(one.log.append('more')).rejects.toMatchObject({ code: 'log-forked' })
    expect(left.log.length).toBe(length)
  })

  it('J16: is found out by a reader that is shown how the other history grew', async () => {
    const time = new TestTime()
    const [one, two] = await equivocators(time, 4)
    await one.log.append(texts(2, 100))
    await two.log.append(texts(6, 200))
    const reader = await readerOf(one, time, 'reader')
    // The other side knows nothing of what the reader has.
    const [, said] = join(two, reader)
    said.change = (frame) => (frame.type === 'head' ? [] : [frame])
    await vi.waitFor(() => expect(reader.log.fork).not.toBeNull())
    expect([reader.log.length, reader.violations]).toEqual([6, []])
    await vi.waitFor(() => expect(two.log.fork).toEqual(reader.log.fork))
  })

  it('J16: is found out by a reader that cannot compare what it is shown, as others can show it how its own history grew', async () => {
    const time = new TestTime()
    const [one, two] = await equivocators(time, 4)
    await one.log.append(texts(2, 100))
    await two.log.append(texts(9, 200))
    const [left, right] = [
      await createReplica('left', time, one.log.url),
      await createReplica('right', time, one.log.url),
    ] as const
    const [shown] = join(one, left)
    const [, asked] = join(two, right)
    await vi.waitFor(() => expect([left.log.length, right.log.length]).toEqual([6, 13]))
    shown.cut()
    join(left, right)
    await vi.waitFor(() => expect([left.log.fork, right.log.fork]).toEqual([expect.any(Uint8Array), left.log.fork]))
    expect(asked.sent.filter(({ type }) => type === 'ask')).toEqual([
      expect.objectContaining({ from: 0 }),
      expect.objectContaining({ from: 6 }),
    ])
    expect([left, right].flatMap(({ violations }) => violations)).toEqual([])
  })

  it('J19: does not make liars of its readers, whose blocks do not fit each other', async () => {
    const time = new TestTime()
    const [one, two] = await equivocators(time, 4)
    await one.log.append(texts(3, 100))
    await two.log.append(texts(9, 200))
    const [left, right] = [
      await createReplica('left', time, one.log.url),
      await createReplica('right', time, one.log.url),
    ] as const
    const [shown, shownToo] = [join(one, left)[0], join(two, right)[0]]
    expect(await right.log.get(5)).toBe('text 201')
    await vi.waitFor(() => expect(left.log.length).toBe(7))
    for (const wire of [shown, shownToo]) wire.cut()
    const [asked] = join(left, right)
    const block = left.log.get(5, { timeoutMs: 60_000 }).catch(() => null)
    await vi.waitFor(() => expect(asked.sent.filter(({ type }) => type === 'cancel')).toHaveLength(1))
    // Nobody here can tell who is right. It is not asked again.
    expect([left, right].map(({ violations, log }) => [violations, log.fork])).toEqual([
      [[], null],
      [[], null],
    ])
    join(one, left)
    expect(await block).toBe('text 101')
    join(two, right)
    await vi.waitFor(() => expect([left.log.fork, right.log.fork]).toEqual([expect.any(Uint8Array), left.log.fork]))
    expect([left, right].flatMap(({ violations }) => violations)).toEqual([])
    expect(asked.sent.filter(({ type }) => type === 'req')).toHaveLength(1)
  })

  it('is believed in no head of nothing', async () => {
    const time = new TestTime()
    const [one] = await equivocators(time, 4)
    const reader = await readerOf(one, time, 'reader')
    const storage = one.device.place.open()
    const [writer] = await storage.range(Uint8Array.of(2), Uint8Array.of(3), 1)
    await storage.close()
    const sodium = await loadSodium()
    const { secretKey } = logKeysOf(sodium, decodeLogWriter(writer?.value ?? new Uint8Array()).seed)
    const head = signLogHead(sodium, secretKey, { key: keyOf(one.log), size: 9, root: hash })
    const [wire] = join(one, reader)
    wire.change = only('head', { type: 'head', head })
    await reader.log.get(3)
    expect([reader.log.length, reader.log.fork]).toEqual([4, null])
  })
})
