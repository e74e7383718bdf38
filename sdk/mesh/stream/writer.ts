import { PackWriter } from '../../protocol/pack.js'
import { RELAY_OVERHEAD_BYTES } from '../../protocol/relay-frames.js'
import type { Queue } from '../../util/queue.js'
import type { ControlQueue } from '../control-queue.js'
import type { Core } from '../core.js'
import type { Forward, Link } from '../link.js'
import type { Peer } from '../peer.js'
import type { PeerStream } from './peer-stream.js'
import type { Reassembly } from './reassembly.js'
import type { TreeSender } from './tree-sender.js'

/** Below this much room nothing is begun: more is on its way. */
const LEAST_ROOM_BYTES = 128
/** The largest acknowledgement. */
const ACK_BYTES = 48
const RESET_BYTES = 24

/**
 * Fills the room that links report: what is for one member goes into one frame, control first, then acknowledgements,
 * then messages; what is relayed takes turns with it. Nothing is written beyond the room.
 */
export class Writer {
  readonly #core: Core
  readonly #reassembly: Reassembly
  readonly #tree: TreeSender

  constructor(core: Core, reassembly: Reassembly, tree: TreeSender) {
    this.#core = core
    this.#reassembly = reassembly
    this.#tree = tree
  }

  flush(): void {
    this.#tree.fill()
    const relayed = this.#relayed()
    for (const link of this.#core.boundLinks()) this.#fill(link, relayed.get(link) ?? [])
    for (const peer of this.#core.busy) this.#watchAcks(peer)
  }

  /** Members to whom something may go by way of others, by the link that it leaves over. */
  #relayed(): ReadonlyMap<Link, readonly Peer[]> {
    const relayed = new Map<Link, Peer[]>()
    for (const peer of this.#core.busy) {
      const link = peer.relayNext === null ? null : (this.#core.peers.get(peer.relayNext)?.link ?? null)
      if (link === null) continue
      const peers = relayed.get(link)
      if (peers === undefined) relayed.set(link, [peer])
      else peers.push(peer)
    }
    return relayed
  }

  #fill(link: Link, relayed: readonly Peer[]): void {
    while (this.#forward(link, link.setupForwards)) continue
    for (;;) {
      let wrote = this.#writeDirect(link)
      if (this.#forward(link, link.forwards)) wrote = true
      for (const peer of relayed) if (this.#writeRelayed(link, peer)) wrote = true
      if (!wrote) return
    }
  }

  #writeDirect(link: Link): boolean {
    const { peer, pace } = link
    const isPath = peer.link === link && peer.path.kind === 'direct' && link.session?.epoch === peer.epoch
    const room = Math.min(link.room, pace.frameBytes)
    const frame = this.#pack('frame', room, link.control, isPath ? peer : null)
    if (frame === null) return false
    this.#core.write(link, 'reliable', frame)
    return true
  }

  #writeRelayed(link: Link, peer: Peer): boolean {
    if (peer.session === null || peer.session.epoch !== peer.epoch) return false
    const room = Math.min(link.room, link.pace.frameBytes) - RELAY_OVERHEAD_BYTES
    const records = this.#pack('sealed', room, peer.controlBytes > 0 ? peer.control : null, peer)
    if (records === null) return false
    this.#core.write(link, 'reliable', this.#core.sealRelayed(peer, peer.session, records))
    return true
  }

  #forward(link: Link, waiting: Queue<Forward>): boolean {
    const frame = link.takeFitting(waiting)
    if (frame === null) return false
    this.#core.write(link, 'reliable', frame)
    return true
  }

  /** Records up to `room` bytes, or `null` if none wait. */
  #pack(kind: 'frame' | 'sealed', room: number, control: ControlQueue | null, peer: Peer | null): Uint8Array | null {
    if (room < LEAST_ROOM_BYTES || (control?.isEmpty !== false && !this.#hasPart(peer))) return null
    const pack = new PackWriter(kind, room)
    control?.moveTo(pack)
    if (peer?.stream) this.#packStream(pack, peer, peer.stream)
    return pack.isEmpty ? null : pack.finish()
  }

  #hasPart(peer: Peer | null): boolean {
    const stream = peer?.stream
    if (!stream) return false
    return stream.outbox.isReady || (stream.ackDueMs !== null && stream.ackDueMs <= this.#core.nowMs)
  }

  #packStream(pack: PackWriter, peer: Peer, stream: PeerStream): void {
    const isAckDue = stream.ackDueMs !== null && stream.ackDueMs <= this.#core.nowMs
    const rides = stream.ackDueMs !== null && stream.outbox.isReady
    if ((isAckDue || rides) && ACK_BYTES <= pack.left) pack.write(stream.takeAck(this.#reassembly.creditFor(peer)))
    if (stream.outbox.isResetDue) {
      if (RESET_BYTES > pack.left) return
      pack.write(stream.outbox.takeReset())
    }
    for (;;) {
      const chunk = stream.outbox.next(pack.left)
      if (chunk === null) return
      pack.write(chunk)
    }
  }

  #watchAcks(peer: Peer): void {
    const { stream } = peer
    if (stream === null) return
    // An acknowledgement that is due and could not be written goes with the room that frees it.
    if (stream.ackDueMs !== null && stream.ackDueMs > this.#core.nowMs) this.#core.wakeAt(stream.ackDueMs)
    if (peer.path.kind !== 'relayed' && !stream.outbox.isByTree) return
    const resendMs = stream.resendAtMs(this.#core.nowMs, peer.rttMs)
    if (resendMs !== null) this.#core.wakeAt(resendMs)
    else if (stream.outbox.isReady && peer.relayNext !== null) this.#core.wakeAt(this.#core.nowMs + 1)
  }
}
