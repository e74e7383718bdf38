import { Random } from '../support/random.js'
import { placeAdversary, type AdversaryKind } from './adversaries.js'
import { disagreement } from './agreement.js'
import { checkIdle } from './caps.js'
import { carryOut } from './carry-out.js'
import { shapeOf } from './climate.js'
import { isFault, type Decision } from './decision.js'
import type { Member } from './member.js'
import { drawPlan, type Plan, type PlanOptions, type Weather } from './plan.js'
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
  /** Datagrams by recipients, and how many of them came. */
  readonly posted: number
  readonly datagrams: number
  /** Outcomes of messages that were to be confirmed. */
  readonly outcomes: number
  /** How often each thing was done to it. */
  readonly faults: Readonly<Partial<Record<Decision['type'], number>>>
  readonly relayedPairs: number
  /** How long everyone took to agree, from when the last fault had shown. */
  readonly agreedAfterMs: number
  readonly adversary: AdversaryKind | null
}

/**
 * The longest that a dead link takes to close. One that was cut in silence, or whose member crashed, in the last moment
 * before the quiet is dead until then, and who has it cannot know: all have `agreeWithinMs` from there.
 */
const faultsShowMs = 18_000
const agreeWithinMs = 15_000
/** Slow links may still have messages to move when everyone agrees already. */
const deliverWithinMs = 120_000
const lastWordsBytes = 100
const idleMs = 5_000
const lapseMs = 5_000
const leaveWithinMs = 10_000
/** On idle links: half a second of waiting for acknowledgements, and a few trips. */
const goodbyeWithinMs = 2_500
const goodbyeTrips = 4

export interface RunOptions extends PlanOptions {
  /** Gets every event, line by line. */
  readonly print?: ((line: string) => void) | null
}

export const runSeed = (seed: number, options: RunOptions = {}): Report => runPlan(drawPlan(seed, options), options)

/** Runs a world from first join to last leave. Throws a `Violation` when a rule does not hold. */
export const runPlan = (plan: Plan, { print = null }: Pick<RunOptions, 'print'> = {}): Report => {
  const { seed, weather, places, activeMs, isGenuine, climate, adversary, decisions } = plan
  const random = new Random(`run ${seed}`)
  const isSteady = weather === 'calm'
  const shapePair = (a: number, b: number) => shapeOf(climate, `pairs ${seed}`, a, b)
  const world: World = new World({ seed, shapePair, isSteady, isGenuine, print })
  world.longestLagMs = Math.max(0, ...decisions.map((decision) => (decision.type === 'lag' ? decision.byMs : 0)))
  world.trace(() => `seed ${seed}: ${JSON.stringify({ ...plan, decisions: decisions.length })}`)
  if (adversary !== null) {
    const { slowestBytesPerSecond } = climate
    placeAdversary(world, random.fork('adversary'), adversary, { places, activeMs, slowestBytesPerSecond })
  }
  const faults: Partial<Record<Decision['type'], number>> = {}
  for (const decision of decisions) {
    world.queue.at(decision.atMs, () => {
      world.trace(() => JSON.stringify(decision))
      if (!carryOut(world, plan, decision) || !isFault(decision)) return
      faults[decision.type] = (faults[decision.type] ?? 0) + 1
    })
  }
  world.run(activeMs)

  world.trace(() => 'quiet')
  for (let a = 0; a < places; a++) for (let b = 0; b < a; b++) world.network.pair(a, b).blockedUntilMs = 0
  world.server.up()
  // A silent cut or a crash near the end shows only now; until then all may seem to agree.
  world.run(faultsShowMs)
  const agreedAfterMs = world.runUntil(() => disagreement(world) === null, agreeWithinMs, 200)
  if (agreedAfterMs === null)
    world.fail(
      'agreement',
      `${(faultsShowMs + agreeWithinMs) / 1000} s after all was quiet ${String(disagreement(world))}`,
    )
  // A path that is shown must carry.
  for (const member of world.running()) world.send(member, null, lastWordsBytes, { confirm: true })
  settleMessages(world)
  const isUntroubled = weather === 'calm' && (faults.stall ?? 0) + (faults.lag ?? 0) + (faults.relay ?? 0) === 0
  if (isUntroubled && world.counts.timeouts > 0) {
    world.fail('calm-leave', 'a member was counted as gone though every link stood')
  }
  checkIdle(world, idleMs)
  world.run(random.between(1_000, 6_000))
  // A socket that is dialled late makes a pair direct that was not, at one end a trip before the other.
  if (world.runUntil(() => disagreement(world) === null, lapseMs, 200) === null)
    world.fail('agreement-lasts', `after having agreed, ${String(disagreement(world))}`)
  const relayedPairs = countRelayedPairs(world)

  const leaving = world.running()
  for (const member of leaving) {
    const now = random.chance(0.5)
    world.queue.in(random.between(0, 6_000), () => {
      // Others may lose the relay that the goodbye takes, which leaves as well.
      const linked = world.running().filter((other) => other.engine.neighbors().includes(member.id))
      world.leave(member, now)
      world.queue.in(goodbyeWithinMs + goodbyeTrips * climate.mostMs, () => checkGoodbye(world, member, linked))
    })
  }
  world.run(6_000)
  if (world.runUntil(() => leaving.every((member) => member.state === 'left'), leaveWithinMs, 100) === null) {
    const slow = leaving.filter((member) => member.state !== 'left').map((member) => member.name)
    world.fail('leave-slow', `${slow.join()} did not leave within ${leaveWithinMs / 1000} s`)
  }
  world.run(3_000)
  for (const member of world.members) member.checkLeft()
  return {
    seed,
    weather,
    members: world.members.length,
    events: world.events,
    digest: world.digest,
    virtualMs: world.queue.nowMs,
    deliveries: world.ledger.deliveries,
    bytesDelivered: world.ledger.bytesDelivered,
    posted: world.postings.posted,
    datagrams: world.postings.deliveries,
    outcomes: world.ledger.outcomes,
    faults,
    relayedPairs,
    agreedAfterMs,
    adversary,
  }
}

const checkGoodbye = (world: World, gone: Member, linked: readonly Member[]): void => {
  for (const member of linked) {
    if (member.running && member.here.includes(gone.id)) {
      world.fail('goodbye', `${member.name} still shows ${gone.name}, which left ${goodbyeWithinMs / 1000} s ago`)
    }
  }
}

const settleMessages = (world: World): void => {
  if (world.runUntil(() => world.ledger.missingCount() === 0, deliverWithinMs, 200) === null) {
    world.fail('lost', `messages that never arrived: ${world.ledger.missing().join('; ')}`)
  }
  const unsettled = () => world.running().filter((member) => world.ledger.unsettled(member.name) > 0)
  if (world.runUntil(() => unsettled().length === 0, deliverWithinMs, 200) === null) {
    const text = unsettled().map((member) => `${member.name}: ${world.ledger.unsettled(member.name)}`)
    world.fail('settled', `sends that never settled: ${text.join('; ')}`)
  }
  const unacknowledged = () => world.running().filter((member) => member.engine.stats().bytesUnacknowledged > 0)
  if (world.runUntil(() => unacknowledged().length === 0, 10_000, 200) === null) {
    const names = unacknowledged().map((member) => member.name)
    world.fail('acknowledged', `${names.join()} still wait for acknowledgements though nothing is under way`)
  }
}

const countRelayedPairs = (world: World): number => {
  const paths = world.running().flatMap((member) => member.here.map((id) => member.engine.peer(id)?.path.kind))
  return paths.filter((kind) => kind === 'relayed').length / 2
}
