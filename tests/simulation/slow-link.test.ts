import { MAX_CHUNK_BYTES } from '../../sdk/protocol/limits.js'
import { expect, it } from 'vitest'
import { disagreement } from './agreement.js'
import { makeCalmWorld } from './calm-world.js'
import type { Member } from './member.js'
import type { World } from './world.js'
import { ownStreams } from './world.js'

const bulk = ownStreams[1]?.stream ?? 0
/** 10 Mbit/s, and the mark that a WebRTC link begins with. */
const shape = { bytesPerSecond: 1_250_000, delayMs: 25, jitterMs: 5, markBytes: 128 * 1024 }

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

it('beside bulk on a link of 10 Mbit/s, a small message and its answer take at most 150 ms more than without', () => {
  const world = makeCalmWorld('slow link', shape)
  const pair = [world.join(0), world.join(1)] as const
  world.runUntil(() => disagreement(world) === null, 30_000)
  const [a, b] = pair
  const idle = roundTrips(world, pair, 200)
  for (let i = 0; i < 1_000; i++) world.send(a, b, MAX_CHUNK_BYTES, { stream: bulk })
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
