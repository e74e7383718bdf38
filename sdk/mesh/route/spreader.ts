import { broadcastSigned, decodeBroadcast, passOn, type BroadcastFrame } from '../../protocol/broadcast-frame.js'
import { MAX_HOPS } from '../../protocol/limits.js'
import { encodeBase64url } from '../../util/base64url.js'
import { equalBytes } from '../../util/bytes.js'
import type { Core } from '../core.js'
import type { Link } from '../link.js'
import type { Peer } from '../peer.js'
import { ReplayWindow } from '../session/replay-window.js'
import { ProtocolViolation } from '../violation.js'
import type { Forwarder } from './forwarder.js'
import type { Trees } from './tree.js'

/** Of each author, frames that come later than so many others are not taken: they are sent again another way. */
const WINDOW_FRAMES = 256
/** As many authors as a roster has entries. */
const MAX_AUTHORS = 1_024

/** Passes on what members broadcast, each frame once, to whom their trees name; and takes what is for me as well. */
export class Spreader {
  readonly #core: Core
  readonly #trees: Trees
  readonly #forwarder: Forwarder
  readonly #met = new Map<string, ReplayWindow>()

  constructor(core: Core, trees: Trees, forwarder: Forwarder) {
    this.#core = core
    this.#trees = trees
    this.#forwarder = forwarder
  }

  /** Its author and records when there is a session with the author; else, and for what came before, `null`. */
  take(bytes: Uint8Array, from: Link): { readonly author: Peer; readonly records: Uint8Array } | null {
    const frame = decodeBroadcast(bytes)
    const id = encodeBase64url(frame.author)
    if (equalBytes(frame.author, this.#core.idBytes) || !this.#isNew(id, frame)) return null
    this.#passOn(bytes, frame, id, from)
    const author = this.#core.peers.get(id)
    return author === undefined || author.session === null ? null : { author, records: frame.records }
  }

  /** Of a member that I know of, by its signature, and not met before. */
  #isNew(id: string, frame: BroadcastFrame): boolean {
    const { suite, roster, options } = this.#core
    const entry = roster.get(id)
    if (entry === undefined || entry.links?.gone === true) return false
    const met = this.#met.get(id)
    if (met?.isFresh(frame.count) === false) return false
    const signed = broadcastSigned(options.keys.topic, frame)
    if (!suite.verify(entry.certificate.identity, 'bcast-batch', signed, frame.signature)) {
      // Whoever passed it on has checked the same.
      throw new ProtocolViolation('broadcast is not signed by its author')
    }
    this.#meet(id, met).mark(frame.count)
    return true
  }

  #meet(id: string, met: ReplayWindow | undefined): ReplayWindow {
    const window = met ?? new ReplayWindow(WINDOW_FRAMES)
    if (met === undefined) {
      this.#met.set(id, window)
      if (this.#met.size > MAX_AUTHORS) this.#met.delete(this.#met.keys().next().value as string)
    }
    return window
  }

  #passOn(bytes: Uint8Array, { fanout, hops }: BroadcastFrame, author: string, from: Link): void {
    const { options, peers, id } = this.#core
    const children = this.#trees.childrenOf(id, author, fanout)
    if (children.length === 0 || !options.relay || hops >= MAX_HOPS) return
    const copy = passOn(bytes)
    for (const child of children) {
      const link = peers.get(child)?.link ?? null
      if (link === null || link.isSuspect) this.#core.countDropped('noWay')
      else if (link === from) this.#core.countDropped('wayBack')
      else if (!this.#forwarder.hasQuota(from, link, copy)) this.#core.countDropped('quota')
      else {
        this.#forwarder.queue(link, { frame: copy, from })
        this.#core.countForwarded(copy)
      }
    }
  }
}
