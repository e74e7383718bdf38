import type { Random } from '../support/random.js'
import type { Decision } from './decision.js'
import type { Setting } from './plan.js'

const HOUR_MS = 3_600_000
/** Most messages are small; the few large ones are no larger. */
const largestBytes = 64 * 1024
const meanGapMs = 5_000
/** What is posted may take so much of the slowest link. */
const postedShare = 0.05
const largestPostBytes = 16 * 1024
const postGapMs = 4_000

/** Which pairs cannot connect, and which of those can later on. */
export const drawPairs = (random: Random, places: number, activeMs: number): Decision[] => {
  if (random.chance(0.5)) return []
  const share = random.between(0.1, 0.6)
  const decisions: Decision[] = []
  for (let a = 0; a < places; a++) {
    for (let b = 0; b < a; b++) {
      if (!random.chance(share)) continue
      const isKnown = random.chance(0.5)
      decisions.push({ atMs: 0, type: 'apart', a, b, isKnown })
      if (!isKnown && random.chance(0.2)) {
        decisions.push({ atMs: random.between(0, activeMs), type: 'together', a, b })
      }
    }
  }
  return decisions
}

export const drawJoins = (random: Random, { weather, places, activeMs, allConnect }: Setting): Decision[] => {
  const together = random.chance(0.3)
  const dials = random.chance(0.5)
  const isSkewed = random.chance(0.2)
  // A bot that only a socket leads to, and no server, is lost with it: only where links stay.
  const invites = weather === 'calm' && random.chance(0.5)
  // One that does not relay must not be all that joins two others: with so few, they would not find each other.
  const silent = allConnect && places >= 4 && random.chance(0.4) ? random.integer(1, places - 1) : null
  return Array.from({ length: places }, (_, place): Decision => {
    const atMs = place === 0 ? 0 : together ? random.between(0, 50) : random.between(0, activeMs / 4)
    const bot = random.chance(0.1)
    const isInvited = bot && invites
    return {
      atMs,
      type: 'join',
      place,
      bot,
      relay: place !== silent,
      isDialable: bot && random.chance(0.7),
      dials: dials && !bot,
      isInvited,
      server: !isInvited || random.chance(0.5),
      clockMs: isSkewed ? Math.floor(random.between(-HOUR_MS, HOUR_MS)) : 0,
    }
  })
}

export const drawMessages = (random: Random, setting: Setting): Decision[] => {
  const { places, activeMs, climate } = setting
  const { slowestBytesPerSecond } = climate
  const largest = Math.min(largestBytes, slowestBytesPerSecond)
  // Relayed traffic crosses a link once for each pair, so a third of the slowest link is shared by all places.
  const gapMs = Math.max(meanGapMs, ((largest / 30) * places * 1000) / (slowestBytesPerSecond / 3))
  const drawSize = (): number => {
    const kind = random.float()
    if (kind < 0.1) return random.integer(0, 3)
    if (kind < 0.8) return random.integer(1, Math.min(400, largest))
    return random.integer(0, Math.floor(largest / (random.chance(0.9) ? 8 : 1)))
  }
  const decisions: Decision[] = []
  for (let place = 0; place < places; place++) {
    for (let atMs = random.between(0, 1_000); atMs < activeMs; atMs += random.between(0, 2 * gapMs)) {
      const burst = random.chance(0.1) ? random.integer(2, 10) : 1
      decisions.push({
        atMs,
        type: 'send',
        place,
        which: random.chance(0.4) ? random.float() : null,
        sizes: Array.from({ length: burst }, () => Math.floor(drawSize() / (burst > 1 ? 4 : 1))),
        isText: random.chance(0.3),
        confirm: random.chance(0.25),
      })
    }
  }
  if (random.chance(0.2)) {
    for (let count = random.integer(1, 4); count > 0; count--) {
      const hint = random.pick(['online', 'resumed'] as const)
      decisions.push({ atMs: random.between(0, activeMs), type: 'hint', place: random.integer(0, places - 1), hint })
    }
  }
  return decisions
}

/** Some places post what promises nothing, as pointers and positions are. */
export const drawPosts = (random: Random, { places, activeMs, climate }: Setting): Decision[] => {
  if (random.chance(0.5)) return []
  const decisions: Decision[] = []
  const largest = Math.min(largestPostBytes, climate.slowestBytesPerSecond * postedShare)
  for (let authors = random.integer(1, 2); authors > 0; authors--) {
    const place = random.integer(0, places - 1)
    for (let atMs = random.between(0, activeMs / 2); atMs < activeMs; atMs += random.between(0, 2 * postGapMs)) {
      // At times more than may wait.
      const count = random.chance(0.03) ? 80 : random.pick([1, 1, 1, 3, 10])
      decisions.push({
        atMs,
        type: 'post',
        place,
        which: random.chance(0.3) ? random.float() : null,
        count,
        everyMs: random.pick([0, 16, 50]),
        size: Math.floor(random.between(0, largest) / (random.chance(0.2) ? count : 10 * count)),
        onlyNewest: random.chance(0.5),
      })
    }
  }
  return decisions
}
