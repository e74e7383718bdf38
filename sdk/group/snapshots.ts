import type { Path } from '../mesh/events.js'
import type { PeerView } from '../mesh/options.js'
import { encodeBase64url } from '../util/base64url.js'
import { decodeUtf8Lossy } from '../util/bytes.js'
import type { Profile } from './options.js'
import type { Recognition } from './recognition.js'

/** Another member, as it was when the snapshot was taken. Frozen. */
export interface Peer {
  /** 22 characters; stays the same until that member's join ends. */
  readonly id: string
  /** The public key of its identity, 43 characters. */
  readonly identity: string
  /**
   * Whether `verify()` was called on this device for this identity. Not while it goes by the name of somebody else
   * who was verified.
   */
  readonly verified: boolean
  /** What it says of itself; nobody vouches for it. `{}` when it says nothing, or nothing that can be read. */
  readonly profile: Profile
  readonly bot: boolean
  /** How it is reached: by a link, through other members, or at the moment not at all. */
  readonly path: Path['kind']
  /** The members that forward, nearest first; empty unless `path` is `relayed`. */
  readonly via: readonly string[]
  /** Round-trip time in milliseconds, rounded to its class; `null` until measured. `stats()` has the newest. */
  readonly rttMs: number | null
}

const none: readonly never[] = Object.freeze([])

/**
 * What `members`, `neighbors` and `peers` show. Follows the engine's notices one by one, so that what a listener reads
 * agrees with the event it was given, even when the engine is further on. An array is made anew only when it differs.
 */
export class Snapshots {
  #myId = ''
  /** In the order of joining. */
  readonly #peers = new Map<string, Peer>()
  #members: readonly string[] = none
  #list: readonly Peer[] = none
  #neighbors: readonly string[] = none
  readonly #recognition: Pick<Recognition, 'isVerified'>

  constructor(recognition: Pick<Recognition, 'isVerified'>) {
    this.#recognition = recognition
  }

  get members(): readonly string[] {
    return this.#members
  }

  get peers(): readonly Peer[] {
    return this.#list
  }

  begin(myId: string): void {
    this.#myId = myId
    this.#rebuild()
  }

  clear(): void {
    this.#myId = ''
    this.#peers.clear()
    this.#members = this.#list = this.#neighbors = none
  }

  has(id: string): boolean {
    return this.#peers.has(id)
  }

  get(id: string): Peer | undefined {
    return this.#peers.get(id)
  }

  /** Takes in a newcomer, or what has changed of a member. */
  put(view: PeerView): Peer {
    const known = this.#peers.get(view.id)
    const peer = createPeer(view, this.#recognition)
    // Round-trip times waver all the time; a new snapshot for each would make every view render for nothing.
    if (known && JSON.stringify({ ...known, rttMs: null }) === JSON.stringify({ ...peer, rttMs: null })) return known
    this.#peers.set(view.id, peer)
    this.#rebuild()
    return peer
  }

  /** For when others are verified than before: those that show it, as they are now. */
  review(): readonly Peer[] {
    const changed = [...this.#peers.values()].flatMap((peer) => {
      const verified = this.#recognition.isVerified(peer.identity, peer.profile)
      return verified === peer.verified ? [] : [Object.freeze({ ...peer, verified })]
    })
    for (const peer of changed) this.#peers.set(peer.id, peer)
    this.#rebuild()
    return changed
  }

  /** False for one that was not there. */
  remove(id: string): boolean {
    if (!this.#peers.delete(id)) return false
    this.#rebuild()
    return true
  }

  /** `linked` are the ids that the engine has a bound link to; among them may be some that are no members yet. */
  neighbors(linked: readonly string[]): readonly string[] {
    const ids = linked.filter((id) => this.#peers.has(id))
    if (!sameItems(ids, this.#neighbors)) this.#neighbors = Object.freeze(ids)
    return this.#neighbors
  }

  #rebuild(): void {
    const members = this.#myId === '' ? [] : [this.#myId, ...this.#peers.keys()]
    if (!sameItems(members, this.#members)) this.#members = Object.freeze(members)
    const peers = [...this.#peers.values()]
    if (!sameItems(peers, this.#list)) this.#list = Object.freeze(peers)
  }
}

const sameItems = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index])

const createPeer = (view: PeerView, recognition: Pick<Recognition, 'isVerified'>): Peer => {
  const identity = encodeBase64url(view.identity)
  const profile = parseProfile(view.profile)
  return Object.freeze({
    id: view.id,
    identity,
    verified: recognition.isVerified(identity, profile),
    profile,
    bot: view.bot,
    path: view.path.kind,
    via: Object.freeze([...view.path.via]),
    rttMs: view.rttMs,
  })
}

/** The bytes come from another member and may be anything. */
const parseProfile = (bytes: Uint8Array): Profile => {
  try {
    const value: unknown = JSON.parse(decodeUtf8Lossy(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return deepFreeze(value) as Profile
  } catch {
    // Not JSON: as good as nothing.
  }
  return Object.freeze({})
}

const deepFreeze = (value: object): object => {
  for (const inner of Object.values(value) as unknown[]) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  }
  return Object.freeze(value)
}
