import { Random } from '../support/random.js'
import { disagreement } from './agreement.js'
import type { PairShape } from './network.js'
import { World } from './world.js'

/** What a run of stalls has seen. */
export interface StallReport {
  readonly seed: number
  readonly members: number
  readonly virtualMs: number
  readonly stalls: number
  readonly deliveries: number
  /** How often a path changed. */
  readonly pathChanges: number
  /** Members that were counted as gone though they were there. */
  readonly falseLeaves: number
}

const activeMs = 30 * 60_000
const mostStallMs = 5_000
const jitterMs = 300
/** A round trip through a third, at its longest. */
const leastCalmMs = 2_000

/**
 * Half an hour in which links stall for up to 5 s, one, all of a member or half of all, on top of up to 300 ms of jitter.
 * Nobody goes, so nobody may be seen to go, and what is sent arrives.
 */
export const runStalls = (seed: number, print: ((line: string) => void) | null = null): StallReport => {
  const random = new Random(`stalls ${seed}`)
  const places = random.integer(2, 8)
  const shapes = random.fork('shapes')
  const shapePair = (a: number, b: number): PairShape => {
    const pairRandom = shapes.fork(`${a}-${b}`)
    return {
      delayMs: pairRandom.between(1, 150),
      jitterMs,
      bytesPerSecond: pairRandom.pick([100_000, 1_000_000, 10_000_000]),
      markBytes: 64 * 1024,
      lazyRoom: pairRandom.chance(0.5),
      unreliableLoss: 0,
      binding: true,
      needsCandidate: false,
    }
  }
  const counts = { stalls: 0 }
  const world = new World({ seed: `stalls ${seed}`, shapePair, isSteady: true, isGenuine: false, print })
  if (places > 2 && random.chance(0.4)) world.network.pair(0, places - 1).reach = 'fails'
  for (let place = 0; place < places; place++) world.join(place)
  if (world.runUntil(() => disagreement(world) === null, 30_000, 200) === null) {
    world.fail('agreement', `before any stall ${String(disagreement(world))}`)
  }
  scheduleStalls(world, random.fork('stalls'), places, counts)
  scheduleMessages(world, random.fork('messages'), places)
  world.run(activeMs)
  if (world.runUntil(() => world.ledger.missingCount() === 0, 30_000, 200) === null) {
    world.fail('lost', `messages that never arrived: ${world.ledger.missing().join('; ')}`)
  }
  return {
    seed,
    members: places,
    virtualMs: world.queue.nowMs,
    stalls: counts.stalls,
    deliveries: world.ledger.deliveries,
    pathChanges: world.members.reduce((sum, member) => sum + member.pathChanges, 0),
    falseLeaves: world.leaves.length,
  }
}

/**
 * One after the other: two in a row on the only chain between two members would be one of up to 10 s, which is a
 * silence that members do go for.
 */
const scheduleStalls = (world: World, random: Random, places: number, counts: { stalls: number }): void => {
  for (let atMs = random.between(0, 10_000); atMs < activeMs;) {
    const forMs = random.between(100, mostStallMs)
    // One link; all links of one place, as when its network is busy; half of all.
    const kind = random.pick(['one', 'place', 'half'] as const)
    const place = random.integer(0, places - 1)
    const chosen = random.fork(`at ${atMs}`)
    world.queue.in(atMs, () => {
      const links = world.network.openLinks()
      const stalled = {
        one: () => (links.length > 0 ? [chosen.pick(links)] : []),
        place: () => links.filter(({ from, to }) => from === place || to === place),
        half: () => links.filter(() => chosen.chance(0.5)),
      }[kind]()
      counts.stalls += stalled.length
      for (const link of stalled) {
        world.trace(() => `link ${link.number} stalls for ${Math.round(forMs)} ms`)
        link.stall(forMs)
      }
    })
    atMs += forMs + random.between(leastCalmMs, 8_000)
  }
}

const scheduleMessages = (world: World, random: Random, places: number): void => {
  for (let atMs = random.between(0, 2_000); atMs < activeMs; atMs += random.between(0, 6_000)) {
    const place = random.integer(0, places - 1)
    const to = random.chance(0.5) ? random.integer(0, places - 1) : null
    const size = random.integer(20, 3_000)
    world.queue.in(atMs, () => {
      const from = world.at(place)
      const other = to === null || to === place ? null : (world.at(to) ?? null)
      if (from !== undefined && (other === null || from.here.includes(other.id))) world.send(from, other, size)
    })
  }
}

/** Runs the seeds one after another, and says in a line what they saw. */
export const runStallSeeds = (from: number, count: number): { reports: StallReport[]; text: string } => {
  const reports = Array.from({ length: count }, (_, index) => runStalls(from + index))
  const sum = (pick: (report: StallReport) => number) => reports.reduce((total, report) => total + pick(report), 0)
  const bad = reports.filter(({ falseLeaves }) => falseLeaves > 0).map(({ seed }) => seed)
  const text = [
    `${count} seeds of ${Math.round(sum(({ virtualMs }) => virtualMs) / count / 60_000)} virtual minutes`,
    `${sum(({ members }) => members)} members`,
    `${sum(({ stalls }) => stalls)} stalls of up to ${mostStallMs / 1_000} s`,
    `${sum(({ deliveries }) => deliveries)} deliveries`,
    `${sum(({ pathChanges }) => pathChanges)} changes of path`,
    `${sum(({ falseLeaves }) => falseLeaves)} false leaves${bad.length > 0 ? ` in seeds ${bad.join()}` : ''}`,
  ].join('; ')
  return { reports, text }
}
