import { MAX_MEMBER_FRAME_BYTES } from '../../protocol/limits.js'
import { PackWriter } from '../../protocol/pack.js'
import { RELAY_OVERHEAD_BYTES } from '../../protocol/relay-frames.js'
import type { Queue } from '../../util/queue.js'
import type { ControlQueue } from '../control-queue.js'
import type { Core } from '../core.js'
import type { Forward, Link } from '../link.js'
import type { Peer } from '../peer.js'
import type { Outgoing } from './outgoing.js'
import type { PairStreams, StreamLane } from './pair-streams.js'
import type { Reassembly } from './reassembly.js'
import type { Streams } from './streams.js'

/** Below this much room nothing is begun: more is on its way. */
const LEAST_ROOM_BYTES = 128
/** The largest acknowledgement. */
const ACK_BYTES = 48
/** The largest OPEN, with 64 bytes of name. */
const PRELUDE_BYTES = 112
/** What each of several streams gets of a frame at least. */
const LEAST_SHARE_BYTES = 4_096
/**
 * Where a link has no room for a whole frame, a message is not cut for less than this part of one: room for a whole one is on
 * its way, and every further frame costs both sides.
 */
const LEAST_PART = 1 / 2

/** The largest frame for so much room on a link. */
const frameRoom = ({ pace }: Link, room: number): number => Math.min(room, pace.frameBytes)

/**
 * Where frames are put together: whoever is written one has taken it when the call returns. Memory that is new for each frame costs more than twenty times
 * what copying into it does.
 */
let frameSpace: Uint8Array | undefined

/**
 * Fills the room that links report: what is for one member goes into one frame, control first, then acknowledgements,
 * then messages; what is relayed takes turns with it. Nothing is written beyond the room.
 */
export class Writer {
  readonly #core: Core
  readonly #reassembly: Reassembly
  readonly #streams: Streams

  constructor(core: Core, reassembly: Reassembly, streams: Streams) {
    this.#core = core
    this.#reassembly = reassembly
    this.#streams = streams
  }

  flush(): void {
    this.#streams.fillTrees()
    const relayed = this.#relayed()
    for (const link of this.#core.boundLinks()) {
      this.#fillUnreliable(link)
      this.#fill(link, relayed.get(link) ?? [])
    }
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
      if (link.isTurnOfForwards && link.forwards.length > 0) {
        // A frame of others cannot be cut to the room that there is: what is mine always could, and would always be first.
        if (!this.#forward(link, link.forwards)) return this.#writeControl(link)
        link.isTurnOfForwards = false
      }
      let hasWritten = this.#writeDirect(link)
      for (const peer of relayed) if (this.#writeRelayed(link, peer)) hasWritten = true
      if (hasWritten) link.isTurnOfForwards = true
      else if (!this.#forward(link, link.forwards)) return
    }
  }

  #writeControl(link: Link): void {
    const frame = this.#pack('frame', link, link.control, null, true)
    if (frame !== null) this.#core.write(link, 'reliable', frame)
  }

  /** What promises nothing, where there is a lane of that kind. */
  #fillUnreliable(link: Link): void {
    const { streams } = link.peer
    if (streams === null || !link.hasUnreliable || !this.#isPath(link)) return
    for (const datagrams of streams.datagrams()) {
      for (;;) {
        if (link.unreliableRoom < LEAST_ROOM_BYTES) return
        const pack = new PackWriter('frame', Math.min(link.unreliableRoom, MAX_MEMBER_FRAME_BYTES))
        const datagram = datagrams.take(pack.left)
        if (datagram === null) break
        pack.write(datagram)
        this.#core.write(link, 'unreliable', pack.finish())
      }
    }
  }

  #isPath(link: Link): boolean {
    const { peer } = link
    return peer.link === link && peer.path.kind === 'direct' && link.session?.epoch === peer.epoch
  }

  #writeDirect(link: Link): boolean {
    const frame = this.#pack('frame', link, link.control, this.#isPath(link) ? link.peer : null, link.hasUnreliable)
    if (frame === null) return false
    this.#core.write(link, 'reliable', frame)
    return true
  }

  #writeRelayed(link: Link, peer: Peer): boolean {
    if (peer.session === null || peer.session.epoch !== peer.epoch) return false
    const records = this.#pack('sealed', link, peer.controlBytes > 0 ? peer.control : null, peer, false)
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

  /** Records as far as the link takes them, or `null` if none wait. `hasUnreliable`: what promises nothing goes elsewhere. */
  #pack(
    kind: 'frame' | 'sealed',
    link: Link,
    control: ControlQueue | null,
    peer: Peer | null,
    hasUnreliable: boolean,
  ): Uint8Array | null {
    const hasPart = this.#hasPart(peer) || (!hasUnreliable && peer?.streams?.hasDatagrams === true)
    const room = frameRoom(link, link.room) - (kind === 'sealed' ? RELAY_OVERHEAD_BYTES : 0)
    if (room < LEAST_ROOM_BYTES || (control?.isEmpty !== false && !hasPart)) return null
    const pack = new PackWriter(kind, room)
    control?.moveTo(pack)
    if (peer?.streams) this.#packStreams(pack, peer.streams, hasUnreliable, link)
    return pack.isEmpty ? null : pack.finish((frameSpace ??= new Uint8Array(MAX_MEMBER_FRAME_BYTES)))
  }

  #hasPart(peer: Peer | null): boolean {
    const streams = peer?.streams
    if (!streams) return false
    return streams.isReady || streams.hasStops || (streams.ackDueMs ?? Infinity) <= this.#core.nowMs
  }

  #packStreams(pack: PackWriter, streams: PairStreams, hasUnreliable: boolean, link: Link): void {
    this.#packAcks(pack, streams)
    if (!hasUnreliable) this.#packDatagrams(pack, streams)
    for (const lane of streams.lanes()) if (!this.#packLane(pack, streams, lane, link)) return
  }

  /** Those that are due, and all that are owed where something goes anyway. */
  #packAcks(pack: PackWriter, streams: PairStreams): void {
    const { isReady } = streams
    for (const incoming of streams.ins) {
      if (incoming.ackDueMs === null || (!isReady && incoming.ackDueMs > this.#core.nowMs)) continue
      if (ACK_BYTES > pack.left) return
      pack.write(incoming.takeAck(this.#reassembly.creditFor(incoming)))
    }
    while (ACK_BYTES <= pack.left) {
      const stream = streams.takeStop()
      if (stream === undefined) return
      pack.write({ type: 'stop', stream })
    }
  }

  /** By a way that has no lane of their own. */
  #packDatagrams(pack: PackWriter, streams: PairStreams): void {
    for (const datagrams of streams.datagrams()) {
      for (let next = datagrams.take(pack.left); next !== null; next = datagrams.take(pack.left)) pack.write(next)
    }
  }

  /** In turns, as long as there is room; whether there is room for the next lane. */
  #packLane(pack: PackWriter, pair: PairStreams, { isBulk, streams }: StreamLane, link: Link): boolean {
    const { frameBytes } = link.pace
    const room = isBulk ? link.bulkRoom : link.room
    const least = room < frameBytes ? frameBytes * LEAST_PART : undefined
    // What bulk may not take.
    const spared = Math.max(0, frameRoom(link, link.room) - frameRoom(link, room))
    let waiting = streams
    while (waiting.length > 0 && pack.left - spared >= LEAST_ROOM_BYTES) {
      const share = Math.max(LEAST_SHARE_BYTES, Math.floor((pack.left - spared) / waiting.length))
      waiting = waiting.filter((each) => this.#packOne(pack, pair, each, Math.min(share, pack.left - spared), least))
    }
    return pack.left >= LEAST_ROOM_BYTES
  }

  /** Whether anything of this stream was written. */
  #packOne(pack: PackWriter, pair: PairStreams, outgoing: Outgoing, share: number, least?: number): boolean {
    const { outbox } = outgoing
    if (outbox.isPreludeDue) {
      if (PRELUDE_BYTES > pack.left) return false
      const prelude = pair.takePrelude(outgoing)
      if (prelude === null) return false
      pack.write(prelude)
    }
    const leftAfter = pack.left - share
    let wrote = false
    for (;;) {
      const chunk = outbox.next(pack.left - leftAfter, least)
      if (chunk === null) return wrote
      pack.write(chunk)
      wrote = true
    }
  }

  #watchAcks(peer: Peer): void {
    const { streams } = peer
    if (streams === null) return
    const { nowMs } = this.#core
    const { ackDueMs } = streams
    // An acknowledgement that is due and could not be written goes with the room that frees it.
    if (ackDueMs !== null && ackDueMs > nowMs) this.#core.wakeAt(ackDueMs)
    for (const outgoing of streams.outs) {
      if (peer.path.kind !== 'relayed' && !outgoing.outbox.isByTree) continue
      const resendMs = outgoing.resendAtMs(nowMs, peer.rttMs)
      if (resendMs !== null) this.#core.wakeAt(resendMs)
      else if (outgoing.outbox.isReady && peer.relayNext !== null) this.#core.wakeAt(nowMs + 1)
    }
  }
}
