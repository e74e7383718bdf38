import type { Core } from '../core.js'
import type { Link } from '../link.js'
import type { Peer } from '../peer.js'
import { besideOnRings, type RingMember } from '../roster/rings.js'

/** A young link is how a newcomer learns of the others: it stays until it can have found some. */
const YOUNG_MS = 3_000
/** Whom a link is taken from has at least so many others. */
const LEAST_OTHERS = 2
/** Who turned to me, or was introduced, so lately comes in as a guest when no way leads to it. */
const GUEST_MS = 15_000
/** And who has had a session with me for so long, and still no way leads to it. */
const STRANDED_MS = 5_000
/** The plan is made anew that often at most, but for news of the roster. */
const REVIEW_MS = 1_000

/** Of the links that a member may have, a part is for rings, two a ring; the rest is for those that have none yet. */
const ringsOf = (maxLinks: number): number => {
  const guests = maxLinks < 4 ? 0 : Math.min(4, Math.max(1, maxLinks >> 2))
  return Math.max(1, (maxLinks - guests) >> 1)
}

/**
 * Whom to link with. As long as there are no more others than `maxLinks`, all are linked. Beyond that a member links
 * with its neighbors on a few rings (`rings.ts`), which all that know of the same members see in the same way, whatever
 * the order of events.
 */
export class LinkPlan {
  readonly #core: Core
  #others = 0
  #beside: ReadonlySet<string> = new Set()
  #revision = -1
  #reviewedMs = -Infinity

  constructor(core: Core) {
    this.#core = core
  }

  /** There are more others than may be linked with. */
  get isPartial(): boolean {
    this.#review()
    return this.#others > this.#core.options.limits.maxLinks
  }

  #review(): void {
    const { roster, options, nowMs, id } = this.#core
    if (roster.revision === this.#revision && nowMs < this.#reviewedMs + REVIEW_MS) return
    this.#revision = roster.revision
    this.#reviewedMs = nowMs
    const others: RingMember[] = []
    for (const entry of roster.values()) {
      if (entry.id === id || !roster.isFresh(entry, nowMs)) continue
      others.push({ id: entry.id, rings: ringsOf(entry.card.maxLinks) })
    }
    this.#others = others.length + this.#unlisted(others)
    this.#beside = besideOnRings({ id, rings: ringsOf(options.limits.maxLinks) }, others)
  }

  /** Members in groups of their own, who know of me as I of them: there must be room for a link to them. */
  #unlisted(others: readonly RingMember[]): number {
    const listed = new Set(others.map(({ id }) => id))
    let count = 0
    for (const { id, session } of this.#core.peers.values()) if (session !== null && !listed.has(id)) count++
    return count
  }

  /** Whether a link to this member is worth having, and there is room for it. */
  hasPlaceFor(peer: Peer): boolean {
    const { linkCount, options } = this.#core
    if (linkCount >= options.limits.maxLinks) return false
    if (!this.isPartial || this.#beside.has(peer.id) || this.#isGuest(peer)) return true
    return this.#isShort && this.#hasRoom(peer.id)
  }

  #isGuest(peer: Peer): boolean {
    const { nowMs } = this.#core
    const isStranded = peer.session !== null && nowMs >= peer.sessionMs + STRANDED_MS
    return peer.path.kind === 'none' && (nowMs < peer.beganMs + GUEST_MS || isStranded)
  }

  /** More links than the rings take: some are to be given up, now or once they are no longer young. */
  get hasSurplus(): boolean {
    return this.isPartial && this.#inUse().length > 2 * ringsOf(this.#core.options.limits.maxLinks)
  }

  /** A link that is to be given up: of no ring, and its other end can spare it. */
  surplus(): Link | null {
    if (!this.hasSurplus) return null
    const { nowMs } = this.#core
    const isSpare = ({ peer, boundMs }: Link): boolean =>
      !this.#beside.has(peer.id) && nowMs - boundMs >= YOUNG_MS && this.#canSpare(peer.id)
    return this.#inUse().find(isSpare) ?? null
  }

  #inUse(): Link[] {
    return [...this.#core.boundLinks()].filter((link) => link.peer.link === link)
  }

  /** Links of my rings cannot be made, and no others are there or under way in their place. */
  get #isShort(): boolean {
    const { linkCount, peers, options } = this.#core
    if (linkCount >= 2 * ringsOf(options.limits.maxLinks)) return false
    for (const id of this.#beside) {
      const peer = peers.get(id)
      if (peer === undefined || peer.link !== null) continue
      const hasFailed = peer.setup.type === 'idle' && peer.setup.failures > 0
      if (hasFailed || !options.canLink(id)) return true
    }
    return false
  }

  #hasRoom(id: string): boolean {
    const entry = this.#core.roster.get(id)
    const neighbors = entry?.links?.neighbors
    return neighbors !== undefined && neighbors.size < 2 * ringsOf(entry?.card.maxLinks ?? 0)
  }

  #canSpare(id: string): boolean {
    const neighbors = this.#core.roster.get(id)?.links?.neighbors
    return neighbors !== undefined && neighbors.size > LEAST_OTHERS
  }
}
