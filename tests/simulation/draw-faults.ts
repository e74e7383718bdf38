import { STREAM_MODE } from '../../sdk/protocol/streams.js'
import type { Random } from '../support/random.js'
import type { Decision, Fault } from './decision.js'
import type { CutKind } from './network.js'
import { bulk, moments, newest, talk } from './own-streams.js'
import type { Setting } from './plan.js'

const HOUR_MS = 3_600_000
const MIB = 1024 * 1024
/** So many of these, drawn one by one, or with this chance none. */
type Amount = readonly [chance: number, fewest: number, most: number]

export const drawFaults = (random: Random, setting: Setting): Decision[] => {
  const { weather, places, activeMs, messageBytes, climate } = setting
  const isCalm = weather === 'calm'
  const cutsLinks = weather === 'cuts' || weather === 'storm'
  const churns = weather === 'churn' || weather === 'storm'
  const isFast = climate.slowestBytesPerSecond >= 1_000_000
  const decisions: Decision[] = []
  const draw = (name: string, [chance, fewest, most]: Amount, one: (random: Random) => Fault): void => {
    const own = random.fork(name)
    if (!own.chance(chance)) return
    for (let count = own.integer(fewest, most); count > 0; count--) {
      decisions.push({ atMs: own.between(500, activeMs), ...one(own) })
    }
  }
  const place = (own: Random): number => own.integer(0, places - 1)

  const early = random.fork('no server at first')
  if (early.chance(0.1)) decisions.push({ atMs: 0, type: 'server', how: 'kill', forMs: early.between(100, 3_000) })
  draw('server', [0.6, 1, 4], (own) => ({
    type: 'server',
    how: own.pick(['drain', 'kill']),
    forMs: own.between(100, own.chance(0.8) ? 5_000 : 30_000),
  }))
  // Short enough that nobody counts as gone.
  draw('stall', [0.7, 1, places + 2], (own) => ({ type: 'stall', which: own.float(), forMs: own.between(100, 5_000) }))
  draw('lag', [0.7, 1, places + 2], (own) => ({
    type: 'lag',
    which: own.float(),
    byMs: own.between(10, isCalm ? 3_000 : 10_000),
    forMs: own.between(10, isCalm ? 1_000 : 5_000),
  }))
  draw('slow', [0.5, 1, places], (own) => ({
    type: 'slow',
    place: place(own),
    everyMs: own.between(2, 40),
    forMs: own.between(500, 4_000),
  }))
  draw('relay', [0.5, 1, places], (own) => ({
    type: 'relay',
    place: place(own),
    shape: {
      drops: own.pick([0, 0.1, 0.5]),
      doubles: own.pick([0, 0.2]),
      delays: own.pick([0, 0.3, 1]),
      delayMs: own.pick([50, 2_000]),
      ages: own.chance(0.2),
    },
    forMs: own.between(2_000, 30_000),
  }))
  if (isFast) {
    draw('fill', [0.15, 1, 2], (own) => ({
      type: 'fill',
      place: place(own),
      which: own.float(),
      bytes: own.integer(4, 6) * MIB,
      isOne: own.chance(0.3),
    }))
  }
  draw('open', [0.08, 1, 1], (own) => ({
    type: 'open',
    place: place(own),
    which: own.float(),
    count: own.integer(255, 300),
    mode: own.pick([STREAM_MODE.MESSAGES, STREAM_MODE.BULK, STREAM_MODE.UNRELIABLE]),
    endAfterMs: own.between(500, 10_000),
  }))
  draw('pause', [0.3, 1, 2], (own) => {
    // Where messages are small, so is the memory for those that have begun: all who are here can fill it.
    const ofAll = own.chance(messageBytes <= MIB ? 0.7 : 0.2)
    const largest = isFast ? (ofAll ? MIB : 6 * MIB) : climate.slowestBytesPerSecond
    return {
      type: 'pause',
      place: place(own),
      which: ofAll ? null : own.float(),
      stream: own.pick([talk, talk, bulk, own.pick([moments, newest])]).stream,
      bytes: own.pick([
        own.integer(0, Math.min(largest, MIB)),
        own.integer(Math.floor(largest * 0.7), largest),
        largest,
      ]),
      isOne: own.chance(0.7),
      afterShare: own.pick([0, 0.01, own.float()]),
      forMs: own.chance(0.5) ? own.between(500, 10_000) : own.between(10_000, 60_000),
    }
  })
  if (!isCalm) {
    draw('sleep', [0.7, 1, 2 * places], (own) => ({
      type: 'sleep',
      place: place(own),
      how: own.pick(['suspend', 'freeze']),
      forMs: drawShadow(own),
      hint: own.pick(['online', 'resumed']),
    }))
    draw('clock', [0.3, 1, 3], (own) => ({
      type: 'clock',
      place: place(own),
      byMs: Math.floor(own.pick([own.between(1, 5_000), own.between(5_000, 60_000), own.between(0, HOUR_MS)])),
    }))
  }
  if (cutsLinks) {
    draw('cut', [1, 1, 3 * places], (own) => ({
      type: 'cut',
      which: own.float(),
      kind: own.pick<CutKind>(['both', 'late', 'silent']),
      blockedMs: own.chance(0.5) ? 0 : own.between(500, 8_000),
    }))
    draw('outage', [0.5, 1, places], (own) => ({ type: 'outage', place: place(own), forMs: drawShadow(own) }))
    draw('partition', [0.6, 1, 3], (own) => ({
      type: 'partition',
      places: Array.from({ length: places }, (_, at) => at).filter(() => own.chance(0.4)),
      way: own.pick(['both', 'out', 'in']),
      forMs: drawShadow(own),
    }))
  }
  if (churns) {
    draw('churn', [1, 1, places], (own) => ({
      type: 'churn',
      place: place(own),
      how: own.pick(['leave', 'leave now', 'crash', 'crash']),
      noticedMs: own.chance(0.3) ? 0 : own.between(5_000, 17_000),
      backAfterMs: own.chance(0.8) ? own.between(0, 15_000) : null,
      sameIdentity: own.chance(0.7),
    }))
  }
  return decisions
}

/** Hardly to be seen, shorter than the linger, and longer. */
const drawShadow = (random: Random): number =>
  random.pick([random.between(1, 300), random.between(300, 9_000), random.between(9_000, 30_000)])
