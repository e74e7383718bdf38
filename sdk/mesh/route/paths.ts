import type { Core } from '../core.js'
import type { Peer, WayState } from '../peer.js'
import type { Route, Router } from './router.js'

/** A way that swallowed what was sent is left alone for so long, and longer each time. */
const AVOID_MS = 10_000
const AVOID_MOST_MS = 300_000
/** A ping along a way that is unanswered for so long speaks against it, until the next one is due. */
const UNANSWERED_MS = 2_000
const UNANSWERED_COUNTS_MS = 15_000
/** Beyond this many doubts the wait grows no more. */
const MAX_DOUBTS = 6

export interface Choice {
  readonly route: Route
  /** Not the shortest way, which has fallen silent. */
  readonly isDetour: boolean
}

/**
 * Which of the ways through others is taken. I choose the first step alone, by what I have seen of each; from there on
 * everyone takes the shortest way, and `Router.ways` has only those that do not come back to me.
 */
export class Paths {
  readonly #core: Core
  readonly #router: Router

  constructor(core: Core, router: Router) {
    this.#core = core
    this.#router = router
  }

  /** The shortest way, unless it has fallen silent: then the best other one; when all have, the one silent for longest. */
  choose(peer: Peer): Choice | null {
    const shortest = this.#router.route(peer.id)
    if (shortest !== null && shortest.via.length > 0 && this.#isGood(peer, shortest)) {
      return { route: shortest, isDetour: false }
    }
    const ways = this.#router.ways(peer.id).filter((way) => this.#isOpen(way))
    const good = ways.find((way) => this.#isGood(peer, way))
    if (good !== undefined) return { route: good, isDetour: true }
    const doubtedMs = ({ next }: Route): number => peer.ways?.get(next)?.doubtedMs ?? -Infinity
    const [longest] = ways.sort((a, b) => doubtedMs(a) - doubtedMs(b))
    return longest === undefined ? null : { route: longest, isDetour: true }
  }

  /** Others than the one in use, those linked to the member first, then by length. */
  others(peer: Peer): readonly Route[] {
    const ways = this.#router.ways(peer.id).filter((way) => way.next !== peer.relayNext && this.#isOpen(way))
    const isLinked = (way: Route): boolean => this.#router.isLinked(way.next, peer.id)
    return [...ways.filter(isLinked), ...ways.filter((way) => !isLinked(way))]
  }

  /** What would be used next. */
  spare(peer: Peer): { readonly route: Route; readonly rttMs: number | null } | null {
    const others = this.others(peer)
    const route = others.find((way) => this.#isGood(peer, way)) ?? others[0]
    return route === undefined ? null : { route, rttMs: peer.ways?.get(route.next)?.rttMs ?? null }
  }

  /** What is known of a way by its first step. */
  stateOf(peer: Peer, next: string): WayState {
    peer.ways ??= new Map()
    let state = peer.ways.get(next)
    if (state === undefined) {
      this.#forgetLinksOfOld(peer.ways)
      state = { doubtedMs: -Infinity, doubts: 0, askedMs: -Infinity, unansweredSinceMs: null, rttMs: null }
      peer.ways.set(next, state)
    }
    return state
  }

  /** Data on the way in use is answered by nothing. */
  doubt(peer: Peer, next: string): void {
    const state = this.stateOf(peer, next)
    state.doubtedMs = this.#core.nowMs
    state.doubts = Math.min(state.doubts + 1, MAX_DOUBTS)
    this.#core.topologyChanged()
  }

  /** What went that way has arrived. */
  vouch(peer: Peer, next: string): void {
    const state = peer.ways?.get(next)
    if (state === undefined) return
    state.doubtedMs = -Infinity
    state.doubts = 0
  }

  #isOpen({ next }: Route): boolean {
    const link = this.#core.peers.get(next)?.link ?? null
    return link?.state === 'bound' && !link.isSuspect
  }

  #isGood(peer: Peer, way: Route): boolean {
    const link = this.#core.peers.get(way.next)?.link ?? null
    if (link === null || link.isSuspect || link.isDoubted) return false
    const state = peer.ways?.get(way.next)
    if (state === undefined) return true
    const { nowMs } = this.#core
    if (state.doubts > 0 && nowMs < state.doubtedMs + Math.min(AVOID_MS * 2 ** (state.doubts - 1), AVOID_MOST_MS))
      return false
    const isUnanswered = nowMs - (state.unansweredSinceMs ?? Infinity) > UNANSWERED_MS
    return !isUnanswered || nowMs - state.askedMs > UNANSWERED_COUNTS_MS
  }

  #forgetLinksOfOld(ways: Map<string, WayState>): void {
    for (const next of ways.keys()) if ((this.#core.peers.get(next)?.link ?? null) === null) ways.delete(next)
  }
}
