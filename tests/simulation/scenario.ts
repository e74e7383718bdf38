import { Random } from '../support/random.js'
import { adversaryKinds, placeAdversary, type AdversaryKind } from './adversaries.js'
import { disagreement } from './agreement.js'
import type { Member } from './member.js'
import type { CutKind, PairShape } from './network.js'
import { World } from './world.js'

/** What a run has seen, beyond having broken no rule. */
export interface Report {
  readonly seed: number
  readonly weather: Weather
  readonly members: number
  readonly events: number
  readonly digest: string
  readonly virtualMs: number
  readonly deliveries: number
  readonly bytesDelivered: number
  readonly cuts: number
  readonly stalls: number
  readonly crashes: number
  readonly leaves: number
  readonly restarts: number
  /** Pages suspended or frozen, and back. */
  readonly sleeps: number
  readonly relayedPairs: number
  /** How long everyone took to agree, from when the last fault had shown. */
  readonly agreedAfterMs: number
  readonly adversary: AdversaryKind | null
  /** Messages that did not arrive though both ends counted each other as here throughout; 0 in calm weather. */
  readonly lost: number
}

/**
 * calm: links stay, if slow and late, and so do members; every message owed must arrive. cuts: links break. churn:
 * members leave, crash and come back. storm: both.
 */
export type Weather = 'calm' | 'cuts' | 'churn' | 'storm'

const ADVERSARY_CHANCE = 0.25
const agreeWithinMs = 60_000
/** The longest that a dead link takes to close. */
const faultsShowMs = 18_000
/** Slow links may still have messages to move when everyone agrees already. */
const deliverWithinMs = 120_000
const leaveWithinMs = 10_000
/** On idle links: half a second of waiting for acknowledgements, and a few trips. */
const goodbyeWithinMs = 2_500
const maxUnadmitted = 16

export interface RunOptions {
  /** Gets every event, line by line. */
  readonly print?: ((line: string) => void) | null
  /** Whom the world has to stand; drawn from the seed when not given. */
  readonly adversary?: AdversaryKind | null
}

/** Runs the world of one seed from first join to last leave. Throws a `Violation` when a rule does not hold. */
export const runSeed = (seed: number, options: RunOptions = {}): Report => {
  const random = new Random(`world ${seed}`)
  const weather = random.pick<Weather>(['calm', 'calm', 'cuts', 'cuts', 'churn', 'storm'])
  const places = random.pick([2, 3, 3, 4, 4, 5, 6, 7, 8])
  const activeMs = random.between(8_000, 25_000)
  const drawn = drawAdversary(random.fork('whether there is an adversary'))
  const adversary = options.adversary === undefined ? drawn : options.adversary
  // Without certificates a link shows nobody in between.
  const climate = drawClimate(random.fork('climate'), adversary === 'tap')
  const { shapePair, slowestBytesPerSecond } = climate
  const world: World = new World({ seed, shapePair, strict: weather === 'calm', print: options.print ?? null })
  world.trace(`seed ${seed}: ${weather}, ${places} places, ${climate.text}, ${Math.round(activeMs)} ms`)

  const reaches = drawReaches(world, random.fork('reaches'), places, activeMs)
  if (adversary !== null) {
    placeAdversary(world, random.fork('adversary'), adversary, { places, activeMs, slowestBytesPerSecond })
  }
  const allConnect = reaches.allConnect && adversary !== 'tap'
  scheduleJoins(world, random.fork('joins'), places, activeMs, allConnect, weather)
  scheduleMessages(world, random.fork('messages'), places, activeMs, slowestBytesPerSecond)
  scheduleServer(world, random.fork('server faults'), activeMs)
  scheduleStalls(world, random.fork('stalls'), activeMs)
  scheduleHints(world, random.fork('hints'), places, activeMs)
  if (weather !== 'calm') scheduleSleeps(world, random.fork('sleeps'), places, activeMs)
  if (weather === 'cuts' || weather === 'storm') scheduleCuts(world, random.fork('cuts'), places, activeMs)
  if (weather === 'churn' || weather === 'storm') scheduleChurn(world, random.fork('churn'), places, activeMs)
  world.run(activeMs)

  world.trace('quiet')
  for (let a = 0; a < places; a++) for (let b = 0; b < a; b++) world.network.pair(a, b).blockedUntilMs = 0
  world.server.up()
  // A silent cut or a crash near the end shows only now; until then all may seem to agree.
  if (weather !== 'calm') world.run(faultsShowMs)
  const agreedAfterMs = world.runUntil(() => disagreement(world) === null, agreeWithinMs - faultsShowMs, 200)
  if (agreedAfterMs === null)
    world.fail('agreement', `${agreeWithinMs / 1000} s after the last fault ${String(disagreement(world))}`)
  const lost = settleMessages(world, weather)
  if (weather === 'calm' && world.counts.stalls === 0 && world.counts.timeouts > 0) {
    world.fail('calm-leave', 'a member was counted as gone though every link stood')
  }
  world.run(random.between(1_000, 6_000))
  const later = disagreement(world)
  if (later !== null) world.fail('agreement-lasts', `after having agreed, ${later}`)
  const relayedPairs = countRelayedPairs(world)

  const leaving = world.running()
  for (const member of leaving) {
    const now = random.chance(0.5)
    world.queue.in(random.between(0, 6_000), () => {
      // Others may lose the relay that the goodbye takes, which leaves as well.
      const linked = world.running().filter((other) => other.engine.neighbors().includes(member.id))
      world.leave(member, now)
      world.queue.in(goodbyeWithinMs, () => checkGoodbye(world, member, linked))
    })
  }
  world.run(6_000)
  if (world.runUntil(() => leaving.every((member) => member.state === 'left'), leaveWithinMs, 100) === null) {
    const slow = leaving.filter((member) => member.state !== 'left').map((member) => member.name)
    world.fail('leave-slow', `${slow.join()} did not leave within ${leaveWithinMs / 1000} s`)
  }
  world.run(3_000)
  for (const member of world.members) member.checkLeft()
  const { cuts, stalls, crashes, leaves, restarts, sleeps } = world.counts
  return {
    seed,
    weather,
    members: world.members.length,
    events: world.events,
    digest: world.digest,
    virtualMs: world.queue.nowMs,
    deliveries: world.ledger.deliveries,
    bytesDelivered: world.ledger.bytesDelivered,
    cuts,
    stalls,
    crashes,
    leaves,
    restarts,
    sleeps,
    relayedPairs,
    agreedAfterMs,
    adversary,
    lost,
  }
}

const drawAdversary = (random: Random): AdversaryKind | null =>
  random.chance(ADVERSARY_CHANCE) ? random.pick(adversaryKinds) : null

const checkGoodbye = (world: World, gone: Member, linked: readonly Member[]): void => {
  for (const member of linked) {
    if (member.running && member.here.includes(gone.id)) {
      world.fail('goodbye', `${member.name} still shows ${gone.name}, which left ${goodbyeWithinMs / 1000} s ago`)
    }
  }
}

const settleMessages = (world: World, weather: Weather): number => {
  const unadmitted = () => world.running().filter((member) => world.ledger.unadmitted(member.name) > 0)
  if (world.runUntil(() => unadmitted().length === 0, deliverWithinMs, 200) === null) {
    const text = unadmitted().map((member) => `${member.name}: ${world.ledger.unadmitted(member.name)}`)
    world.fail('admitted', `sends that never resolved: ${text.join('; ')}`)
  }
  const missing = () => world.ledger.missing()
  if (world.runUntil(() => missing().length === 0, weather === 'calm' ? deliverWithinMs : 20_000, 200) === null) {
    if (weather === 'calm') world.fail('lost', `messages that never arrived: ${missing().join('; ')}`)
    world.trace(`lost: ${missing().join('; ')}`)
  }
  const unacknowledged = () => world.running().filter((member) => member.engine.stats().bytesUnacknowledged > 0)
  if (world.runUntil(() => unacknowledged().length === 0, 10_000, 200) === null) {
    const names = unacknowledged().map((member) => member.name)
    world.fail('acknowledged', `${names.join()} still wait for acknowledgements though nothing is under way`)
  }
  return world.ledger.skipped + world.ledger.missingCount()
}

const countRelayedPairs = (world: World): number => {
  const paths = world.running().flatMap((member) => member.here.map((id) => member.engine.peer(id)?.path.kind))
  return paths.filter((kind) => kind === 'relayed').length / 2
}

interface Climate {
  readonly text: string
  readonly slowestBytesPerSecond: number
  readonly shapePair: (a: number, b: number) => PairShape
}

const drawClimate = (random: Random, needsBinding: boolean): Climate => {
  const [fewestMs, mostMs] = random.pick([
    [1, 5],
    [5, 40],
    [50, 300],
    [1, 300],
  ] as const)
  const slowest = random.pick([10_000, 100_000, 100_000, 1_000_000, 1_000_000, 10_000_000])
  const binding = random.chance(0.7) || needsBinding
  const unreliable = random.chance(0.8)
  return {
    text: `${fewestMs}-${mostMs} ms, from ${slowest / 1000} KB/s`,
    slowestBytesPerSecond: slowest,
    shapePair: (a, b) => {
      const pairRandom = random.fork(`${a}-${b}`)
      const bytesPerSecond = slowest * pairRandom.pick([1, 2, 10, 40_000_000 / slowest])
      return {
        delayMs: pairRandom.between(fewestMs, mostMs),
        jitterMs: pairRandom.between(0, mostMs / 4),
        bytesPerSecond: Math.min(bytesPerSecond, 40_000_000),
        markBytes: bytesPerSecond < 1_000_000 ? 64 * 1024 : pairRandom.pick([64, 128, 256, 1024]) * 1024,
        lazyRoom: pairRandom.chance(0.5),
        unreliableLoss: unreliable ? pairRandom.pick([0, 0, 0.05, 0.3]) : null,
        binding,
        needsCandidate: pairRandom.chance(0.3),
      }
    },
  }
}

/** Which pairs cannot connect, and which of those can later on. */
const drawReaches = (world: World, random: Random, places: number, activeMs: number): { allConnect: boolean } => {
  if (random.chance(0.5)) return { allConnect: true }
  const share = random.between(0.1, 0.6)
  for (let a = 0; a < places; a++) {
    for (let b = 0; b < a; b++) {
      if (!random.chance(share)) continue
      const pair = world.network.pair(a, b)
      pair.reach = random.pick(['fails', 'refused'])
      if (pair.reach === 'fails' && random.chance(0.2)) {
        world.queue.at(random.between(0, activeMs), () => {
          pair.reach = 'links'
        })
      }
    }
  }
  return { allConnect: false }
}

const scheduleJoins = (
  world: World,
  random: Random,
  places: number,
  activeMs: number,
  allConnect: boolean,
  weather: Weather,
): void => {
  const together = random.chance(0.3)
  const dials = random.chance(0.5)
  // A bot that only a socket leads to, and no server, is lost with it: only where links stay.
  const invites = weather === 'calm' && random.chance(0.5)
  // One that does not relay must not be all that joins two others: with so few, they would not find each other.
  const silent = allConnect && places >= 4 && random.chance(0.4) ? random.integer(1, places - 1) : null
  for (let place = 0; place < places; place++) {
    const atMs = place === 0 ? 0 : together ? random.between(0, 50) : random.between(0, activeMs / 2)
    const bot = random.chance(0.1)
    const isDialable = bot && random.chance(0.7)
    const options = { relay: place !== silent, bot, isDialable, dials: dials && !bot }
    world.queue.at(atMs, () => {
      const inviter = world.running().find((member) => member.joined && !member.options.bot)
      const isInvited = bot && inviter !== undefined && invites
      const member = world.join(place, { ...options, server: !isInvited || random.chance(0.5) })
      if (isInvited) inviter.connectSocket(member)
    })
  }
}

const scheduleMessages = (
  world: World,
  random: Random,
  places: number,
  activeMs: number,
  slowestBytesPerSecond: number,
): void => {
  const largest = Math.min(200 * 1024, slowestBytesPerSecond)
  // Relayed traffic crosses a link once for each pair, so a third of the slowest link is shared by all places.
  const meanBytes = largest / 6
  const meanGapMs = Math.max(200, (meanBytes * places * 1000) / (slowestBytesPerSecond / 3))
  const drawSize = (): number => {
    const kind = random.float()
    if (kind < 0.1) return random.integer(0, 3)
    if (kind < 0.6) return random.integer(1, Math.min(400, largest))
    return random.integer(0, Math.floor(largest / (random.chance(0.8) ? 4 : 1)))
  }
  for (let place = 0; place < places; place++) {
    for (let atMs = random.between(0, 1_000); atMs < activeMs; atMs += random.between(0, 2 * meanGapMs)) {
      const burst = random.chance(0.1) ? random.integer(2, 10) : 1
      const sizes = Array.from({ length: burst }, () => Math.floor(drawSize() / (burst > 1 ? 4 : 1)))
      const text = random.chance(0.3)
      const toOne = random.chance(0.4)
      const which = random.float()
      world.queue.at(atMs, () => {
        const member = world.at(place)
        if (member === undefined || !member.running || !member.joined || member.isFrozen) return
        for (const size of sizes) sendOne(world, member, toOne ? which : null, size, text)
      })
    }
  }
  if (slowestBytesPerSecond >= 1_000_000 && random.chance(0.15)) {
    const place = random.integer(0, places - 1)
    world.queue.at(random.between(activeMs / 2, activeMs), () => {
      const member = world.at(place)
      if (member?.running === true && member.joined && !member.isFrozen)
        sendOne(world, member, null, 2 * 1024 * 1024, false)
    })
  }
}

const sendOne = (world: World, member: Member, which: number | null, size: number, text: boolean): void => {
  if (world.ledger.unadmitted(member.name) >= maxUnadmitted) return
  const id = which === null ? undefined : member.here[Math.floor(which * member.here.length)]
  if (which !== null && id === undefined) return
  world.send(member, id === undefined ? null : (world.memberById(id) ?? null), size, text ? 'text' : 'binary')
}

const scheduleServer = (world: World, random: Random, activeMs: number): void => {
  if (random.chance(0.1)) {
    world.server.down('kill')
    world.queue.at(random.between(100, 3_000), () => world.server.up())
  }
  if (!random.chance(0.4)) return
  for (let count = random.integer(1, 2); count > 0; count--) {
    const how = random.pick(['drain', 'kill'] as const)
    const downMs = random.between(100, 5_000)
    world.queue.at(random.between(500, activeMs), () => {
      world.counts.restarts++
      world.server.down(how)
      world.queue.in(downMs, () => world.server.up())
    })
  }
}

/** Short enough that nobody counts as gone. */
const scheduleStalls = (world: World, random: Random, activeMs: number): void => {
  if (!random.chance(0.3)) return
  for (let count = random.integer(1, 4); count > 0; count--) {
    const forMs = random.between(100, 3_000)
    const which = random.float()
    world.queue.at(random.between(500, activeMs), () => {
      const links = world.network.openLinks()
      const link = links[Math.floor(which * links.length)]
      if (link === undefined) return
      world.counts.stalls++
      world.trace(`link ${link.number} stalls for ${Math.round(forMs)} ms`)
      link.stall(forMs)
    })
  }
}

const scheduleHints = (world: World, random: Random, places: number, activeMs: number): void => {
  if (!random.chance(0.2)) return
  for (let count = random.integer(1, 4); count > 0; count--) {
    const place = random.integer(0, places - 1)
    const hint = random.pick(['online', 'resumed'] as const)
    world.queue.at(random.between(0, activeMs), () => {
      const member = world.at(place)
      if (member?.isFrozen === false && !member.isSuspended) member.step({ type: 'hint', hint })
    })
  }
}

/** Links of this place hold what they carry until then, and no others come up. */
const takeNetwork = (world: World, place: number, untilMs: number): void => {
  world.counts.sleeps++
  world.trace(`place ${place} has no network`)
  for (const link of world.network.openLinks()) {
    if (link.from !== place && link.to !== place) continue
    link.stall(untilMs - world.queue.nowMs)
    link.pair.blockedUntilMs = Math.max(link.pair.blockedUntilMs, untilMs)
  }
}

/** Pages that are frozen, put into the back-forward cache, or without a network; some return after they were given up. */
const scheduleSleeps = (world: World, random: Random, places: number, activeMs: number): void => {
  if (!random.chance(0.6)) return
  for (let count = random.integer(1, places); count > 0; count--) {
    const place = random.integer(0, places - 1)
    const how = random.pick(['suspend', 'freeze', 'outage'] as const)
    const atMs = random.between(500, activeMs)
    const forMs = random.pick([random.between(1, 300), random.between(300, 9_000), random.between(9_000, 20_000)])
    const hint = random.pick(['online', 'resumed'] as const)
    world.queue.at(atMs, () => {
      const member = world.at(place)
      if (member?.running !== true || member.isSuspended || member.isFrozen) return
      if (how === 'outage') return takeNetwork(world, place, Math.min(atMs + forMs, activeMs))
      if (how === 'suspend') member.suspend()
      else member.freeze()
      world.queue.at(Math.min(atMs + forMs, activeMs), () => {
        if (how === 'suspend') member.resume(hint)
        else member.thaw(hint === 'resumed')
      })
    })
  }
}

const scheduleCuts = (world: World, random: Random, places: number, activeMs: number): void => {
  for (let count = random.integer(1, 2 * places); count > 0; count--) {
    const kind = random.pick<CutKind>(['both', 'late', 'silent'])
    const blockedMs = random.chance(0.5) ? 0 : random.between(500, 8_000)
    const which = random.float()
    world.queue.at(random.between(500, activeMs), () => {
      const links = world.network.openLinks()
      const link = links[Math.floor(which * links.length)]
      if (link === undefined) return
      world.counts.cuts++
      world.trace(`link ${link.number} is cut: ${kind}, blocked for ${Math.round(blockedMs)} ms`)
      link.pair.blockedUntilMs = world.queue.nowMs + blockedMs
      link.cut(kind)
    })
  }
}

const scheduleChurn = (world: World, random: Random, places: number, activeMs: number): void => {
  for (let count = random.integer(1, places); count > 0; count--) {
    const place = random.integer(0, places - 1)
    const how = random.pick(['leave', 'leave now', 'crash', 'crash'] as const)
    const noticedMs = random.chance(0.3) ? 0 : random.between(5_000, 17_000)
    const backAfterMs = random.chance(0.6) ? random.between(0, 10_000) : null
    const sameIdentity = random.chance(0.7)
    world.queue.at(random.between(1_000, activeMs), () => {
      const member = world.at(place)
      if (member?.running !== true) return
      if (how === 'crash') world.crash(member, noticedMs)
      else world.leave(member, how === 'leave now')
      if (backAfterMs === null) return
      world.queue.in(backAfterMs, () => {
        if (world.at(place) !== undefined || world.queue.nowMs > activeMs) return
        world.join(place, { ...member.options, identity: sameIdentity ? member.options.identity : world.identity() })
      })
    })
  }
}
