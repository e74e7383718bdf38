import { canRelay, type Roster } from '../roster/roster.js'
import { Graph, type Edge } from './graph.js'

/** The members between me and another, in order. */
export interface Route {
  readonly via: readonly string[]
  /** The neighbor that takes the frame. */
  readonly next: string
}

interface Step {
  readonly id: string
  cost: number
  from: string | null
  isDone: boolean
}

/**
 * Shortest ways by round-trip time, over links that both ends list (mine count at once) and members that relay. Costs
 * are the published ones, my own links' included, and no route is kept for its own sake: so all members that have the
 * same records agree on what is left to go at every step, and no two can point at each other for longer than a record
 * travels. What is for a neighbor goes over the link to it, however slow: so whoever is linked to a member is a safe
 * first step towards it, whatever others publish.
 */
export class Router {
  readonly #roster: Roster
  readonly #me: string
  readonly #graph: Graph
  #routes = new Map<string, Route>()
  readonly #ways = new Map<string, readonly Route[]>()
  /** Counts updates. */
  version = 0

  constructor(roster: Roster, me: string) {
    this.#roster = roster
    this.#me = me
    this.#graph = new Graph(roster, me)
  }

  /** By the last `update`; `null` where no chain of links leads. A neighbor's has nobody between. */
  route(id: string): Route | null {
    return this.#routes.get(id) ?? null
  }

  /**
   * Every way to this member through another one, one for each first step, the best first. None comes back to me: these
   * are the ways that the members on it take by themselves. Worked out when asked for, since few ask.
   */
  ways(id: string): readonly Route[] {
    let ways = this.#ways.get(id)
    if (ways === undefined) {
      ways = this.#findWays(id)
      this.#ways.set(id, ways)
    }
    return ways
  }

  /** It lists the member as its neighbor, and is listed. */
  isLinked(id: string, other: string): boolean {
    return this.#graph.cost(id, other) !== undefined
  }

  update(own: Iterable<string>, nowMs: number): void {
    this.#graph.update(own, nowMs)
    this.#ways.clear()
    const steps = this.#shortest(this.#me)
    const relays = this.#bestRelays()
    const routes = new Map<string, Route>()
    for (const id of steps.keys()) {
      if (id === this.#me) continue
      const via = this.isLinked(this.#me, id) ? [] : this.#cutShort(chainTo(id, steps).reverse(), id)
      const relay = relays.get(id)
      const isLonger = via.length > 0 && relay !== undefined && this.#costOf(via, id) > this.#costOf([relay], id)
      const chosen = isLonger ? [relay] : via
      routes.set(id, { via: chosen, next: chosen[0] ?? id })
    }
    this.#routes = routes
    this.version++
  }

  /** What the route to this member costs, about its round trip in milliseconds; `null` where there is none. */
  costTo(id: string): number | null {
    const route = this.route(id)
    return route === null ? null : this.#costOf(route.via, id)
  }

  /** Members linked with this one, and what the way to each costs. */
  neighborsOf(id: string): readonly Edge[] {
    return this.#graph.neighborsOf(id)
  }

  /** To all that chains of links lead to. Dijkstra without a heap: of whom the next is picked are few at a time. */
  #shortest(root: string): Map<string, Step> {
    const first: Step = { id: root, cost: 0, from: null, isDone: false }
    const steps = new Map<string, Step>([[root, first]])
    const open = [first]
    for (let nearest = takeNearest(open); nearest !== null; nearest = takeNearest(open)) {
      nearest.isDone = true
      if (nearest !== first && !this.passes(nearest.id)) continue
      for (const edge of this.#graph.neighborsOf(nearest.id)) {
        const cost = nearest.cost + edge.cost
        const known = steps.get(edge.id)
        if (known === undefined) {
          const step: Step = { id: edge.id, cost, from: nearest.id, isDone: false }
          steps.set(edge.id, step)
          open.push(step)
        } else if (!known.isDone && cost < known.cost) {
          known.cost = cost
          known.from = nearest.id
        }
      }
    }
    return steps
  }

  /** Whether frames may go through this member. */
  passes(id: string): boolean {
    if (id === this.#me) return true
    const entry = this.#roster.get(id)
    return entry !== undefined && canRelay(entry)
  }

  /** For whom a neighbor of mine is linked to: the best such neighbor. */
  #bestRelays(): Map<string, string> {
    const best = new Map<string, { relay: string; cost: number }>()
    for (const { id: relay, cost } of this.#graph.neighborsOf(this.#me)) {
      if (!this.passes(relay)) continue
      for (const { id, cost: more } of this.#graph.neighborsOf(relay)) {
        if (cost + more < (best.get(id)?.cost ?? Infinity)) best.set(id, { relay, cost: cost + more })
      }
    }
    return new Map([...best].map(([id, { relay }]) => [id, relay]))
  }

  /** The first of them that is linked to the member sends over that link. */
  #cutShort(via: readonly string[], id: string): readonly string[] {
    const last = via.findIndex((member) => this.isLinked(member, id))
    return last < 0 ? via : via.slice(0, last + 1)
  }

  #costOf(via: readonly string[], id: string): number {
    let cost = 0
    let at = this.#me
    for (const next of [...via, id]) {
      cost += this.#graph.cost(at, next) ?? Infinity
      at = next
    }
    return cost
  }

  #findWays(id: string): readonly Route[] {
    const steps = this.#shortest(id)
    const ways: { readonly route: Route; readonly cost: number }[] = []
    for (const { id: next } of this.#graph.neighborsOf(this.#me)) {
      if (next === id || !steps.has(next) || !this.passes(next)) continue
      const via = this.#cutShort([next, ...chainTo(next, steps)], id)
      if (!via.includes(this.#me)) ways.push({ route: { via, next }, cost: this.#costOf(via, id) })
    }
    return ways.sort((a, b) => a.cost - b.cost).map(({ route }) => route)
  }
}

/** The one that costs least, and of several the one that was found first. */
const takeNearest = (open: Step[]): Step | null => {
  let at = -1
  let least = Infinity
  open.forEach(({ cost }, index) => {
    if (cost >= least) return
    at = index
    least = cost
  })
  return at < 0 ? null : (open.splice(at, 1)[0] ?? null)
}

/** Who stands between a member and the root, from that member on. */
const chainTo = (id: string, steps: ReadonlyMap<string, Step>): string[] => {
  const chain: string[] = []
  for (let at = steps.get(id)?.from ?? null; at !== null; at = steps.get(at)?.from ?? null) chain.push(at)
  // The last one is the root itself.
  chain.pop()
  return chain
}
