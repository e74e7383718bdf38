import type { Random } from '../support/random.js'
import { publishFalseCards } from './adversary-gossip.js'
import { repeatRelayed, repeatSignals } from './adversary-replay.js'
import type { World } from './world.js'

/**
 * impostor: has the group's key and claims the identity of another. tap: sits in between the ends of some links. replay:
 * members and the server write again what they have written. gossip: a member publishes cards that are not in order.
 */
export type AdversaryKind = 'impostor' | 'tap' | 'replay' | 'gossip'

export const adversaryKinds: readonly AdversaryKind[] = ['impostor', 'tap', 'replay', 'gossip']

interface Setting {
  readonly places: number
  readonly activeMs: number
  readonly slowestBytesPerSecond: number
}

/** How long the slowest link would take for all that is written again. */
const REPEATS_MS = 2_000

/** None of them may make an honest member fail. */
export const placeAdversary = (world: World, random: Random, kind: AdversaryKind, setting: Setting): void => {
  world.trace(() => `adversary: ${kind}`)
  const { places, activeMs, slowestBytesPerSecond } = setting
  const place = random.integer(0, places - 1)
  switch (kind) {
    case 'impostor':
      world.queue.at(random.between(500, activeMs / 2), () => joinImpostor(world, random, places))
      return
    case 'tap':
      return tapPairs(world, random, places)
    case 'replay': {
      const repeating = { random, chance: 0.3, bytesLeft: (slowestBytesPerSecond * REPEATS_MS) / 1000 }
      for (let at = 0; at < places; at++) world.tampers.set(at, () => repeatRelayed(repeating))
      world.server.tamper = repeatSignals(repeating)
      return
    }
    case 'gossip':
      world.tampers.set(place, (member) => publishFalseCards(world, member))
  }
}

/** At a place of its own, with the public key of somebody who is there and a secret key that does not belong to it. */
const joinImpostor = (world: World, random: Random, place: number): void => {
  const victims = world.running()
  if (victims.length === 0) return
  const { publicKey } = random.pick(victims).options.identity
  world.join(place, { identity: { publicKey, secretKey: world.identity().secretKey }, isStranger: true })
}

const tapPairs = (world: World, random: Random, places: number): void => {
  const share = random.between(0, 0.2)
  const one = random.integer(1, places - 1)
  for (let a = 0; a < places; a++) {
    for (let b = 0; b < a; b++) {
      if ((a === one && b === 0) || random.chance(share)) world.network.pair(a, b).isTapped = true
    }
  }
}
