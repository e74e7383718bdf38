import { FRAME } from '../../protocol/codes.js'
import { MAX_HOPS } from '../../protocol/limits.js'
import { countHop, decodeRelayAddress, relayFrameMark, type RelayAddress } from '../../protocol/relay-frames.js'
import { encodeBase64url } from '../../util/base64url.js'
import { equalBytes } from '../../util/bytes.js'
import type { Core } from '../core.js'
import type { Forward, Link } from '../link.js'
import type { DropReason } from '../options.js'
import type { Router } from './router.js'

/** What one neighbor may have waiting to be passed on. More is dropped: its sender sends again. */
const QUOTA_BYTES = 8_388_608
/**
 * On one link, so many times what is left of that: whoever does not read, be it several, leaves some of it for all others (dynamic
 * thresholds, Choudhury and Hahne, 1998). With 2, one link may have two thirds, which is more than a window and the bulk beside it.
 */
const PART_OF_LEFT = 2
/** Frames remembered so that none is passed on twice; two halves are kept. */
const MEMORY_FRAMES = 4_096
/** Senders whose way back is remembered. */
const MEMORY_WAYS = 1_024

/** Passes on what others relay through me, and finds the link for what I send through others. */
export class Forwarder {
  readonly #core: Core
  readonly #router: Router
  #met = new Set<string>()
  #metBefore = new Set<string>()
  /** The link that a member's frames last came over: the way back while no record says one. */
  readonly #waysBack = new Map<string, Link>()

  constructor(core: Core, router: Router) {
    this.#core = core
    this.#router = router
  }

  /** Where a frame for this member goes, or `null` when no way is known. */
  linkTowards(id: string): Link | null {
    const route = this.#router.route(id)
    const next = route === null ? null : (this.#core.peers.get(route.next)?.link ?? null)
    // Routes are looked at again a little after a link has fallen silent.
    if (next !== null && !next.isSuspect) return next
    const back = this.#waysBack.get(id)
    // Over a link that has fallen silent nothing is found: the server may still know a way.
    return back?.state === 'bound' && !back.isSuspect && this.#core.links.has(back.carrier) ? back : null
  }

  /** About how long a frame to this member and the answer take through others, in milliseconds; `null` where none knows. */
  roundTripMs(id: string): number | null {
    return this.#router.costTo(id)
  }

  /** Takes a frame from a link. Its address when it is for me; `null` when it was passed on or dropped. */
  take(frame: Uint8Array, from: Link): RelayAddress | null {
    const address = decodeRelayAddress(frame)
    if (equalBytes(address.src, this.#core.idBytes)) return null
    this.#rememberWay(encodeBase64url(address.src), from)
    if (equalBytes(address.dst, this.#core.idBytes)) return address
    this.#forward(frame, address, from)
    return null
  }

  #forward(frame: Uint8Array, address: RelayAddress, from: Link): void {
    const link = this.linkTowards(encodeBase64url(address.dst))
    const reason = this.#reasonToDrop(frame, address, from, link)
    if (link === null || reason !== null) return this.#core.countDropped(reason ?? 'noWay')
    countHop(frame)
    this.queue(link, { frame, from })
    this.#core.countForwarded(frame)
  }

  #reasonToDrop(frame: Uint8Array, { hops }: RelayAddress, from: Link, link: Link | null): DropReason | null {
    if (!this.#core.options.relay) return 'unwilling'
    if (hops >= MAX_HOPS) return 'hopLimit'
    if (this.#isRepeat(frame)) return 'repeat'
    if (link === null) return 'noWay'
    if (link === from) return 'wayBack'
    return this.hasQuota(from, link, frame) ? null : 'quota'
  }

  /** Whether what came over one link may wait for another. */
  hasQuota(from: Link, link: Link, { length }: Uint8Array): boolean {
    const leftBytes = QUOTA_BYTES - from.peer.forwardedBytes
    return length <= leftBytes && link.waitingFrom(from.peer) + length <= PART_OF_LEFT * leftBytes
  }

  /** Puts a frame where it waits for room on a link. */
  queue(link: Link, forward: Forward): void {
    link.queue(forward.frame[0] === FRAME.RHS ? link.setupForwards : link.forwards, forward)
    this.#core.wakeNow()
  }

  /** What I have sealed, over a link of my choice and before what waits there; unless nothing leaves over it. */
  sendOver(link: Link, frame: Uint8Array): void {
    if (!this.hasQuota(link, link, frame)) return
    link.queue(link.setupForwards, { frame, from: link })
    this.#core.wakeNow()
  }

  #isRepeat(frame: Uint8Array): boolean {
    const mark = encodeBase64url(relayFrameMark(frame))
    if (this.#met.has(mark) || this.#metBefore.has(mark)) return true
    if (this.#met.size >= MEMORY_FRAMES) {
      this.#metBefore = this.#met
      this.#met = new Set()
    }
    this.#met.add(mark)
    return false
  }

  #rememberWay(src: string, from: Link): void {
    this.#waysBack.delete(src)
    this.#waysBack.set(src, from)
    if (this.#waysBack.size > MEMORY_WAYS) {
      const oldest = this.#waysBack.keys().next()
      if (!oldest.done) this.#waysBack.delete(oldest.value)
    }
  }

  /** A member is away: the way that its frames took leads to it no more. */
  forgetWay(id: string): void {
    this.#waysBack.delete(id)
  }

  /** A link is gone: what waited on it is dropped, and no longer takes anybody's quota. */
  forget(link: Link): void {
    link.dropForwards()
    for (const [id, way] of this.#waysBack) if (way === link) this.#waysBack.delete(id)
  }
}
