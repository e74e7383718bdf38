import { encodeRelayedSetup } from '../../protocol/relay-frames.js'
import { equalBytes } from '../../util/bytes.js'
import type { Core } from '../core.js'
import type { Peer, Way } from '../peer.js'
import type { Forwarder } from '../route/forwarder.js'
import type { Doorstep } from './doorstep.js'
import type { KeptLinks } from './kept-links.js'
import type { Reach, ServerConnection } from './server-connection.js'

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
    const triesBy = (way: Way): number => peer.unanswered.get(way.type) ?? 0
    const [best = null] = this.#all(peer).sort((one, other) => triesBy(one) - triesBy(other))
    return best
  }

  #all(peer: Peer): Way[] {
    const ways: Way[] = []
    const carrier = this.#doorstep.carrierTo(peer)
    if (carrier !== null) ways.push({ type: 'socket', carrier })
    const kept = this.#kept.carrierTo(peer)
    if (kept !== null) ways.push({ type: 'kept', carrier: kept })
    if (this.#forwarder.linkTowards(peer.id) !== null) ways.push({ type: 'mesh' })
    if (peer.connection !== null && this.#server.isOpen) ways.push({ type: 'server', connection: peer.connection })
    return ways
  }

  /** `false` when there is no such way now. */
  send(peer: Peer, way: Way, frame: Uint8Array): boolean {
    if (way.type === 'server') return this.#server.signal(way.connection, frame)
    // A socket that has become a link is a way through the mesh.
    if (way.type === 'socket' && this.#doorstep.send(way.carrier, frame)) return true
    if (way.type === 'kept' && this.#kept.send(way.carrier, frame)) return true
    const link = this.#forwarder.linkTowards(peer.id)
    if (link === null) return false
    this.#forwarder.queue(link, { frame: encodeRelayedSetup(peer.idBytes, this.#core.idBytes, frame), from: link })
    return true
  }

  /** Whoever the server knows by this name. */
  peerAt(connection: Uint8Array): Peer | null {
    for (const peer of this.#core.peers.values()) {
      if (peer.connection !== null && equalBytes(peer.connection, connection)) return peer
    }
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

  /** Names of those that were introduced and are not linked to me. */
  unlinked(): Uint8Array[] {
    const peers = [...this.#core.peers.values()]
    return peers.flatMap((peer) => (peer.link === null && peer.connection ? [peer.connection] : []))
  }
}
