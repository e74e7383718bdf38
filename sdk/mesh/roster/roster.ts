import type { CryptoSuite } from '../../crypto/suite.js'
import { DecodeError } from '../../protocol/decode-error.js'
import type { DigestEntry } from '../../protocol/records.js'
import {
  CAPABILITY,
  decodeRosterRecord,
  type Card,
  type Links,
  type RosterRecord,
} from '../../protocol/roster-record.js'
import { encodeBase64url } from '../../util/base64url.js'
import { concatBytes, equalBytes } from '../../util/bytes.js'
import { verifyCertificate, type VerifiedCertificate } from '../session/certificates.js'
import { NeighborList } from './neighbor-list.js'
import { RosterCard } from './roster-card.js'
import { RosterLinks } from './roster-links.js'

export interface RosterEntry {
  readonly id: string
  readonly certificate: VerifiedCertificate
  readonly card: RosterCard
  readonly links: RosterLinks | null
}

export type RosterChange =
  | { readonly type: 'card'; readonly entry: RosterEntry; readonly isNew: boolean }
  | { readonly type: 'links'; readonly entry: RosterEntry }

/** A links record that was not signed anew for this long no longer counts, by the receiver's clock. */
export const LINKS_LIFETIME_MS = 150_000
/** How long a departed member is remembered, so that a record still on its way does not bring it back. */
const MEMORY_MS = 600_000
/** How often it is looked whether the time of anybody is over. */
const PRUNE_MS = 1_000
const MAX_ENTRIES = 1_024

export const canRelay = (entry: RosterEntry): boolean => (entry.card.capabilities & CAPABILITY.RELAY) !== 0

/** Who is where: the newest signed records of every member, mine among them. */
export class Roster {
  readonly #suite: CryptoSuite
  readonly #topic: Uint8Array
  /** Those who are kept when there is room for so many only: anybody with the group key can make up the others. */
  readonly #isKept: (id: string) => boolean
  readonly #entries = new Map<string, RosterEntry>()
  #prunedMs = -Infinity
  /** Counts changes that may matter to routes. */
  revision = 0

  constructor(suite: CryptoSuite, topic: Uint8Array, isKept: (id: string) => boolean) {
    this.#suite = suite
    this.#topic = topic
    this.#isKept = isKept
  }

  get(id: string): RosterEntry | undefined {
    return this.#entries.get(id)
  }

  values(): IterableIterator<RosterEntry> {
    return this.#entries.values()
  }

  /** Newer than what is known and authentic: the change. Else `null`, and nothing has changed. */
  accept(bytes: Uint8Array, nowMs: number): RosterChange | null {
    // Whatever is kept of the record is a view of this copy.
    const copy = new Uint8Array(bytes)
    let record: RosterRecord
    try {
      record = decodeRosterRecord(copy)
    } catch (error) {
      // One bad record says nothing about who passed it on.
      if (error instanceof DecodeError) return null
      throw error
    }
    return record.content.kind === 'card'
      ? this.#acceptCard(record, record.content, copy.buffer, nowMs)
      : this.#acceptLinks(record, record.content, copy.buffer, nowMs)
  }

  /** Signed by the identity that the member's certificate names; the topic is covered too. */
  #isAuthentic(record: RosterRecord, identity: Uint8Array): boolean {
    return this.#suite.verify(identity, 'record', concatBytes(this.#topic, record.body), record.signature)
  }

  #acceptCard(record: RosterRecord, content: Card, buffer: ArrayBuffer, nowMs: number): RosterChange | null {
    const id = encodeBase64url(record.member)
    const known = this.#entries.get(id)
    if (known !== undefined && record.version <= known.card.version) return null
    const isFull = known === undefined && this.#entries.size >= MAX_ENTRIES
    if (isFull && this.#leastNeeded() === undefined) return null
    const certificate = verifyCertificate(this.#suite, this.#topic, content.certificate)
    if (certificate === null || !equalBytes(certificate.memberBytes, record.member)) return null
    if (known !== undefined && certificate.issuedAt < known.certificate.issuedAt) return null
    if (nowMs >= certificate.endsMs) return null
    if (!this.#isAuthentic(record, certificate.identity)) return null
    if (isFull) this.#entries.delete(this.#leastNeeded()?.id ?? '')
    const entry: RosterEntry = {
      id: certificate.member,
      certificate,
      card: new RosterCard(buffer, nowMs, record, content),
      links: known?.links ?? null,
    }
    this.#entries.set(entry.id, entry)
    this.revision++
    return { type: 'card', entry, isNew: known === undefined }
  }

  #acceptLinks(record: RosterRecord, content: Links, buffer: ArrayBuffer, nowMs: number): RosterChange | null {
    const known = this.#entries.get(encodeBase64url(record.member))
    if (known === undefined || known.links?.gone === true) return null
    if (known.links !== null && record.version <= known.links.version) return null
    if (!this.#isAuthentic(record, known.certificate.identity)) return null
    const { gone, away } = content
    const neighbors = new NeighborList(
      content.neighbors.map((neighbor) => this.#idOf(neighbor.id)),
      content.neighbors.map(({ rttClass }) => rttClass),
    )
    const links = new RosterLinks(buffer, nowMs, { version: record.version, gone, away }, neighbors)
    const entry = { ...known, links }
    this.#entries.set(known.id, entry)
    this.revision++
    return { type: 'links', entry }
  }

  /** So long did I sleep: what came before is no older for that. */
  slept(lateMs: number, nowMs: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.links === null) continue
      const receivedMs = Math.min(entry.links.receivedMs + lateMs, nowMs)
      this.#entries.set(entry.id, { ...entry, links: entry.links.receivedAt(receivedMs) })
    }
  }

  /** The same text for the same member everywhere: a large group has many times more links than members. */
  #idOf(bytes: Uint8Array): string {
    const id = encodeBase64url(bytes)
    return this.#entries.get(id)?.id ?? id
  }

  /** Its links count: neither gone nor away, and not too long unsigned. */
  isFresh({ links }: RosterEntry, nowMs: number): boolean {
    return links !== null && !links.gone && !links.away && nowMs - links.receivedMs < LINKS_LIFETIME_MS
  }

  /** What I know of those who are not gone; whoever believes me to be wrong about the others will hear why. */
  digest(): DigestEntry[] {
    const present = [...this.#entries.values()].filter((entry) => entry.links?.gone !== true)
    return present.map((entry) => ({
      id: entry.certificate.memberBytes,
      card: entry.card.version,
      links: entry.links?.version ?? 0,
    }))
  }

  /**
   * The records that the sender of this digest lacks, cards before links. Who is gone is of no use to one that never
   * heard of it: an older record brings nobody back without neighbors that list it too.
   */
  newerThan(digest: readonly DigestEntry[]): Uint8Array[] {
    const theirs = new Map(digest.map((entry) => [encodeBase64url(entry.id), entry]))
    const cards: Uint8Array[] = []
    const links: Uint8Array[] = []
    for (const entry of this.#entries.values()) {
      const their = theirs.get(entry.id)
      if (their === undefined && entry.links?.gone === true) continue
      if (entry.card.version > (their?.card ?? 0)) cards.push(entry.card.bytes)
      if (entry.links !== null && entry.links.version > (their?.links ?? 0)) links.push(entry.links.bytes)
    }
    return [...cards, ...links]
  }

  /**
   * Who makes room for a newcomer: those who left, before their time is over; then whoever came first and has not proved
   * that there is anyone.
   */
  #leastNeeded(): RosterEntry | undefined {
    const gone = this.#longestGone()
    if (gone !== undefined) return gone
    for (const entry of this.#entries.values()) if (!this.#isKept(entry.id)) return entry
    return undefined
  }

  #longestGone(): RosterEntry | undefined {
    let longest: RosterEntry | undefined
    let sinceMs = Infinity
    for (const entry of this.#entries.values()) {
      if (entry.links?.gone !== true || entry.links.receivedMs >= sinceMs) continue
      longest = entry
      sinceMs = entry.links.receivedMs
    }
    return longest
  }

  /** Forgets who has long been gone; never me. */
  prune(nowMs: number, keep: (entry: RosterEntry) => boolean): void {
    if (nowMs < this.#prunedMs + PRUNE_MS) return
    this.#prunedMs = nowMs
    for (const entry of this.#entries.values()) {
      if (keep(entry)) continue
      if (nowMs - (entry.links ?? entry.card).receivedMs > MEMORY_MS) {
        this.#entries.delete(entry.id)
        this.revision++
      }
    }
  }
}
