import { describe, expect, it, vi } from 'vitest'
import { OpenRequests } from '../../../sdk/log/replication/open-requests.js'
import { Pace } from '../../../sdk/log/replication/pace.js'
import type { LogFrame } from '../../../sdk/protocol/log-frames.js'
import { createReplica, join, TestTime, type Replica, type Wire } from './replication-world.js'
import { createSlowWay } from './slow-way.js'
import { texts } from './setup.js'

const signal = new AbortController().signal
const all = (end: number) => ({ start: 0, end, onProgress: () => undefined, signal })

const kinds = ({ sent }: Wire, type: LogFrame['type']): number => sent.filter((frame) => frame.type === type).length

const peerNamed = (of: Replica, name: string) => of.swarm.peers().find(({ id }) => id === name)

describe('a replica', () => {
  it.each([
    ['small blocks', 1_024, 6_000],
    ['large blocks', 60_000, 120],
  ])('J18: gets a log at the rate of a slow way, whatever that buffers: %s', async (_what, bytes, count) => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(count).map((text) => text.padEnd(bytes)))
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    const rate = 125_000
    const way = createSlowWay(writer, reader, time, { rate, buffer: 2_097_152 })
    await way.pass(30_000)
    const came = reader.core.state.presence.count(count) * bytes
    expect(came / (rate * 30)).toBeGreaterThan(0.75)
    // Whoever asks for something else now does not wait for long.
    expect(way.buffered() / rate).toBeLessThan(4)
    expect([writer.violations, reader.violations]).toEqual([[], []])
  })

  it('J18: waits for a peer that stood still, and is no nuisance to it', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(6_400))
    const reader = await createReplica('reader', time, writer.log.url)
    const [, asked] = join(writer, reader)
    // By then it is asked for as much as may be.
    await reader.swarm.download(all(2_560))
    const start = asked.hold()
    const download = reader.swarm.download(all(6_400))
    await vi.waitFor(() => expect(asked.held).toBeGreaterThan(20))
    for (let round = 0; round < 5; round++) time.pass(10_000)
    start()
    await download
    expect([writer.violations, reader.violations]).toEqual([[], []])
  })

  it('J18: moves to another peer what one brings much slower, though that is not silent', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(64).map((text) => text.padEnd(4_000)))
    const copy = await createReplica('copy', time, writer.log.url)
    const [wire] = join(writer, copy)
    await copy.swarm.download(all(64))
    wire.cut()
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    const [slow, asked] = join(writer, reader)
    const start = slow.hold('data')
    await vi.waitFor(() => expect(kinds(asked, 'req')).toBe(1))
    const [, other] = join(copy, reader)
    await vi.waitFor(() => expect(peerNamed(reader, 'copy')?.bitfield[7]).toBe(255))
    time.pass(6_000)
    await slow.release()
    time.pass(4_000)
    await vi.waitFor(async () => expect(await reader.log.has(0, 64)).toBe(true))
    expect([kinds(other, 'req'), kinds(asked, 'cancel')]).toEqual([1, 1])
    start()
  })

  it('J18: goes on with a slow peer as long as no other one is much faster', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(64).map((text) => text.padEnd(4_000)))
    const reader = await createReplica('reader', time, writer.log.url, { isEager: true })
    const [slow, asked] = join(writer, reader)
    const start = slow.hold('data')
    await vi.waitFor(() => expect(kinds(asked, 'req')).toBe(1))
    for (let round = 0; round < 3; round++) {
      time.pass(9_000)
      await slow.release()
    }
    start()
    await vi.waitFor(async () => expect(await reader.log.has(0, 64)).toBe(true))
    expect([kinds(asked, 'req'), kinds(asked, 'cancel')]).toEqual([1, 0])
  })

  it('J18: is not kept from a block by a peer that answers what came later alone', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(200))
    const copy = await createReplica('copy', time, writer.log.url)
    const [wire] = join(writer, copy)
    await copy.swarm.download(all(200))
    wire.cut()
    const reader = await createReplica('reader', time, writer.log.url)
    const [sly] = join(writer, reader)
    await vi.waitFor(() => expect(peerNamed(reader, 'writer')?.bitfield[24]).toBe(255))
    sly.change = (frame) => (frame.type === 'data' && frame.first === 5 ? [] : [frame])
    const block = reader.log.get(5)
    expect(await reader.log.get(70)).toBe('text 70')
    join(copy, reader)
    await vi.waitFor(() => expect(peerNamed(reader, 'copy')?.bitfield[24]).toBe(255))
    time.pass(9_000)
    expect(await reader.log.get(71)).toBe('text 71')
    time.pass(1_000)
    expect(await block).toBe('text 5')
  })

  it('asks who is near for more than who is far', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(300))
    const copy = await createReplica('copy', time, writer.log.url)
    join(writer, copy)
    await copy.swarm.download(all(300))
    const reader = await createReplica('reader', time, writer.log.url)
    const [far, askedFar] = join(writer, reader)
    await vi.waitFor(() => expect(peerNamed(reader, 'writer')?.bitfield[37]).toBe(15))
    expect(peerNamed(reader, 'writer')?.rttMs).toBeNull()
    const start = far.hold('data')
    const first = reader.log.get(0)
    await vi.waitFor(() => expect(far.held).toBe(1))
    time.pass(400)
    start()
    await first
    expect(peerNamed(reader, 'writer')?.rttMs).toBe(400)
    const [, askedNear] = join(copy, reader)
    await vi.waitFor(() => expect(peerNamed(reader, 'copy')?.bitfield[37]).toBe(15))
    for (let block = 1; block <= 10; block++) await reader.log.get(block * 20)
    expect([kinds(askedFar, 'req'), kinds(askedNear, 'req')]).toEqual([1, 10])
  })
})

describe('what a peer is asked', () => {
  it('J18: is late after ten seconds, and the peer silent when it has answered nothing for as long', () => {
    const time = new TestTime()
    const requests = new OpenRequests(time)
    const late = vi.fn()
    const [first, second] = [requests.begin(null), requests.begin(late)]
    time.pass(6_000)
    requests.heard(first)
    time.pass(4_000)
    expect(late.mock.calls).toEqual([[false]])
    time.pass(6_000)
    expect(late.mock.calls).toEqual([[false], [true]])
    expect(() => requests.heard(second + 1)).toThrow('an answer to nothing')
    requests.end(second)
    time.pass(10_000)
    expect([late.mock.calls.length, time.pending, requests.size]).toEqual([2, 0, 1])
  })

  it('J18: is 32 things at a time, one of which is left for how the log grew, and one for what is durable', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(70))
    const reader = await createReplica('reader', time, writer.log.url)
    const [, asked] = join(writer, reader)
    await reader.log.get(69)
    const start = asked.hold()
    const wanted = Array.from({ length: 69 }, (_, block) => reader.log.get(block))
    await vi.waitFor(() => expect(asked.held).toBe(30))
    for (let size = 100; size < 108; size++) asked.peer.growths.ask(size)
    expect(asked.held).toBe(31)
    const kept = asked.peer.keeps.ask({ start: 0, end: 1 })
    expect(asked.held).toBe(32)
    start()
    await Promise.all([...wanted, kept])
    expect(writer.violations).toEqual([])
  })

  it('J18: does not count any more at who is asked, once it is cancelled', async () => {
    const time = new TestTime()
    const writer = await createReplica('writer', time, null)
    await writer.log.append(texts(20))
    const reader = await createReplica('reader', time, writer.log.url)
    const [, wire] = join(writer, reader)
    const many = Array.from({ length: 100 }, (_, at) => [
      { type: 'req', id: at + 9, start: 0, count: 20, size: 20 } as const,
      { type: 'cancel', id: at + 9 } as const,
    ]).flat()
    wire.change = (frame) => (frame.type === 'req' ? [...many, frame] : [frame])
    expect(await reader.log.get(5)).toBe('text 5')
    expect(writer.violations).toEqual([])
  })
})

describe('the pace of a peer', () => {
  it('is what it brings in two and a half seconds, once it takes longer, and grows as answers come', () => {
    const pace = new Pace()
    const before = pace.bytesAhead
    pace.answered(100_000, 100_000, 50)
    expect(pace.bytesAhead).toBe(before + 100_000)
    pace.answered(100_000, 1_000_000, 10_000)
    expect(pace.bytesAhead).toBe(250_000)
    pace.answered(1_000, 1_000, 400)
    expect(pace.bytesAhead).toBe(250_000)
    pace.answered(250_000, 250_000, 0)
    expect(pace.bytesAhead).toBe(500_000)
  })
})
