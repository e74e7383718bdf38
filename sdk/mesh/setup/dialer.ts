import type { Core } from '../core.js'
import type { CarrierId } from '../events.js'
import type { RosterEntry } from '../roster/roster.js'
import { backoffMs, MAX_FAILURES, type Backoff } from './backoff.js'
import type { Doorstep } from './doorstep.js'
import type { LinkPlan } from './link-plan.js'

/** What a link of another kind gets before the address is tried: most often it makes the socket unnecessary. */
const HEAD_START_MS = 500
/** An address is dialled at most once a minute; one where nobody answers ever less often. */
const RETRY: Backoff = { baseMs: 60_000, capMs: 960_000, jitter: 0 }
/** An address is worth trying for so long after the last word of its member: it may lead out of a split. */
const MEMORY_MS = 86_400_000

interface Attempts {
  failures: number
  nextMs: number
  /** The socket under way, or that became the link. */
  carrier: CarrierId | null
}

/** Dials members that can be dialled, by the addresses in their cards, while I have no link to them. */
export class Dialer {
  readonly #core: Core
  readonly #doorstep: Doorstep
  readonly #plan: LinkPlan
  readonly #attempts = new Map<string, Attempts>()

  constructor(core: Core, doorstep: Doorstep, plan: LinkPlan) {
    this.#core = core
    this.#doorstep = doorstep
    this.#plan = plan
  }

  /** Whether what the roster knows of this member may still be needed, though nobody has heard of it for long. */
  remembers(entry: RosterEntry): boolean {
    const { receivedMs } = entry.links ?? entry.card
    return this.#isDialable(entry) && this.#core.nowMs - receivedMs < MEMORY_MS
  }

  /** A socket has become a link to this member. */
  handleAttached(id: string): void {
    const attempts = this.#attempts.get(id)
    if (attempts) attempts.failures = 0
  }

  tick(): number {
    const { roster, options } = this.#core
    if (!options.dials) return Infinity
    let next = Infinity
    for (const entry of roster.values()) if (this.#isDialable(entry)) next = Math.min(next, this.#consider(entry))
    for (const id of this.#attempts.keys()) if (roster.get(id) === undefined) this.#attempts.delete(id)
    return next
  }

  #isDialable(entry: RosterEntry): boolean {
    const { id, options } = this.#core
    return options.dials && entry.id !== id && entry.links?.gone !== true && entry.card.addresses.length > 0
  }

  /** When to look again; `Infinity` while there is a link, whose loss is looked at anyway. */
  #consider(entry: RosterEntry): number {
    const { nowMs, linkCount, options } = this.#core
    const peer = this.#core.peers.get(entry.id)
    const link = peer?.link ?? null
    if (link !== null && !link.isSuspect) return Infinity
    const headStartMs = options.canLink(entry.id) ? HEAD_START_MS : 0
    const attempts = this.#attempts.get(entry.id) ?? {
      failures: 0,
      nextMs: entry.card.receivedMs + headStartMs,
      carrier: null,
    }
    if (nowMs < attempts.nextMs) return attempts.nextMs
    if (attempts.carrier !== null && this.#doorstep.owns(attempts.carrier)) return Infinity
    const isReached = peer !== undefined && peer.path.kind !== 'none'
    if (isReached ? !this.#plan.hasPlaceFor(peer) : linkCount >= options.limits.maxLinks) return Infinity
    const { addresses } = entry.card
    attempts.nextMs = nowMs + backoffMs(RETRY, attempts.failures, 0)
    this.#core.log?.('debug', 'socket:dial', { member: entry.id, failures: attempts.failures })
    attempts.carrier = this.#doorstep.dial(addresses[attempts.failures % addresses.length] as string)
    attempts.failures = Math.min(attempts.failures + 1, MAX_FAILURES)
    this.#attempts.set(entry.id, attempts)
    return attempts.nextMs
  }
}
