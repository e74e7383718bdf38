import type { AllChunk, MemberRecord, OneChunk } from '../../protocol/records.js'
import type { Core } from '../core.js'
import type { EngineEvent } from '../events.js'
import type { AgreedSession, Peer, StreamStart } from '../peer.js'
import { ProtocolViolation } from '../violation.js'
import { Inbox, type InMessage } from './inbox.js'
import { PeerStream } from './peer-stream.js'
import type { Reassembly } from './reassembly.js'
import { Sender } from './sender.js'

/** The message streams with all members: made with the first handshake, started anew when a side lost its end. */
export class Streams {
  readonly #core: Core
  readonly #reassembly: Reassembly
  readonly #sender: Sender

  constructor(core: Core, reassembly: Reassembly) {
    this.#core = core
    this.#reassembly = reassembly
    this.#sender = new Sender(core)
  }

  submit(event: EngineEvent & { type: 'submit' }): void {
    this.#sender.submit(event)
  }

  /** Where my streams to this member would start; from now on it gets what is sent to all. */
  prepare(peer: Peer): StreamStart {
    peer.stream ??= new PeerStream(this.#inbox({ firstBroadcast: 1, firstPrivate: 1 }), peer.nextPrivate, {
      admitted: this.#sender.onAdmitted,
      acknowledged: (receipt) => {
        receipt.delivered(peer.id)
      },
    })
    return { firstBroadcast: this.#sender.nextBroadcast, firstPrivate: peer.nextPrivate }
  }

  /** The member is gone, or no session came of it: nobody waits for it any longer. */
  abandon(peer: Peer): void {
    const { stream } = peer
    peer.stream = null
    this.#reassembly.update(peer)
    if (stream) this.#sender.fail(peer, stream.outbox.clear())
    this.#sender.resume()
  }

  /** Takes the streams of an agreed session into use; `true` when they start anew. */
  adopt(peer: Peer, agreed: AgreedSession): boolean {
    if (agreed.session.epoch === peer.epoch || peer.stream === null) return false
    peer.epoch = agreed.session.epoch
    this.#sender.fail(peer, peer.stream.outbox.restart(agreed.own.firstBroadcast, agreed.own.firstPrivate))
    peer.stream.inbox = this.#inbox(agreed.theirs)
    peer.stream.takeHeld()
    this.#reassembly.update(peer)
    return true
  }

  acknowledged(peer: Peer, ack: MemberRecord & { type: 'ack' }): void {
    if (ack.stream !== 0) throw new ProtocolViolation('stream was never opened')
    if (peer.stream === null) return
    const isNumbered = ack.nextBroadcast <= this.#sender.nextBroadcast && ack.nextPrivate <= peer.nextPrivate
    if (!isNumbered || !peer.stream.acknowledge(ack)) throw new ProtocolViolation('acknowledges what was never sent')
    this.#sender.resume()
    this.#core.wakeNow()
  }

  receive(peer: Peer, chunk: AllChunk | OneChunk): void {
    if (chunk.stream !== 0) throw new ProtocolViolation('stream was never opened')
    const { stream } = peer
    if (stream === null) return
    const message = stream.receive(chunk, this.#core.nowMs)
    this.#reassembly.update(peer)
    this.#core.wakeAt(stream.ackDueMs ?? Infinity)
    if (message === null) return
    // A member's first message comes after the news that it is here.
    if (peer.isHere) this.#deliver(peer, message)
    else if (!stream.hold(message)) throw new ProtocolViolation('goes on without credit')
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
    if (this.#core.isLeaving) return
    this.#core.counters.messagesDelivered++
    this.#core.effects.deliver({ from: peer.id, ...message })
  }

  #inbox(start: StreamStart): Inbox {
    return new Inbox({
      maxBytes: this.#core.options.limits.messageBytes,
      myTag: this.#core.idBytes.subarray(0, 4),
      ...start,
    })
  }
}
