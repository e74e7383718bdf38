import { makeCalmWorld } from './calm-world.js'
import type { Member } from './member.js'
import type { World } from './world.js'

/** What a large group did. */
export interface LargeGroupReport {
  readonly members: number
  /** Direct links, of whoever has the most at any time, and the fewest in the end. */
  readonly mostLinks: number
  readonly fewestLinks: number
  readonly broadcasts: number
  /** Deliveries that are missing of those owed. */
  readonly missing: number
  /** Of one payload in a quiet group, written by one member. */
  readonly mostCopies: number
}

export interface LargeGroupOptions {
  readonly members: number
  readonly maxLinks: number
  readonly broadcasts: number
  /** Members that leave or crash, and others that come in their place. */
  readonly churn: number
}

const joinEveryMs = 150
const lookEveryMs = 500
const payloadBytes = 40_000
/** A member that has crashed shows after 15 s to whoever has no link to it. */
const settleWithinMs = 60_000

/** Joins a group that is far larger than anybody's links, sends through it, and lets some come and go. */
export const runLargeGroup = ({ members, maxLinks, broadcasts, churn }: LargeGroupOptions): LargeGroupReport => {
  const world = makeCalmWorld(`large group of ${members}`, { bytesPerSecond: 20_000_000 }, false)
  let mostLinks = 0
  const look = () => {
    for (const { engine } of world.running()) mostLinks = Math.max(mostLinks, engine.stats().links)
  }
  const run = (forMs: number) => {
    for (let leftMs = forMs; leftMs > 0; leftMs -= lookEveryMs) {
      world.run(Math.min(leftMs, lookEveryMs))
      look()
    }
  }
  for (let place = 0; place < members; place++) {
    world.join(place, { maxLinks })
    run(joinEveryMs)
  }
  settle(world, run)
  const mostCopies = sendQuietly(world, run, broadcasts)
  for (let count = 0; count < churn; count++) {
    const [gone] = world.running()
    if (gone === undefined) break
    if (count % 2 === 0) world.crash(gone, 5_000)
    else world.leave(gone, true)
    world.join(members + count, { maxLinks })
    world.send(pick(world, count), null, payloadBytes)
    run(1_000)
  }
  settle(world, run)
  return {
    members: world.running().length,
    mostLinks,
    fewestLinks: Math.min(...world.running().map(({ engine }) => engine.neighbors().length)),
    broadcasts: broadcasts + churn,
    missing: world.ledger.missingCount(),
    mostCopies,
  }
}

const pick = (world: World, count: number): Member => {
  const running = world.running()
  return running[(count * 37) % running.length] as Member
}

const sorted = (ids: readonly string[]): string => [...ids].sort().join()

/** Everybody sees everybody, and nobody else. */
const settle = (world: World, run: (forMs: number) => void): void => {
  const isSettled = () => {
    const running = world.running()
    const ids = sorted(running.map(({ id }) => id))
    return running.every(({ engine }) => sorted(engine.members()) === ids)
  }
  for (let ms = 0; !isSettled(); ms += 1_000) {
    if (ms >= settleWithinMs)
      world.fail('agreement', `members differ ${settleWithinMs / 1_000} s after the last change`)
    run(1_000)
  }
  // Guests' links are given up.
  run(10_000)
}

/** How often one member writes a payload at most, when nothing else happens. */
const sendQuietly = (world: World, run: (forMs: number) => void, broadcasts: number): number => {
  let mostCopies = 0
  for (let count = 0; count < broadcasts; count++) {
    const before = new Map(world.running().map((member) => [member, member.engine.stats().bytesSent]))
    world.send(pick(world, count), null, payloadBytes)
    run(1_500)
    for (const [member, bytes] of before) {
      mostCopies = Math.max(mostCopies, Math.floor((member.engine.stats().bytesSent - bytes) / payloadBytes))
    }
  }
  return mostCopies
}
