import { compareBytes } from '../../util/bytes.js'
import type { Core } from '../core.js'
import { Peer } from '../peer.js'
import type { Introduced } from '../session/certificates.js'

/** As many as the roster holds. Whoever has the group key can make up more. */
const MAX_PEERS = 1_024
const FORGET_MS = 60_000

export interface AcquaintancesHandlers {
  /** I did not know of this member before. */
  learnt(peer: Peer): void
  /** Ends what is under way with a member that is forgotten. */
  drop(peer: Peer): void
}

/** Whom I know of: whoever is learnt of, and by whatever way, is learnt of here, and forgotten here when nobody comes. */
export class Acquaintances {
  readonly #core: Core
  readonly #handlers: AcquaintancesHandlers
  /** Ids of my auth providers. */
  readonly #providers: readonly string[]

  constructor(core: Core, handlers: AcquaintancesHandlers) {
    this.#core = core
    this.#handlers = handlers
    this.#providers = core.options.keys.admissions.map(({ id }) => id)
  }

  /**
   * The member; `null` for myself, for who has said goodbye (a hello or HS1 of it is an old one, come again), for a
   * certificate that is older than one that I have seen or has long ended, and when there are too many.
   */
  learn(introduced: Introduced): Peer | null {
    const { certificate } = introduced
    if (certificate.member === this.#core.id) return null
    const entry = this.#core.roster.get(certificate.member)
    if (entry?.links?.gone === true) return null
    const known = this.#core.peers.get(certificate.member)
    const newest = Math.max(known?.certificate.issuedAt ?? 0, entry?.certificate.issuedAt ?? 0)
    if (certificate.issuedAt < newest || this.#core.nowMs >= certificate.endsMs) return null
    if (known) {
      known.certificate = certificate
      return known
    }
    if (this.#core.peers.size >= MAX_PEERS && !this.#makeRoom()) return null
    const isInitiator = compareBytes(this.#core.idBytes, certificate.memberBytes) < 0
    const peer = new Peer({ certificate, providers: this.#shared(introduced) }, isInitiator, this.#core.nowMs)
    this.#core.peers.set(peer.id, peer)
    this.#core.recordsChanged()
    this.#handlers.learnt(peer)
    return peer
  }

  /** No others matter; and in most groups they are the same for everybody, so that one list is enough. */
  #shared({ providers }: Introduced): readonly string[] {
    const shared = this.#providers.filter((id) => providers.includes(id))
    return shared.length === this.#providers.length ? this.#providers : shared
  }

  /** Forgets one that was introduced once and never seen since. */
  review(peer: Peer): void {
    if (!this.#isIdle(peer)) return
    const entry = this.#core.roster.get(peer.id)
    if (entry && this.#core.roster.isFresh(entry, this.#core.nowMs)) return
    if ([...this.#core.links.values()].some((link) => link.peer === peer)) return
    if (this.#core.nowMs - Math.max(peer.learntMs, peer.lastHeardMs) > FORGET_MS) this.#core.peers.delete(peer.id)
  }

  /** Forgets the one that was learnt of first and never came. */
  #makeRoom(): boolean {
    for (const peer of this.#core.peers.values()) {
      if (!this.#isIdle(peer)) continue
      this.#handlers.drop(peer)
      return this.#core.peers.delete(peer.id)
    }
    return false
  }

  #isIdle(peer: Peer): boolean {
    return !peer.isHere && peer.link === null && peer.session === null && peer.setup.type === 'idle'
  }
}
