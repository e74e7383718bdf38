import { Random } from '../support/random.js'
import { adversaryKinds, type AdversaryKind } from './adversaries.js'
import { drawClimate, type Climate } from './climate.js'
import type { Decision } from './decision.js'
import { drawFaults } from './draw-faults.js'
import { drawJoins, drawMessages, drawPairs, drawPosts } from './draw-work.js'

/**
 * calm: links stay, if slow and late, and so do members. cuts: links break, or hold what they carry. churn: members
 * leave, crash and come back. storm: both.
 */
export type Weather = 'calm' | 'cuts' | 'churn' | 'storm'

/** All that a world is made of, as data: what it does follows from this alone, and parts of it can be left out. */
export interface Plan {
  readonly seed: number
  readonly weather: Weather
  readonly places: number
  readonly activeMs: number
  readonly isGenuine: boolean
  /** The largest message, of all members. */
  readonly messageBytes: number
  readonly climate: Climate
  readonly adversary: AdversaryKind | null
  /** What was drawn, in the order that it is put into the world. */
  readonly decisions: readonly Decision[]
}

export interface PlanOptions {
  /** Whom the world has to stand; drawn from the seed when not given. */
  readonly adversary?: AdversaryKind | null
  /** Libsodium and all that watches it; where there is an adversary, and in every so many worlds, when not given. */
  readonly isGenuine?: boolean
}

const GENUINE_EVERY = 8
/** So little that what several have begun to send takes all memory that there is for that. */
const FEW_BYTES = 1024 * 1024
const FEW_BYTES_CHANCE = 0.2
const MANY_BYTES = 64 * 1024 * 1024
const ADVERSARY_CHANCE = 0.6

export const drawPlan = (seed: number, options: PlanOptions = {}): Plan => {
  const random = new Random(`world ${seed}`)
  const weather = random.pick<Weather>(['calm', 'calm', 'cuts', 'cuts', 'churn', 'storm'])
  const places = random.pick([2, 3, 3, 3, 4, 4, 4, 5, 5, 6, 7, 8])
  const activeMs = random.between(60_000, 120_000)
  const isGenuine = options.isGenuine ?? (seed % GENUINE_EVERY === 0 || (options.adversary ?? null) !== null)
  const drawn = isGenuine ? drawAdversary(random.fork('adversary')) : null
  const adversary = options.adversary === undefined ? drawn : options.adversary
  // Without certificates a link shows nobody in between.
  const climate = drawClimate(random.fork('climate'), adversary === 'tap')
  const pairs = drawPairs(random.fork('pairs'), places, activeMs)
  const allConnect = pairs.length === 0 && adversary !== 'tap'
  const messageBytes = random.fork('messageBytes').chance(FEW_BYTES_CHANCE) ? FEW_BYTES : MANY_BYTES
  const setting = { weather, places, activeMs, messageBytes, climate, allConnect }
  return {
    seed,
    weather,
    places,
    activeMs,
    isGenuine,
    messageBytes,
    climate,
    adversary,
    decisions: [
      ...pairs,
      ...drawJoins(random.fork('joins'), setting),
      ...drawMessages(random.fork('messages'), setting),
      ...drawPosts(random.fork('posts'), setting),
      ...drawFaults(random.fork('faults'), setting),
    ],
  }
}

/** What drawing goes by. */
export interface Setting {
  readonly weather: Weather
  readonly places: number
  readonly activeMs: number
  readonly messageBytes: number
  readonly climate: Climate
  readonly allConnect: boolean
}

const drawAdversary = (random: Random): AdversaryKind | null =>
  random.chance(ADVERSARY_CHANCE) ? random.pick(adversaryKinds) : null
