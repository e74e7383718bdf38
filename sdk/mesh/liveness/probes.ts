import { MAX_MEMBER_FRAME_BYTES } from '../../protocol/limits.js'
import { PackWriter } from '../../protocol/pack.js'
import { encodeRecord } from '../../protocol/records.js'
import { RELAY_OVERHEAD_BYTES } from '../../protocol/relay-frames.js'
import type { ControlQueue } from '../control-queue.js'
import type { Core } from '../core.js'
import type { Link } from '../link.js'
import type { Peer } from '../peer.js'
import type { Forwarder } from '../route/forwarder.js'
import type { Paths } from '../route/paths.js'
import type { Route } from '../route/router.js'

/** How many others a silent member is asked through. */
const ASK_THROUGH = 3
/** Ways beside the one in use are measured so often, and so many of them. */
const MEASURE_MS = 10_000
const MEASURE_WAYS = 2
const FIRST_MEASURE_MS = 1_000
/** An answer that takes longer is none. */
const ANSWER_MS = 10_000

interface Asked {
  readonly peer: Peer
  readonly next: string
  readonly sentMs: number
}

/**
 * Asks members by way of others: pings that are sealed end to end and go over a link of my choice, so that the member
 * alone can answer, and nobody has a say in another's leaving.
 */
export class Probes {
  readonly #core: Core
  readonly #paths: Paths
  readonly #forwarder: Forwarder
  readonly #asked = new Map<number, Asked>()
  #nextId = 1

  constructor(core: Core, paths: Paths, forwarder: Forwarder) {
    this.#core = core
    this.#paths = paths
    this.#forwarder = forwarder
  }

  nextId(): number {
    const id = this.#nextId
    this.#nextId = (id % 0xffff_ffff) + 1
    return id
  }

  canAsk(peer: Peer): boolean {
    return peer.session !== null && this.#paths.others(peer).length > 0
  }

  /** Through up to three others at once: those linked to it first. */
  ask(peer: Peer): void {
    if (peer.session === null) return
    for (const way of this.#paths.others(peer).slice(0, ASK_THROUGH)) {
      this.#send(peer, way)
      peer.wasAsked = true
    }
  }

  /** Now and then, so that a change of path is one to something that works. */
  measure(peer: Peer): void {
    const { nowMs } = this.#core
    if (peer.session === null || !peer.isHere) return
    peer.measureAtMs ??= nowMs + FIRST_MEASURE_MS
    if (nowMs < peer.measureAtMs) return
    peer.measureAtMs = nowMs + MEASURE_MS
    for (const way of this.#paths.others(peer).slice(0, MEASURE_WAYS)) this.#send(peer, way)
  }

  /** Answers go back over the link by which the questions came: my own path may be the one that is in doubt. */
  answer(peer: Peer, link: Link, answers: ControlQueue): void {
    if (answers.isEmpty || peer.session === null) return
    const pack = new PackWriter('sealed', MAX_MEMBER_FRAME_BYTES - RELAY_OVERHEAD_BYTES)
    answers.moveTo(pack)
    this.#forwarder.sendOver(link, this.#core.sealRelayed(peer, peer.session, pack.finish()))
  }

  handlePong(peer: Peer, id: number): void {
    const asked = this.#asked.get(id)
    if (asked?.peer !== peer) return
    this.#asked.delete(id)
    if (this.#core.nowMs - asked.sentMs >= ANSWER_MS) return
    const state = this.#paths.stateOf(peer, asked.next)
    const sampleMs = this.#core.nowMs - asked.sentMs
    state.rttMs = state.rttMs === null ? sampleMs : state.rttMs * 0.75 + sampleMs * 0.25
    state.unansweredSinceMs = null
    peer.answered(asked.sentMs)
  }

  #send(peer: Peer, way: Route): void {
    const link = this.#core.peers.get(way.next)?.link ?? null
    if (link === null || peer.session === null) return
    const { nowMs } = this.#core
    this.#forgetOld()
    const id = this.nextId()
    this.#asked.set(id, { peer, next: way.next, sentMs: nowMs })
    const state = this.#paths.stateOf(peer, way.next)
    state.askedMs = nowMs
    state.unansweredSinceMs ??= nowMs
    const ping = encodeRecord({ type: 'ping', id })
    this.#forwarder.sendOver(link, this.#core.sealRelayed(peer, peer.session, ping))
  }

  #forgetOld(): void {
    for (const [id, { sentMs }] of this.#asked) {
      if (this.#core.nowMs - sentMs < ANSWER_MS) return
      this.#asked.delete(id)
    }
  }
}
