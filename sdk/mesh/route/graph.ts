import type { Roster, RosterEntry } from '../roster/roster.js'
import { UNKNOWN_RTT_CLASS, rttOfClass } from '../roster/rtt-class.js'

/** What a hop costs beside its round trip, and what one of unknown length is taken for, in milliseconds. */
const HOP_COST_MS = 2
const UNKNOWN_RTT_MS = 20

/** Of what the two ends measured: one that makes itself look near would draw to it what others send. */
const slower = (one: number, other: number): number => {
  if (one === UNKNOWN_RTT_CLASS || other === UNKNOWN_RTT_CLASS) return Math.min(one, other)
  return Math.max(one, other)
}

/** By round-trip class: costs are asked for with every look at a link. */
const costs = Float64Array.from(
  { length: 256 },
  (_, rttClass) => HOP_COST_MS + (rttOfClass(rttClass) ?? UNKNOWN_RTT_MS),
)

const costOf = (one = UNKNOWN_RTT_CLASS, other = UNKNOWN_RTT_CLASS): number => costs[slower(one, other)] as number

/** A link to this member. */
export interface Edge {
  readonly id: string
  readonly cost: number
}

/**
 * The links that count: those that both ends list, and mine at once. It is read off the roster's records and keeps
 * nothing of them, since a copy would take more memory than they do.
 */
export class Graph {
  readonly #roster: Roster
  readonly #me: string
  #own: ReadonlySet<string> = new Set()
  #nowMs = 0

  constructor(roster: Roster, me: string) {
    this.#roster = roster
    this.#me = me
  }

  update(own: Iterable<string>, nowMs: number): void {
    this.#own = new Set(own)
    this.#nowMs = nowMs
  }

  /** Members linked with this one, and what the way to each costs. */
  neighborsOf(id: string): Edge[] {
    if (id === this.#me) return Array.from(this.#own, (other) => ({ id: other, cost: this.#ownCost(other) }))
    const edges: Edge[] = this.#own.has(id) ? [{ id: this.#me, cost: this.#ownCost(id) }] : []
    this.#fresh(id)?.links?.neighbors.forEach((other, rttClass) => {
      const theirs = other === this.#me ? undefined : this.#fresh(other)?.links?.neighbors.get(id)
      if (theirs !== undefined) edges.push({ id: other, cost: costOf(rttClass, theirs) })
    })
    return edges
  }

  /** What the way from one to the other costs; `undefined` when they are not linked. */
  cost(one: string, other: string): number | undefined {
    if (one === this.#me) return this.#own.has(other) ? this.#ownCost(other) : undefined
    if (other === this.#me) return this.cost(other, one)
    const mine = this.#fresh(one)?.links?.neighbors.get(other)
    const theirs = this.#fresh(other)?.links?.neighbors.get(one)
    return mine === undefined || theirs === undefined ? undefined : costOf(mine, theirs)
  }

  #ownCost(id: string): number {
    const mine = this.#roster.get(this.#me)?.links?.neighbors.get(id)
    const theirs = this.#roster.get(id)?.links?.neighbors.get(this.#me)
    return costOf(mine, theirs)
  }

  #fresh(id: string): RosterEntry | null {
    const entry = this.#roster.get(id)
    return entry && this.#roster.isFresh(entry, this.#nowMs) ? entry : null
  }
}
