/** Of base64url, by their values. */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const WORD_DIGITS = 5

/** The first 30 bits of a member's id. Ids are hashes, so that is as good as all of it. */
const wordOf = (id: string): number => {
  let word = 0
  for (let at = 0; at < WORD_DIGITS; at++) word = (word << 6) | DIGITS.indexOf(id.charAt(at))
  return word
}

/** The finalizer of MurmurHash3: every bit of the result depends on every bit. */
const mix = (word: number): number => {
  let hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Where a member with this id is on a ring, from 0 to 2^32 - 1. */
export const pointOn = (ring: number, id: string): number => mix(wordOf(id) ^ mix(ring + 1))

/** Somebody on rings 0 to `rings - 1`. */
export interface RingMember {
  readonly id: string
  readonly rings: number
}

/**
 * Whom a member stands beside on its rings: before and behind it on each. Every ring joins all who are on it, in an
 * order of its own that follows from their ids; so few links are enough for every member to be a few steps from every
 * other, and who comes or goes changes the links of its own neighbors and of nobody else.
 */
export const besideOnRings = (me: RingMember, others: readonly RingMember[]): Set<string> => {
  const beside = new Set<string>()
  for (let ring = 0; ring < me.rings; ring++) {
    const mine = pointOn(ring, me.id)
    let before: { distance: number; id: string } | null = null
    let behind: { distance: number; id: string } | null = null
    for (const { id, rings } of others) {
      if (rings <= ring) continue
      const ahead = (pointOn(ring, id) - mine) >>> 0
      // Two at one point stand in the order of their ids.
      const forth = ahead > 0 ? ahead : id > me.id ? 0 : 2 ** 32
      const back = 2 ** 32 - forth
      if (behind === null || forth < behind.distance || (forth === behind.distance && id < behind.id)) {
        behind = { distance: forth, id }
      }
      if (before === null || back < before.distance || (back === before.distance && id > before.id)) {
        before = { distance: back, id }
      }
    }
    for (const one of [before, behind]) if (one !== null) beside.add(one.id)
  }
  return beside
}
