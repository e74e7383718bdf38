import { encodeRecord, type DigestEntry } from '../../protocol/records.js'
import { encodeBase64url } from '../../util/base64url.js'
import type { Core } from '../core.js'
import type { Link } from '../link.js'
import type { RosterChange } from './roster.js'

/** Neighbors are lost several at a time. */
const ASK_LEAST_MS = 200

/** Carries roster records between neighbors: every newer one goes on to all others, newcomers catch up by digest. */
export class Gossip {
  readonly #core: Core
  readonly #changed: (change: RosterChange) => void
  /** The members that the first neighbor to send a digest knows of. */
  #firstDigest: readonly string[] | null = null
  #askedMs = -Infinity

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

  /** A neighbor is lost or silent, and with it what it was to pass on: two others are asked what I lack. */
  catchUp(): void {
    const { nowMs } = this.#core
    if (nowMs < this.#askedMs + ASK_LEAST_MS) return
    const links = [...this.#core.boundLinks()].filter((link) => !link.isSuspect)
    if (links.length === 0) return
    this.#askedMs = nowMs
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
    this.#core.topologyChanged()
  }

  handleRecord(link: Link, bytes: Uint8Array): void {
    const change = this.#core.roster.accept(bytes, this.#core.nowMs)
    if (change === null) return
    // Whom a member lists it has told itself, and so has who passed it on. Without this, a record of one would cross
    // every link of a full mesh. Who loses such a link before it came asks others (`catchUp`).
    const told = [change.entry.links, this.#core.roster.get(link.peer.id)?.links]
    this.spread(bytes.slice(), (other) => other === link || told.some((links) => links?.neighbors.has(other.peer.id)))
    this.#changed(change)
    this.#core.topologyChanged()
  }

  #queue(link: Link, record: Uint8Array): void {
    link.control.push(encodeRecord({ type: 'roster', record }))
  }
}
