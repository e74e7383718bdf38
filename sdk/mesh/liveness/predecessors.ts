import type { Core } from '../core.js'
import type { Peer } from '../peer.js'
import type { Liveness } from './liveness.js'
import type { Probes } from './probes.js'

/** An older member of an identity that has come anew answers within this, or within four round trips. */
const ANSWER_MS = 2_000
const ANSWER_ROUND_TRIPS = 4
/** A timer that comes so late may be followed by answers that are here already. */
const LATE_MS = 1_000

interface Question {
  readonly askedMs: number
  /** When it is asked by way of others, too; `Infinity` once that is done. */
  againMs: number
  readonly dueMs: number
}

/**
 * Asks the older members of an identity whether they are still there when it comes anew: most often that is a page that
 * crashed and was loaded again. The newcomer's certificate is a reason to ask and no more: who answers stays.
 */
export class Predecessors {
  readonly #core: Core
  readonly #liveness: Liveness
  readonly #probes: Probes
  readonly #leave: (peer: Peer) => void
  /** Each stays for its whole time, answered or not: nobody is asked more often for it. */
  readonly #questions = new Map<Peer, Question>()

  constructor(core: Core, liveness: Liveness, probes: Probes, leave: (peer: Peer) => void) {
    this.#core = core
    this.#liveness = liveness
    this.#probes = probes
    this.#leave = leave
  }

  /** A member that I did not know of. */
  handleNewcomer({ certificate }: Peer): void {
    for (const peer of this.#core.peers.values()) {
      if (peer.isHere && !this.#questions.has(peer) && certificate.succeeds(peer.certificate)) this.#ask(peer)
    }
  }

  /** I close everything: nobody could answer. */
  clear(): void {
    this.#questions.clear()
  }

  /** A timer came `lateMs` after its time. */
  late(lateMs: number): void {
    if (lateMs > LATE_MS) for (const peer of [...this.#questions.keys()]) this.#ask(peer)
  }

  /** Does what is due; the time of the next look. */
  tick(): number {
    let next = Infinity
    for (const [peer, question] of [...this.#questions]) next = Math.min(next, this.#review(peer, question))
    return next
  }

  /** Asks it now; the time of the next look. */
  #ask(peer: Peer): number {
    const { nowMs } = this.#core
    const waitMs = this.#patienceMs(peer)
    const againMs = nowMs + waitMs / 2
    this.#questions.set(peer, { askedMs: nowMs, againMs, dueMs: nowMs + waitMs })
    if (peer.link !== null) this.#liveness.ping(peer, peer.link)
    if (peer.path.kind === 'relayed') this.#liveness.ping(peer, null)
    this.#core.tickAt(againMs)
    return againMs
  }

  #review(peer: Peer, question: Question): number {
    const { nowMs } = this.#core
    const isSilent = peer.isHere && !this.#isAway(peer) && peer.provedMs < question.askedMs
    if (nowMs < question.dueMs) {
      if (nowMs < question.againMs) return question.againMs
      question.againMs = Infinity
      if (isSilent) this.#probes.ask(peer)
      return question.dueMs
    }
    this.#questions.delete(peer)
    if (!isSilent) return Infinity
    // Where no link has brought anything, it is likelier that I am the one who is cut off.
    if (!this.#hasHeard(question.askedMs)) return this.#ask(peer)
    this.#leave(peer)
    return Infinity
  }

  /** It has said that it cannot answer for a while. */
  #isAway({ id }: Peer): boolean {
    return this.#core.roster.get(id)?.links?.away === true
  }

  #hasHeard(sinceMs: number): boolean {
    for (const { lastHeardMs } of this.#core.boundLinks()) if (lastHeardMs > sinceMs) return true
    return false
  }

  /** What is written already leaves before the question. */
  #patienceMs(peer: Peer): number {
    const link = peer.path.kind === 'direct' ? peer.link : this.#core.peers.get(peer.relayNext ?? '')?.link
    return Math.max(ANSWER_MS, ANSWER_ROUND_TRIPS * (peer.rttMs ?? 0)) + (link?.pace.drainMs ?? 0)
  }
}
