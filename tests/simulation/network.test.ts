import { describe, expect, it } from 'vitest'
import type { Lane } from '../../sdk/protocol/carrier.js'
import { Random } from '../support/random.js'
import { Network, type CutKind, type LinkEnd, type PairShape } from './network.js'
import { EventQueue } from './queue.js'

const shape: PairShape = {
  delayMs: 20,
  jitterMs: 30,
  bytesPerSecond: 100_000,
  markBytes: 64 * 1024,
  lazyRoom: false,
  unreliableLoss: 0.3,
  binding: true,
  needsCandidate: false,
}

/** Two scripted members that link by hand, and note all that they are told. */
const setup = (seed: number, changes: Partial<PairShape> = {}) => {
  const queue = new EventQueue()
  const network = new Network(queue, new Random(seed), () => ({ ...shape, ...changes }))
  const side = (from: number, to: number, remote: Uint8Array | null, onSignal: (bytes: Uint8Array) => void) => {
    const seen = {
      arrived: { reliable: [] as number[], unreliable: [] as number[] },
      room: { reliable: 0, unreliable: 0 } as Record<Lane, number>,
      fingerprints: [] as Uint8Array[],
      opened: false,
      closedAtMs: null as number | null,
    }
    const end: LinkEnd = network.open(from, to, remote, {
      signal: (_kind, bytes) => onSignal(bytes),
      open: (binding, room) => {
        seen.opened = true
        Object.assign(seen.room, room)
        if (binding !== null) seen.fingerprints.push(binding.local, binding.remote)
      },
      bytes: (lane, bytes) => seen.arrived[lane].push(bytes[0] as number),
      room: (lane, bytes) => {
        seen.room[lane] = bytes
      },
      closed: () => {
        seen.closedAtMs = queue.nowMs
      },
    })
    return { seen, end }
  }
  let b: ReturnType<typeof side> | null = null
  const a = side(0, 1, null, (bytes) => {
    if (b === null) b = side(1, 0, bytes, (answer) => queue.in(15, () => a.end.signal(answer)))
    else b.end.signal(bytes)
  })
  queue.runUntil(2_000)
  return { queue, network, a, b: b as unknown as ReturnType<typeof side> }
}

const frames = (count: number, size = 1_000) => Array.from({ length: count }, (_, i) => new Uint8Array(size).fill(i))

describe('virtual links', () => {
  it('come up by an exchange of descriptions, with fingerprints that match crosswise', () => {
    const { a, b } = setup(1, { needsCandidate: true })
    expect(a.seen.opened && b.seen.opened).toBe(true)
    expect(a.seen.fingerprints).toEqual([...b.seen.fingerprints].reverse())
  })

  it('keep the order on the reliable lane and lose nothing', () => {
    const { queue, a, b } = setup(2)
    for (const frame of frames(200)) a.end.write('reliable', frame)
    queue.runUntil(10_000)
    expect(b.seen.arrived.reliable).toEqual(Array.from({ length: 200 }, (_, i) => i))
  })

  it('lose some on the unreliable lane', () => {
    const { queue, a, b } = setup(3)
    for (const frame of frames(200)) a.end.write('unreliable', frame)
    queue.runUntil(10_000)
    expect(b.seen.arrived.unreliable.length).toBeGreaterThan(100)
    expect(b.seen.arrived.unreliable.length).toBeLessThan(180)
  })

  it('report room as the buffer drains at the rate of the link', () => {
    const { queue, a } = setup(4)
    for (const frame of frames(50)) a.end.write('reliable', frame)
    queue.runUntil(2_000 + 250)
    expect(a.seen.room.reliable).toBe(64 * 1024 - 25_000)
    queue.runUntil(3_000)
    expect(a.seen.room.reliable).toBe(64 * 1024)
  })

  it.each<[CutKind, number, number]>([
    ['both', 0, 0],
    ['late', 0, 16_000],
    ['silent', 16_000, 16_000],
  ])('deliver no more than a beginning once cut (%s), and tell both ends', (kind, first, last) => {
    const { queue, network, a, b } = setup(5)
    for (const frame of frames(100)) a.end.write('reliable', frame)
    queue.runUntil(2_500)
    network.openLink(0, 1)?.cut(kind)
    queue.runUntil(60_000)
    expect(b.seen.arrived.reliable).toEqual(b.seen.arrived.reliable.map((_, i) => i))
    expect(b.seen.arrived.reliable.length).toBeLessThan(60)
    const closed = [a.seen.closedAtMs ?? -1, b.seen.closedAtMs ?? -1].sort((x, y) => x - y).map((ms) => ms - 2_500)
    expect(closed[0]).toBe(first)
    expect(closed[1]).toBeLessThanOrEqual(last)
    expect(network.links.size).toBe(0)
  })

  it('deliver what was sent before a draining close, then close the other end', () => {
    const { queue, a, b } = setup(6)
    for (const frame of frames(20)) a.end.write('reliable', frame)
    a.end.close(true)
    queue.runUntil(10_000)
    expect(b.seen.arrived.reliable).toHaveLength(20)
    expect(b.seen.closedAtMs).not.toBeNull()
    expect(a.seen.closedAtMs).toBeNull()
  })

  it('hold everything back while stalled, and lose nothing', () => {
    const { queue, network, a, b } = setup(7)
    for (const frame of frames(20)) a.end.write('reliable', frame)
    network.openLink(0, 1)?.stall(3_000)
    queue.runUntil(4_900)
    expect(b.seen.arrived.reliable).toHaveLength(0)
    queue.runUntil(6_000)
    expect(b.seen.arrived.reliable).toHaveLength(20)
  })

  it('fail after some seconds where the pair cannot connect', () => {
    const queue = new EventQueue()
    const network = new Network(queue, new Random(8), () => shape)
    network.pair(0, 1).reach = 'fails'
    const closed: number[] = []
    const ignore = { open: () => undefined, bytes: () => undefined, room: () => undefined }
    let b: LinkEnd | null = null
    const a = network.open(0, 1, null, {
      ...ignore,
      signal: (_kind, offer) => {
        b ??= network.open(1, 0, offer, {
          ...ignore,
          signal: (_k, answer) => a.signal(answer),
          closed: () => closed.push(1),
        })
      },
      closed: () => closed.push(0),
    })
    queue.runUntil(20_000)
    expect(closed.sort()).toEqual([0, 1])
  })
})
