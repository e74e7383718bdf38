import type { Core } from './core.js'
import type { Path } from './events.js'
import { noPath, type Peer } from './peer.js'
import type { Router } from './route/router.js'

export interface MembershipHandlers {
  joined(peer: Peer): void
  pathChanged(peer: Peer, previous: Path): void
}

const isSamePath = (a: Path, b: Path): boolean =>
  a.kind === b.kind && a.via.length === b.via.length && a.via.every((id, index) => id === b.via[index])

/**
 * Looks again at how everyone is reached and at who is here. A member is here when its session with me is in use, its
 * card is known, and a chain of links joins it to me; losing a link changes a path, never that.
 */
export class Membership {
  readonly #core: Core
  readonly #router: Router
  readonly #handlers: MembershipHandlers
  #arrivals = 0

  constructor(core: Core, router: Router, handlers: MembershipHandlers) {
    this.#core = core
    this.#router = router
    this.#handlers = handlers
  }

  refresh(): void {
    const own = [...this.#core.boundLinks()].filter((link) => link.peer.link === link && !link.isSuspect)
    this.#router.update(
      own.map((link) => link.peer.id),
      this.#core.nowMs,
    )
    for (const link of this.#core.boundLinks()) link.relayed = []
    for (const peer of [...this.#core.peers.values()]) {
      this.#refreshPath(peer)
      this.#refreshPresence(peer)
    }
  }

  #refreshPath(peer: Peer): void {
    const previous = peer.path
    const { path, key, next } = this.#findPath(peer)
    peer.relayNext = next
    if (next !== null) this.#core.peers.get(next)?.link?.relayed.push(peer)
    this.#refreshReach(peer, path.kind !== 'none')
    if (key === peer.pathKey) return
    peer.pathKey = key
    peer.stream?.changePath(this.#core.nowMs)
    if (isSamePath(path, previous)) return
    peer.path = path
    if (peer.isHere) this.#handlers.pathChanged(peer, previous)
  }

  #findPath(peer: Peer): { path: Path; key: string; next: string | null } {
    const { link } = peer
    const direct = { path: { kind: 'direct', via: [] } as const, key: `direct ${String(link?.carrier)}`, next: null }
    if (link !== null && !link.isSuspect) return direct
    const route = this.#router.route(peer.id)
    if (route !== null && route.via.length > 0 && peer.session !== null) {
      return {
        path: { kind: 'relayed', via: route.via },
        key: `relayed ${route.via.join(' ')}`,
        next: route.next,
      }
    }
    return link === null ? { path: noPath, key: 'none', next: null } : direct
  }

  /** The end of its last chain counts as a sign of life, unless it had been silent while there was one. */
  #refreshReach(peer: Peer, isReachable: boolean): void {
    const wasSilent = this.#core.nowMs - peer.lastHeardMs >= this.#core.options.lingerMs * SILENT_PART
    if (peer.wasReachable && !isReachable && !wasSilent) peer.lastHeardMs = this.#core.nowMs
    peer.wasReachable = isReachable
  }

  #refreshPresence(peer: Peer): void {
    if (peer.isHere || peer.session === null || peer.stream === null || peer.path.kind === 'none') return
    const entry = this.#core.roster.get(peer.id)
    if (entry === undefined || entry.links?.gone === true) return
    peer.arrival = this.#arrivals++
    this.#handlers.joined(peer)
  }
}

/** A member that said nothing for this part of the linger was asked and did not answer. */
const SILENT_PART = 0.35
