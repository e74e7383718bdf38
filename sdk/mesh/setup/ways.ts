import { encodeRelayedSetup } from '../../protocol/relay-frames.js'
import { decodeBase64url, encodeBase64url } from '../../util/base64url.js'
import type { Core } from '../core.js'
import type { Link } from '../link.js'
import type { Peer, Way } from '../peer.js'
import type { Forwarder } from '../route/forwarder.js'
import type { Doorstep } from './doorstep.js'
import type { KeptLinks } from './kept-links.js'
import type { Reach, ServerConnection } from './server-connection.js'

/** Whoever is to begin with me has so long for it. */
const BEGIN_MS = 10_000
/** How long the answer to a set-up frame may take. */
const ANSWER_MS = 5_000
/** Through members a frame may be dropped where no way is known yet: the first tries are given less time. */
const MESH_ANSWER_MS = 1_500
/** But what members publish of their links may say that a trip takes longer, up to a point. */
const ANSWER_ROUND_TRIPS = 3
const MOST_ANSWER_MS = 10_000

/**
 * How set-up frames reach a member: by a socket that leads to it or a link that has recovered, through other members
 * where a way is known, else through the server.
 */
export class Ways {
  readonly #core: Core
  readonly #forwarder: Forwarder
  readonly #server: ServerConnection
  readonly #doorstep: Doorstep
  readonly #kept: KeptLinks

  constructor(core: Core, forwarder: Forwarder, server: ServerConnection, doorstep: Doorstep, kept: KeptLinks) {
    this.#core = core
    this.#forwarder = forwarder
    this.#server = server
    this.#doorstep = doorstep
    this.#kept = kept
  }

  /**
   * Of the ways on which the fewest tries were not answered, the best. Who stands on a way may swallow what goes there, and
   * that a socket or a link leads to a member is at first what anyone may say.
   */
  find(peer: Peer): Way | null {
    const [best = null] = this.#all(peer).sort((one, other) => peer.unanswered(one) - peer.unanswered(other))
    return best
  }

  #all(peer: Peer): Way[] {
    const ways: Way[] = []
    const carrier = this.#doorstep.carrierTo(peer)
    if (carrier !== null) ways.push({ type: 'socket', carrier })
    const kept = this.#kept.carrierTo(peer)
    if (kept !== null) ways.push({ type: 'kept', carrier: kept })
    const connection = connectionOf(peer)
    const server: Way[] = connection !== null && this.#server.isOpen ? [{ type: 'server', connection }] : []
    const mesh: Way[] = this.#forwarder.linkTowards(peer.id) === null ? [] : [{ type: 'mesh' }]
    // Without a path, the way by which its frames once came is all that members know of it.
    return peer.path.kind === 'none' ? [...ways, ...server, ...mesh] : [...ways, ...mesh, ...server]
  }

  /** How long an answer by this way is waited for, after so many tries that came to nothing. */
  patienceMs(peer: Peer, way: Way, failures: number): number {
    if (way.type !== 'mesh') return ANSWER_MS
    const tripsMs = ANSWER_ROUND_TRIPS * (this.#forwarder.roundTripMs(peer.id) ?? 0)
    return Math.max(Math.min(ANSWER_MS, MESH_ANSWER_MS * 2 ** failures), Math.min(MOST_ANSWER_MS, tripsMs))
  }

  /** `false` when there is no such way now. */
  send(peer: Peer, way: Way, frame: Uint8Array): boolean {
    if (way.type === 'server') return this.#server.signal(way.connection, frame)
    // A socket that has become a link is a way through the mesh.
    if (way.type === 'socket' && this.#doorstep.send(way.carrier, frame)) return true
    if (way.type === 'kept' && this.#kept.send(way.carrier, frame)) return true
    const link = this.#linkBack(way) ?? this.#forwarder.linkTowards(peer.id)
    if (link === null) return false
    this.#forwarder.queue(link, { frame: encodeRelayedSetup(peer.idBytes, this.#core.idBytes, frame), from: link })
    return true
  }

  /** Answers go back over the link that brought the question: my own way may be the one that is in doubt. */
  #linkBack(way: Way): Link | null {
    const link = way.type === 'mesh' && way.carrier !== undefined ? this.#core.links.get(way.carrier) : undefined
    return link?.state === 'bound' && !link.isSuspect ? link : null
  }

  /** Whoever the server knows by this name. */
  peerAt(connection: Uint8Array): Peer | null {
    const name = encodeBase64url(connection)
    for (const peer of this.#core.peers.values()) if (peer.connection === name) return peer
    return null
  }

  reach(): Reach {
    if (this.#core.boundLinks().next().done) return 'none'
    const { roster, nowMs } = this.#core
    for (const peer of this.#core.peers.values()) {
      const entry = roster.get(peer.id)
      const isThere = entry !== undefined && roster.isFresh(entry, nowMs)
      if (isThere && peer.path.kind === 'none' && peer.connection === null) return 'some'
    }
    return 'all'
  }

  /** The server is lost, and with it the names that it gave. */
  forgetConnections(): void {
    for (const peer of this.#core.peers.values()) peer.connection = null
  }

  /**
   * Names of those that were introduced and are not linked to me. One that is to begin with me and has long not done so
   * may not know me any more: it is to be introduced again.
   */
  unlinked(): Uint8Array[] {
    const isTried = (peer: Peer): boolean => peer.isInitiator || this.#core.nowMs < peer.beganMs + BEGIN_MS
    const unlinked: Uint8Array[] = []
    for (const peer of this.#core.peers.values()) {
      const connection = peer.link === null && isTried(peer) ? connectionOf(peer) : null
      if (connection !== null) unlinked.push(connection)
    }
    return unlinked
  }
}

const connectionOf = ({ connection }: Peer): Uint8Array | null =>
  connection === null ? null : decodeBase64url(connection)
