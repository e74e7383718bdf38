import { encodeRecord, type DigestEntry } from '../../protocol/records.js'
import { encodeBase64url } from '../../util/base64url.js'
import type { Core } from '../core.js'
import type { Link } from '../link.js'
import type { RosterChange } from './roster.js'

/** Carries roster records between neighbors: every newer one goes on to all others, newcomers catch up by digest. */
export class Gossip {
  readonly #core: Core
  readonly #changed: (change: RosterChange) => void
  /** The members that the first neighbor to send a digest knows of. */
  #firstDigest: readonly string[] | null = null

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
    link.control.push(encodeRecord({ type: 'digest', entries: this.#core.roster.digest() }))
    this.#core.wakeNow()
  }

  /** To all neighbors but those who have it. */
  spread(record: Uint8Array, hasIt: (link: Link) => boolean = () => false): void {
    for (const link of this.#core.boundLinks()) if (!hasIt(link)) this.#queue(link, record)
    this.#core.wakeNow()
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
    // Whom a member lists it has told itself. Without this, a record of one would cross every link of a full mesh.
    const { links } = change.entry
    this.spread(bytes.slice(), (other) => other === link || links?.neighbors.has(other.peer.id) === true)
    this.#changed(change)
    this.#core.topologyChanged()
  }

  #queue(link: Link, record: Uint8Array): void {
    link.control.push(encodeRecord({ type: 'roster', record }))
  }
}
