import { encodeRecord } from '../../protocol/records.js'
import type { Core } from '../core.js'
import type { Closing } from '../events.js'
import type { Link } from '../link.js'
import type { Peer } from '../peer.js'
import { ProtocolViolation } from '../violation.js'

/** Two members may have two links for a moment, made in different ways or in place of each other: decides which is used. */
export class LinkChoice {
  readonly #core: Core
  readonly #bound: (link: Link) => void

  /** `bound` is told of each link that is taken, in use or waiting. */
  constructor(core: Core, bound: (link: Link) => void) {
    this.#core = core
    this.#bound = bound
  }

  /** The link is bound. Of two to one member the initiator says which is used, and the other one ends. */
  adopt(link: Link): void {
    const { peer } = link
    link.state = 'bound'
    link.boundMs = link.lastHeardMs = this.#core.nowMs
    if (!peer.isInitiator) {
      // One may wait beside the one in use, and no more.
      for (const other of this.boundTo(peer)) if (other !== link && other !== peer.link) this.close(other, 'drained')
      peer.link ??= link
    } else if (peer.link === null || this.#isBetter(link, peer.link)) {
      link.control.push(encodeRecord({ type: 'use' }))
      this.#switchTo(link)
    } else return this.close(link, 'drained')
    this.#bound(link)
  }

  /** The initiator uses this link. */
  handleUse(link: Link): void {
    if (link.peer.isInitiator) throw new ProtocolViolation('the responder does not choose')
    if (link.peer.link !== link) this.#switchTo(link)
  }

  #switchTo(link: Link): void {
    const replaced = link.peer.link
    link.peer.link = link
    if (replaced !== null) this.close(replaced, 'drained')
    this.#core.topologyChanged()
  }

  /** Of two of a kind the newer one; and a channel between the two rather than a socket, which proxies may carry. */
  #isBetter(link: Link, used: Link): boolean {
    return used.isSuspect || link.cipher === null || used.cipher !== null
  }

  /** Every bound link to this member. */
  boundTo(peer: Peer): Link[] {
    return [...this.#core.boundLinks()].filter((link) => link.peer === peer)
  }

  /** Ends a link by my own will, or because its member has left. */
  close(link: Link, how: Closing = 'now'): void {
    this.#core.links.delete(link.carrier)
    this.#core.effects.close(link.carrier, how)
  }
}
