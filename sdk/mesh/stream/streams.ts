import type { AllChunk, MemberRecord, OneChunk } from '../../protocol/records.js'
import type { Core } from '../core.js'
import type { EngineEvent } from '../events.js'
import type { AgreedSession, Peer, StreamStart } from '../peer.js'
import { ProtocolViolation } from '../violation.js'
import { Inbox, type InMessage } from './inbox.js'
import { PeerStream } from './peer-stream.js'
import type { Reassembly } from './reassembly.js'
import { Sender } from './sender.js'
import type { TreeSender } from './tree-sender.js'

/** The message streams with all members: made with the first handshake, started anew when a side lost its end. */
export class Streams {
  readonly #core: Core
  readonly #reassembly: Reassembly
  readonly #sender: Sender
  /** By which what others send names me. */
  readonly #myTag: Uint8Array

  constructor(core: Core, reassembly: Reassembly, tree: TreeSender) {
    this.#core = core
    this.#reassembly = reassembly
    this.#sender = new Sender(core, tree)
    this.#myTag = core.idBytes.subarray(0, 4)
  }

  submit(event: EngineEvent & { type: 'submit' }): void {
    this.#sender.submit(event)
  }

  /** Where my streams to this member would start; from now on it gets what is sent to all. */
  prepare(peer: Peer): StreamStart {
    peer.stream ??= new PeerStream(peer, this.#inbox({ firstBroadcast: 1, firstPrivate: 1 }), this.#sender.onAdmitted)
    return { firstBroadcast: this.#sender.nextBroadcast, firstPrivate: peer.nextPrivate }
  }

  /** The member is gone, or no session came of it: nobody waits for it any longer. */
  abandon(peer: Peer): void {
    const { stream } = peer
    this.#noteHeard(peer)
    peer.stream = null
    this.#reassembly.update(peer)
    if (stream) this.#sender.part(peer, stream.outbox.clear())
  }

  #noteHeard(peer: Peer): void {
    peer.heardBroadcasts = Math.max(peer.heardBroadcasts, peer.stream?.handedOn.nextBroadcast ?? 1)
  }

  /** Takes the streams of an agreed session into use; `true` when they start anew. */
  adopt(peer: Peer, agreed: AgreedSession): boolean {
    if (agreed.session.epoch === peer.epoch || peer.stream === null) return false
    peer.epoch = agreed.session.epoch
    this.#noteHeard(peer)
    this.#core.busy.add(peer)
    const unsettled = peer.stream.outbox.restart(agreed.own.firstBroadcast, agreed.own.firstPrivate)
    const firstBroadcast = Math.max(agreed.theirs.firstBroadcast, peer.heardBroadcasts)
    peer.stream.inbox = this.#inbox({ ...agreed.theirs, firstBroadcast })
    peer.stream.takeHeld()
    peer.stream.resume()
    this.#reassembly.update(peer)
    this.#sender.part(peer, unsettled)
    return true
  }

  /**
   * Fails what waits for members that have acknowledged nothing for too long, so that nobody else waits for them. The clock
   * stands still while a member that is here says that it takes no more for now.
   */
  failStalled(): void {
    const { nowMs, options } = this.#core
    for (const peer of this.#core.busy) {
      const { stream } = peer
      if (stream === null) continue
      const isWaitedFor = this.#sender.waitsFor(peer) && !(stream.outbox.isHeldBack && peer.isHere)
      const stallMs = stream.stallAtMs(isWaitedFor, options.limits.stallMs, nowMs)
      if (stallMs === null) continue
      if (stallMs > nowMs) {
        this.#core.wakeAt(stallMs)
        continue
      }
      this.#sender.fail(peer, stream.stall(this.#sender.nextBroadcast, peer.nextPrivate), 'member-stalled')
      this.#sender.resume()
    }
  }

  reset(peer: Peer, { stream, nextBroadcast, nextPrivate }: MemberRecord & { type: 'reset' }): void {
    if (stream !== 0) throw new ProtocolViolation('stream was never opened')
    if (peer.stream === null) return
    this.#core.busy.add(peer)
    peer.stream.skipTo(nextBroadcast, nextPrivate, this.#core.nowMs)
    this.#take(peer, peer.stream, peer.stream.inbox.takeNext())
    this.#reassembly.update(peer)
    this.#core.wakeNow()
  }

  acknowledged(peer: Peer, ack: MemberRecord & { type: 'ack' }): void {
    if (ack.stream !== 0) throw new ProtocolViolation('stream was never opened')
    if (peer.stream === null) return
    const isNumbered = ack.nextBroadcast <= this.#sender.nextBroadcast && ack.nextPrivate <= peer.nextPrivate
    if (!isNumbered || !peer.stream.acknowledge(ack)) throw new ProtocolViolation('acknowledges what was never sent')
    this.#core.busy.add(peer)
    this.#sender.resume()
    this.#core.wakeNow()
  }

  receive(peer: Peer, chunk: AllChunk | OneChunk, way: 'path' | 'tree' = 'path'): void {
    if (chunk.stream !== 0) throw new ProtocolViolation('stream was never opened')
    const { stream } = peer
    // Nothing is delivered any more, so nothing may be acknowledged either.
    if (stream === null || this.#core.isLeaving) return
    // The tree carries on for the others whatever this member was told; what it has no credit for is sent again.
    if (way === 'tree' && this.#reassembly.creditFor(peer) === 0) return
    this.#core.busy.add(peer)
    const isRouted = way === 'tree' && peer.path.kind !== 'direct'
    this.#take(peer, stream, stream.receive(chunk, this.#core.nowMs, isRouted))
    this.#reassembly.update(peer)
    this.#core.wakeAt(stream.ackDueMs ?? Infinity)
  }

  /** This message, and those that have waited for it. */
  #take(peer: Peer, stream: PeerStream, first: InMessage | null): void {
    for (let message = first; message !== null; message = stream.inbox.takeNext()) this.#received(peer, stream, message)
  }

  /** A member's first message comes after the news that it is here. */
  #received(peer: Peer, stream: PeerStream, message: InMessage): void {
    if (peer.isHere) this.#deliver(peer, message)
    else if (!stream.hold(message)) throw new ProtocolViolation('goes on without credit')
  }

  /** What I owe this member, if anything, to go by another way than its path as well. */
  copyAck(peer: Peer): MemberRecord | null {
    const { stream } = peer
    if (stream === null || stream.ackDueMs === null || peer.session?.epoch !== peer.epoch) return null
    return stream.copyAck(this.#reassembly.creditFor(peer))
  }

  /** The member is here: what came before the news of it is delivered. */
  release(peer: Peer): void {
    for (const message of peer.stream?.takeHeld() ?? []) this.#deliver(peer, message)
    this.#reassembly.release()
  }

  /** Whether a member that is here has not acknowledged everything. */
  get isOwing(): boolean {
    return [...this.#core.peers.values()].some((peer) => peer.isHere && peer.stream?.outbox.isEmpty === false)
  }

  clear(): void {
    for (const peer of this.#core.peers.values()) peer.stream?.outbox.clear()
  }

  #deliver(peer: Peer, message: InMessage): void {
    this.#core.counters.messagesDelivered++
    this.#core.effects.deliver({ from: peer.id, ...message })
  }

  #inbox(start: StreamStart): Inbox {
    return new Inbox({
      maxBytes: this.#core.options.limits.messageBytes,
      myTag: this.#myTag,
      ...start,
    })
  }
}
