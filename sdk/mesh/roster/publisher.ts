import { encodeRosterBody, type Card, type Links } from '../../protocol/roster-record.js'
import { CAPABILITY } from '../../protocol/roster-record.js'
import { concatBytes } from '../../util/bytes.js'
import type { Core } from '../core.js'
import { RENEW_MS } from '../session/certificates.js'
import { isOtherRtt, rttClassOf } from './rtt-class.js'

/** New neighbors come in bursts: they are gathered for this long, and for longer while more are to come. A lost one is published at once. */
const GATHER_MS = 20
const GATHER_MORE_MS = 200
/** While more are to come, and to those that are published these add little. */
const GATHER_MOST_MS = 4_000
/** Who has fewer neighbors than this may be reached by way of me alone. */
const WELL_LINKED = 3
/** In larger groups less often, in proportion: each record crosses every link. */
const CLASSES_EVERY_MS = 5_000
const CLASSES_MEMBERS = 32
/** Well within the life of a links record, so that a lost one does no harm. */
const REFRESH_MS = 60_000
const BUCKET_SIZE = 20
const BUCKET_REFILL_MS = 1_000

export interface PublisherHandlers {
  /** A new record of mine goes to all neighbors. */
  spread(record: Uint8Array): void
  /** My certificate is a newer one. */
  renewed(): void
}

/** Keeps my own two records true, and not more often than others can bear. */
export class Publisher {
  readonly #core: Core
  readonly #handlers: PublisherHandlers
  #version = 0
  #cardVersion = 0
  #renewAtMs: number
  #published = new Map<string, number>()
  #dueMs: number | null = null
  #refreshAtMs = 0
  #classesAtMs: number
  #tokens = BUCKET_SIZE
  #refilledMs: number

  constructor(core: Core, handlers: PublisherHandlers) {
    this.#core = core
    this.#handlers = handlers
    this.#renewAtMs = core.nowMs + RENEW_MS
    this.#refilledMs = core.nowMs
    this.#classesAtMs = core.nowMs + CLASSES_EVERY_MS
  }

  /** Makes my card and first links record. */
  start(): void {
    this.#publishCard()
    this.#publishLinks()
  }

  #publishCard(): void {
    const { options, certificate } = this.#core
    const card: Card = {
      kind: 'card',
      certificate,
      profile: options.profile,
      addresses: options.addresses,
      providers: options.keys.admissions.map(({ id }) => id),
      maxLinks: options.limits.maxLinks,
      capabilities: (options.bot ? CAPABILITY.BOT : 0) | (options.relay ? CAPABILITY.RELAY : 0),
    }
    this.#publish(++this.#cardVersion, card)
  }

  #renew(): void {
    this.#renewAtMs = this.#core.nowMs + RENEW_MS
    this.#core.renewCertificate()
    this.#publishCard()
    this.#handlers.renewed()
  }

  /**
   * My links may have changed. One that has fallen silent is not listed: nobody should send by it. Whether one is lost
   * that others believe in.
   */
  review(): boolean {
    const current = this.#current()
    const now = this.#core.nowMs
    const isLess = [...this.#published.keys()].some((id) => !current.has(id))
    if (isLess) this.#due(now)
    else if (current.size > this.#published.size) this.#due(now + this.#gatherMs(current))
    return isLess
  }

  /** The last record of this join: final for everyone who gets it. */
  goodbye(): Uint8Array {
    return this.#encode(++this.#version, { kind: 'links', gone: true, away: false, neighbors: [] })
  }

  /** A goodbye that `resume` takes back. */
  away(): Uint8Array {
    const record = this.#encode(++this.#version, { kind: 'links', gone: false, away: true, neighbors: [] })
    this.#core.roster.accept(record, this.#core.nowMs)
    this.#published = new Map()
    this.#dueMs = null
    return record
  }

  /** Back from being away: whoever links with me next learns so before anything else. */
  resume(): void {
    this.#publishLinks()
  }

  /** Publishes what is due; the time of the next look. */
  tick(): number {
    const now = this.#core.nowMs
    this.#refill(now)
    if (now >= this.#classesAtMs) {
      this.#classesAtMs = now + this.#classesEveryMs
      if (this.#differs()) this.#due(now)
    }
    if (now >= this.#refreshAtMs) this.#due(now)
    if (now >= this.#renewAtMs) this.#renew()
    if (this.#dueMs !== null && now >= this.#dueMs) {
      if (this.#tokens >= 1) {
        this.#tokens--
        this.#publishLinks()
      } else this.#dueMs = this.#refilledMs + BUCKET_REFILL_MS
    }
    return Math.min(this.#dueMs ?? Infinity, this.#refreshAtMs, this.#classesAtMs, this.#renewAtMs)
  }

  get #classesEveryMs(): number {
    return CLASSES_EVERY_MS * Math.max(1, (this.#core.hereCount + 1) / CLASSES_MEMBERS)
  }

  /**
   * Each record goes to all neighbors: while more links are being made, the next one may tell of them too. The first
   * neighbor is how anyone learns of me: it does not wait.
   */
  #gatherMs(current: ReadonlyMap<string, number>): number {
    const { size } = this.#published
    if (size === 0) return 0
    if (!this.#expectsMore) return GATHER_MS
    const gained = [...current.keys()].filter((id) => !this.#published.has(id))
    const isWanted = gained.length * 2 >= size || gained.some((id) => this.#linksOf(id) < WELL_LINKED)
    return isWanted ? GATHER_MORE_MS : GATHER_MOST_MS
  }

  get #expectsMore(): boolean {
    for (const { setup } of this.#core.peers.values()) if (setup.type !== 'idle') return true
    return false
  }

  #linksOf(id: string): number {
    return this.#core.roster.get(id)?.links?.neighbors.size ?? 0
  }

  #due(atMs: number): void {
    this.#dueMs = Math.min(this.#dueMs ?? Infinity, atMs)
    this.#core.tickAt(this.#dueMs)
  }

  #refill(now: number): void {
    const earned = Math.floor((now - this.#refilledMs) / BUCKET_REFILL_MS)
    this.#tokens = Math.min(BUCKET_SIZE, this.#tokens + earned)
    this.#refilledMs += earned * BUCKET_REFILL_MS
  }

  /** My neighbors, each by the class that is published already as long as it will do: trees follow from classes. */
  #current(): Map<string, number> {
    const current = new Map<string, number>()
    for (const { isSuspect, peer } of this.#core.boundLinks()) {
      if (isSuspect) continue
      const rttClass = rttClassOf(peer.rttMs)
      const published = this.#published.get(peer.id)
      current.set(peer.id, published === undefined || isOtherRtt(published, rttClass) ? rttClass : published)
    }
    return current
  }

  #differs(): boolean {
    const current = this.#current()
    return current.size !== this.#published.size || [...current].some(([id, rtt]) => this.#published.get(id) !== rtt)
  }

  #publishLinks(): void {
    const current = this.#current()
    const neighbors = [...current].flatMap(([id, rttClass]) => {
      const peer = this.#core.peers.get(id)
      return peer === undefined ? [] : [{ id: peer.idBytes, rttClass }]
    })
    this.#published = current
    this.#dueMs = null
    this.#refreshAtMs = this.#core.nowMs + REFRESH_MS
    this.#publish(++this.#version, { kind: 'links', gone: false, away: false, neighbors })
  }

  #publish(version: number, content: Card | Links): void {
    const record = this.#encode(version, content)
    this.#core.roster.accept(record, this.#core.nowMs)
    this.#handlers.spread(record)
    this.#core.recordsChanged()
  }

  #encode(version: number, content: Card | Links): Uint8Array {
    const { suite, options, idBytes } = this.#core
    const body = encodeRosterBody(idBytes, version, content)
    return concatBytes(body, suite.sign(options.identity.secretKey, 'record', concatBytes(options.keys.topic, body)))
  }
}
