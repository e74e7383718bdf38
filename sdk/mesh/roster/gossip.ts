import { encodeRecord, type DigestEntry } from '../../protocol/records.js'
import { rosterRecordHead, type RosterRecordHead } from '../../protocol/roster-record.js'
import { encodeBase64url } from '../../util/base64url.js'
import { TokenBucket } from '../../util/token-bucket.js'
import type { Core } from '../core.js'
import type { Link } from '../link.js'
import { pointOn } from './rings.js'
import type { RosterLinks } from './roster-links.js'
import type { RosterChange, RosterEntry } from './roster.js'

/** Links records come in bursts while a mesh forms: of those that come meanwhile only the newest go on, in one frame. */
const PASS_ON_MS = 20
/** As many as a roster holds may come at once from a new neighbor; then no more than newcomers of a busy group. */
const CARDS_AT_ONCE = 1_024
const CARDS_A_SECOND = 20
/** As many links records as a large group publishes when much changes in it: each costs a signature check. */
const LINKS_AT_ONCE = 4_096
const LINKS_A_SECOND = 256
/** How many of those who have a record tell one who has not: each may be about to lose the link. */
const BEARERS = 2
/** Neighbors are lost several at a time. */
const ASK_LEAST_MS = 200
/** By then all know of the loss: until then a record may have been left to who has lost the link, too. */
const ASK_AGAIN_MS = 1_000

/** Carries roster records between neighbors: every newer one goes on to all others, newcomers catch up by digest. */
export class Gossip {
  readonly #core: Core
  readonly #changed: (change: RosterChange) => void
  /** The members that the first neighbor to send a digest knows of. */
  #firstDigest: readonly string[] | null = null
  #askedMs = -Infinity
  #askAgainAtMs = Infinity
  /** Members whose newest links record is to be passed on, and the links that brought it. */
  readonly #passing = new Map<string, Set<Link>>()
  #passAtMs = Infinity
  readonly #taken = { card: new WeakMap<Link, TokenBucket>(), links: new WeakMap<Link, TokenBucket>() }

  constructor(core: Core, changed: (change: RosterChange) => void) {
    this.#core = core
    this.#changed = changed
  }

  get firstDigest(): readonly string[] | null {
    return this.#firstDigest
  }

  /** What a new neighbor gets: who I am, at once, and what I know, by versions. */
  greet(link: Link): void {
    const me = this.#core.roster.get(this.#core.id)
    for (const record of [me?.card.bytes, me?.links?.bytes]) if (record) this.#queue(link, record)
    link.control.push(this.#digest())
    this.#core.wakeNow()
  }

  /** To all neighbors but those who have it. */
  spread(record: Uint8Array, hasIt: (link: Link) => boolean = () => false): void {
    for (const link of this.#core.boundLinks()) if (!hasIt(link)) this.#queue(link, record)
    this.#core.wakeNow()
  }

  /** Passes on what is due; the time of the next look. */
  tick(): number {
    const { nowMs } = this.#core
    if (nowMs >= this.#passAtMs) this.#passAll()
    if (nowMs >= this.#askAgainAtMs) {
      this.#askAgainAtMs = Infinity
      this.#ask()
    }
    return Math.min(this.#passAtMs, this.#askAgainAtMs)
  }

  #passAll(): void {
    this.#passAtMs = Infinity
    for (const [id, brought] of this.#passing) {
      const entry = this.#core.roster.get(id)
      const links = entry?.links
      if (links) this.#pass(links.bytes, entry, brought, (neighbor) => this.#isForOthers(links, neighbor))
    }
    this.#passing.clear()
  }

  /**
   * Whom a member lists it has told itself, and so has who passed it on. Without this, a record of one would cross every
   * link of a full mesh. Who loses such a link before it came asks others (`catchUp`).
   */
  #pass(
    record: Uint8Array,
    entry: RosterEntry,
    brought: ReadonlySet<Link>,
    isForOthers = (_neighbor: string): boolean => false,
  ): void {
    const told = [entry.links, ...[...brought].map((link) => this.#core.roster.get(link.peer.id)?.links)]
    this.spread(
      record,
      (link) =>
        brought.has(link) ||
        told.some((links) => links?.neighbors.has(link.peer.id) === true) ||
        isForOthers(link.peer.id),
    )
  }

  /**
   * Whether others that the author has told are to tell this neighbor of mine. All of them would, while a mesh forms: as
   * many copies as there are links between those who have it and those who do not. It is up to others with each version,
   * so nobody holds back many; cards and goodbyes, which come once, all tell.
   */
  #isForOthers(links: RosterLinks, neighbor: string): boolean {
    const theirs = this.#freshLinks(neighbor)
    if (theirs === null) return false
    const mine = pointOn(links.version, this.#core.id)
    let before = 0
    links.neighbors.forEach((other) => {
      if (other === this.#core.id || !theirs.neighbors.has(other)) return
      if (this.#freshLinks(other)?.neighbors.has(neighbor) !== true) return
      if (pointOn(links.version, other) < mine) before++
    })
    return before >= BEARERS
  }

  #freshLinks(id: string): RosterLinks | null {
    const { roster, nowMs } = this.#core
    const entry = roster.get(id)
    return entry !== undefined && roster.isFresh(entry, nowMs) ? entry.links : null
  }

  /** A neighbor is lost or silent, and with it what it was to pass on: two others are asked what I lack, twice. */
  catchUp(): void {
    const { nowMs } = this.#core
    if (nowMs < this.#askedMs + ASK_LEAST_MS) return
    this.#ask()
    this.#askAgainAtMs = nowMs + ASK_AGAIN_MS
    this.#core.tickAt(this.#askAgainAtMs)
  }

  #ask(): void {
    const links = [...this.#core.boundLinks()].filter((link) => !link.isSuspect)
    if (links.length === 0) return
    this.#askedMs = this.#core.nowMs
    const first = Math.floor(this.#core.random() * links.length)
    const asked = new Set([links[first], links[(first + 1) % links.length]])
    for (const link of asked) link?.control.push(this.#digest())
    this.#core.wakeNow()
  }

  #digest(): Uint8Array {
    return encodeRecord({ type: 'digest', entries: this.#core.roster.digest() })
  }

  handleDigest(link: Link, entries: readonly DigestEntry[]): void {
    if (link.control.takesAnswers) {
      for (const record of this.#core.roster.newerThan(entries)) this.#queue(link, record)
    }
    this.#firstDigest ??= entries.map((entry) => encodeBase64url(entry.id))
    this.#core.recordsChanged()
  }

  handleRecord(link: Link, bytes: Uint8Array): void {
    const head = rosterRecordHead(bytes)
    if (head === null) return
    const id = encodeBase64url(head.member)
    const known = this.#core.roster.get(id)?.[head.kind]?.version ?? 0
    // Most records come several times, by several neighbors: those need no more than this look at them.
    if (head.version <= known) return this.#noteRepeat(link, id, head)
    if (!this.#takes(link, head.kind)) return
    const change = this.#core.roster.accept(bytes, this.#core.nowMs)
    if (change === null) return
    const { entry } = change
    if (change.type === 'card' || entry.links?.gone === true) this.#pass(bytes.slice(), entry, new Set([link]))
    else {
      this.#passing.set(entry.id, new Set([link]))
      this.#passAtMs = Math.min(this.#passAtMs, this.#core.nowMs + PASS_ON_MS)
      this.#core.tickAt(this.#passAtMs)
    }
    this.#changed(change)
    this.#core.recordsChanged()
  }

  /** Newer records cost signature checks, and a card makes another one give way when there are too many. */
  #takes(link: Link, kind: RosterRecordHead['kind']): boolean {
    let bucket = this.#taken[kind].get(link)
    if (bucket === undefined) {
      const [perSecond, burst] =
        kind === 'card' ? ([CARDS_A_SECOND, CARDS_AT_ONCE] as const) : ([LINKS_A_SECOND, LINKS_AT_ONCE] as const)
      bucket = new TokenBucket(perSecond, burst, this.#core.nowMs)
      this.#taken[kind].set(link, bucket)
    }
    return bucket.take(1, this.#core.nowMs)
  }

  /** Whoever sends what I am about to pass on has it. */
  #noteRepeat(link: Link, id: string, { kind, version }: RosterRecordHead): void {
    if (kind === 'links' && version === this.#core.roster.get(id)?.links?.version) this.#passing.get(id)?.add(link)
  }

  #queue(link: Link, record: Uint8Array): void {
    link.control.push(encodeRecord({ type: 'roster', record }))
  }
}
