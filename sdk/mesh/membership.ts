import type { Core } from './core.js'
import type { CarrierId, Path } from './events.js'
import type { Link } from './link.js'
import { directPath, noPath, type Peer } from './peer.js'
import type { Paths } from './route/paths.js'
import type { Router } from './route/router.js'

export interface MembershipHandlers {
  joined(peer: Peer): void
  pathChanged(peer: Peer, previous: Path): void
  /** It has to answer before it is here. */
  unproved(peer: Peer): void
}

interface Found {
  readonly path: Path
  /** Of a direct one. */
  readonly carrier: CarrierId | null
  readonly next: string | null
  /** It stands in for one that has only fallen silent, and may be no better. */
  readonly isDetour: boolean
}

const isSamePath = (a: Path, b: Path): boolean =>
  a.kind === b.kind && a.via.length === b.via.length && a.via.every((id, index) => id === b.via[index])

const direct = ({ carrier }: Link): Found => ({ path: directPath, carrier, next: null, isDetour: false })

/**
 * Looks again at how everyone is reached and at who is here. A member is here when its session with me is in use, its
 * card is known, and a chain of links that carry joins it to me; losing a link changes a path, never that.
 */
export class Membership {
  readonly #core: Core
  readonly #router: Router
  readonly #paths: Paths
  readonly #handlers: MembershipHandlers
  #arrivals = 0

  constructor(core: Core, router: Router, paths: Paths, handlers: MembershipHandlers) {
    this.#core = core
    this.#router = router
    this.#paths = paths
    this.#handlers = handlers
  }

  refresh(): void {
    const own = [...this.#core.boundLinks()].filter((link) => link.peer.link === link && !link.isSuspect)
    this.#router.update(
      own.map((link) => link.peer.id),
      this.#core.nowMs,
    )
    for (const peer of [...this.#core.peers.values()]) {
      this.#refreshPath(peer)
      this.#refreshPresence(peer)
    }
  }

  #refreshPath(peer: Peer): void {
    const previous = peer.path
    const { path, carrier, next, isDetour } = this.#findPath(peer)
    peer.relayNext = next
    this.#refreshReach(peer, isPromising(peer, path))
    const isSame = isSamePath(path, previous)
    if (isSame && carrier === peer.pathCarrier) return
    peer.setPath(path, carrier)
    this.#core.busy.add(peer)
    peer.streams?.changePath(this.#core.nowMs, { isDetour })
    // What waited to go by others.
    if (path.kind === 'direct') peer.dropControl()
    if (previous.kind === 'none') peer.streams?.resume()
    if (peer.isHere && !isSame) this.#handlers.pathChanged(peer, previous)
  }

  #findPath(peer: Peer): Found {
    const { link } = peer
    if (link !== null && !link.isSuspect && !link.isDoubted) return direct(link)
    const choice = peer.session === null ? null : this.#paths.choose(peer)
    if (choice !== null) {
      const { via, next } = choice.route
      const isDetour = choice.isDetour || link !== null
      return { path: { kind: 'relayed', via }, carrier: null, next, isDetour }
    }
    return link === null ? { path: noPath, carrier: null, next: null, isDetour: false } : direct(link)
  }

  /** The end of its last chain counts as a sign of life, unless it had been silent while there was one. */
  #refreshReach(peer: Peer, isReachable: boolean): void {
    const wasReachable = peer.reachableMs !== null
    const wasSilent = this.#core.nowMs - peer.lastHeardMs >= this.#core.options.lingerMs * SILENT_PART
    if (wasReachable && !isReachable && this.#core.isWatchedByOthers(peer)) peer.showed(this.#core.nowMs)
    else if (wasReachable && !isReachable && !wasSilent) peer.lastHeardMs = this.#core.nowMs
    peer.reachableMs = isReachable ? (peer.reachableMs ?? this.#core.nowMs) : null
    peer.cutOffMs = isReachable ? null : (peer.cutOffMs ?? this.#core.nowMs)
  }

  #refreshPresence(peer: Peer): void {
    if (peer.isHere || peer.session === null || peer.streams === null || !isPromising(peer, peer.path)) return
    const entry = this.#core.roster.get(peer.id)
    if (entry === undefined || entry.links?.gone === true) return
    if (!isProved(peer)) return this.#handlers.unproved(peer)
    peer.arrival = this.#arrivals++
    this.#core.hereCount++
    this.#handlers.joined(peer)
  }
}

/** A silent link is a path while there is no other, and may carry again; it shows nothing of the member. */
const isPromising = ({ link }: Peer, { kind }: Path): boolean =>
  kind === 'relayed' || (kind === 'direct' && link?.isSuspect === false)

/**
 * The other side may have given up a session that was made while no chain led there. A link is proof by itself, and so is
 * a handshake that came along the chain.
 */
const isProved = ({ path, reachableMs, sessionMs, answeredMs }: Peer): boolean =>
  path.kind === 'direct' || Math.max(sessionMs, answeredMs) >= (reachableMs ?? Infinity)

/** A member that said nothing for this part of the linger was asked and did not answer. */
const SILENT_PART = 0.35
