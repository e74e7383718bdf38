import { canRelay, type Roster } from '../roster/roster.js'
import { UNKNOWN_RTT_CLASS, rttOfClass } from '../roster/rtt-class.js'

/** The members between me and another, in order. */
export interface Route {
  readonly via: readonly string[]
  /** The neighbor that takes the frame. */
  readonly next: string
}

interface Step {
  cost: number
  from: string | null
  done: boolean
}

/** What a hop costs beside its round trip, and what one of unknown length is taken for, in milliseconds. */
const HOP_COST_MS = 2
const UNKNOWN_RTT_MS = 20

const costOf = (rttMs: number | null): number => HOP_COST_MS + (rttMs ?? UNKNOWN_RTT_MS)

/**
 * Shortest ways by round-trip time, over links that both ends list (mine count at once) and members that relay. Costs
 * are the published ones, my own links' included, and no route is kept for its own sake: so all members that have the
 * same records agree on what is left to go at every step, and no two can point at each other for longer than a record
 * travels.
 */
export class Router {
  readonly #roster: Roster
  readonly #me: string
  #graph = new Map<string, Map<string, number>>()
  #routes = new Map<string, Route>()

  constructor(roster: Roster, me: string) {
    this.#roster = roster
    this.#me = me
  }

  /** By the last `update`; `null` where no chain of links leads. A neighbor's has nobody between. */
  route(id: string): Route | null {
    return this.#routes.get(id) ?? null
  }

  update(own: Iterable<string>, nowMs: number): void {
    this.#graph = this.#buildGraph(own, nowMs)
    const steps = this.#shortest()
    const routes = new Map<string, Route>()
    for (const [id, step] of steps) {
      if (id !== this.#me && step.cost !== Infinity) routes.set(id, this.#routeTo(id, steps))
    }
    this.#routes = routes
  }

  #buildGraph(own: Iterable<string>, nowMs: number): Map<string, Map<string, number>> {
    const graph = new Map<string, Map<string, number>>()
    const join = (a: string, b: string, cost: number): void => {
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const edges = graph.get(from) ?? new Map<string, number>()
        edges.set(to, cost)
        graph.set(from, edges)
      }
    }
    const mine = this.#roster.get(this.#me)?.links?.neighbors
    for (const id of own) {
      const theirs = this.#roster.get(id)?.links?.neighbors.get(this.#me)
      const rttClass = Math.min(mine?.get(id) ?? UNKNOWN_RTT_CLASS, theirs ?? UNKNOWN_RTT_CLASS)
      join(this.#me, id, costOf(rttOfClass(rttClass)))
    }
    for (const entry of this.#roster.values()) {
      if (entry.id === this.#me || !this.#roster.isFresh(entry, nowMs)) continue
      for (const [id, rttClass] of entry.links?.neighbors ?? []) {
        if (id === this.#me || id < entry.id) continue
        const other = this.#roster.get(id)
        if (!other || !this.#roster.isFresh(other, nowMs)) continue
        const theirClass = other.links?.neighbors.get(entry.id)
        if (theirClass === undefined) continue
        join(entry.id, id, costOf(rttOfClass(Math.min(rttClass, theirClass))))
      }
    }
    return graph
  }

  /** Dijkstra without a heap: groups are small and this runs when links change, not per frame. */
  #shortest(): Map<string, Step> {
    const steps = new Map<string, Step>()
    for (const id of this.#graph.keys()) steps.set(id, { cost: Infinity, from: null, done: false })
    steps.set(this.#me, { cost: 0, from: null, done: false })
    for (;;) {
      let nearest: string | null = null
      let step: Step | null = null
      for (const [id, candidate] of steps) {
        if (!candidate.done && candidate.cost < (step?.cost ?? Infinity)) {
          nearest = id
          step = candidate
        }
      }
      if (nearest === null || step === null) return steps
      step.done = true
      if (!this.#passes(nearest)) continue
      for (const [id, cost] of this.#graph.get(nearest) ?? []) {
        const next = steps.get(id)
        if (next && step.cost + cost < next.cost) {
          next.cost = step.cost + cost
          next.from = nearest
        }
      }
    }
  }

  #passes(id: string): boolean {
    if (id === this.#me) return true
    const entry = this.#roster.get(id)
    return entry !== undefined && canRelay(entry)
  }

  #routeTo(id: string, steps: ReadonlyMap<string, Step>): Route {
    const via: string[] = []
    for (let at = steps.get(id)?.from ?? null; at !== null && at !== this.#me; at = steps.get(at)?.from ?? null) {
      via.unshift(at)
    }
    return { via, next: via[0] ?? id }
  }
}
