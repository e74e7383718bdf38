import { MAX_CHUNK_BYTES } from '../../sdk/protocol/limits.js'
import { expect, it } from 'vitest'
import { disagreement } from './agreement.js'
import { calmShape, makeCalmWorld } from './calm-world.js'
import type { Member } from './member.js'
import { bulk } from './own-streams.js'
import { World } from './world.js'

/** 10 Mbit/s, and the mark that a WebRTC link begins with and keeps at this rate. */
const shape = { bytesPerSecond: 1_250_000, delayMs: 25, jitterMs: 5, markBytes: 64 * 1024 }

/** How long small messages take there and back, one after the other, in ms. */
const roundTrips = (world: World, [a, b]: readonly [Member, Member], count: number): number[] => {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const beganMs = world.queue.nowMs
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const number = world.send(from, to, 64)
      world.runUntil(() => !world.ledger.isOwed(from.name, number, to.name), 10_000, 1)
    }
    times.push(world.queue.nowMs - beganMs)
  }
  return times.sort((x, y) => x - y)
}

const trips = (times: readonly number[]): number => times[Math.floor(times.length * 0.99)] ?? NaN

/** Three in a row, of which the one in the middle relays for the others; its link to the last is ten times slower. */
const row = () => {
  const shapePair = (a: number, b: number) => ({
    ...calmShape,
    ...shape,
    bytesPerSecond: a + b === 1 ? 10 * shape.bytesPerSecond : shape.bytesPerSecond,
  })
  const world = new World({ seed: 'relay', shapePair, isSteady: true, isGenuine: true })
  world.network.keptOnClose = 1
  world.network.pair(0, 2).reach = 'fails'
  const [a, relay, c] = [0, 1, 2].map((place) => world.join(place)) as [Member, Member, Member]
  world.runUntil(() => disagreement(world) === null, 30_000)
  return { world, a, relay, c }
}

/** Bytes of bulk that `from` has sent and `to` has got in so many ms. */
const bulkIn = (world: World, forMs: number): ((from: Member) => number) => {
  const { ledger } = world
  const counted = new Map<string, number>()
  const deliver = ledger.deliver.bind(ledger)
  ledger.deliver = (sender, receiver, delivery) => {
    if (delivery.stream === bulk.stream) counted.set(sender, (counted.get(sender) ?? 0) + delivery.bytes.length)
    return deliver(sender, receiver, delivery)
  }
  world.run(forMs)
  ledger.deliver = deliver
  return (from) => counted.get(from.name) ?? 0
}

it('D5: a relay has its turn on a link that it carries bulk over, and its messages are not late for it', () => {
  const { world, a, relay, c } = row()
  const idle = roundTrips(world, [relay, c], 100)
  for (let i = 0; i < 1_000; i++) world.send(a, c, MAX_CHUNK_BYTES, { stream: bulk.stream })
  world.run(3_000)
  const busy = roundTrips(world, [relay, c], 100)
  const alone = bulkIn(world, 5_000)(a)
  for (let i = 0; i < 1_000; i++) world.send(relay, c, MAX_CHUNK_BYTES, { stream: bulk.stream })
  world.run(1_000)
  const both = bulkIn(world, 5_000)
  const whole = 5 * shape.bytesPerSecond
  expect(alone).toBeGreaterThan(0.9 * whole)
  // What it carries slows down, and neither starves.
  expect(both(relay)).toBeGreaterThan(0.4 * whole)
  expect(both(a)).toBeGreaterThan(0.25 * whole)
  expect(trips(busy) - trips(idle)).toBeLessThanOrEqual(150)
})

it('D5: beside bulk through a relay, messages to the same member are not late', () => {
  const { world, a, c } = row()
  const idle = roundTrips(world, [a, c], 100)
  for (let i = 0; i < 1_000; i++) world.send(a, c, MAX_CHUNK_BYTES, { stream: bulk.stream })
  world.run(3_000)
  const busy = roundTrips(world, [a, c], 100)
  expect(trips(busy) - trips(idle)).toBeLessThanOrEqual(250)
})

it('beside bulk on a link of 10 Mbit/s, a small message and its answer take at most 150 ms more than without', () => {
  const world = makeCalmWorld('slow link', shape)
  const pair = [world.join(0), world.join(1)] as const
  world.runUntil(() => disagreement(world) === null, 30_000)
  const [a, b] = pair
  const idle = roundTrips(world, pair, 200)
  for (let i = 0; i < 1_000; i++) world.send(a, b, MAX_CHUNK_BYTES, { stream: bulk.stream })
  world.run(2_000)
  const beganMs = world.queue.nowMs
  const before = world.ledger.missingCount()
  const busy = roundTrips(world, pair, 200)
  // The link was busy all the while, and nothing held it back.
  const pieces = before - world.ledger.missingCount()
  expect(world.ledger.missingCount()).toBeGreaterThan(0)
  expect((pieces * MAX_CHUNK_BYTES * 1_000) / (world.queue.nowMs - beganMs)).toBeGreaterThan(0.9 * shape.bytesPerSecond)
  expect((busy[198] ?? Infinity) - (idle[198] ?? 0)).toBeLessThanOrEqual(150)
})
