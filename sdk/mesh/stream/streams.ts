import type { AllChunk, Datagram, MemberRecord, OneChunk } from '../../protocol/records.js'
import { isOpenedFreely, MESSAGE_STREAM, STREAM_MODE, type Opening } from '../../protocol/streams.js'
import { MAX_CHUNK_BYTES } from '../../protocol/limits.js'
import type { Core } from '../core.js'
import type { EngineEvent } from '../events.js'
import type { AgreedSession, Peer, StreamStart } from '../peer.js'
import { ProtocolViolation } from '../violation.js'
import { Inbox, type InboxTerms, type InMessage } from './inbox.js'
import { Incoming } from './incoming.js'
import { PairStreams } from './pair-streams.js'
import type { Reassembly } from './reassembly.js'
import { Sender } from './sender.js'
import type { TreeSender } from './tree-sender.js'

/** What one member may have open towards me of the kinds of which applications open many. */
const MAX_FREE_STREAMS = 256
/** The same of all others, which carry what is said about those: however many channels there are, a file can be accepted. */
const MAX_OTHER_STREAMS = 32
/**
 * Streams that have ended are remembered, since their end may not have been heard of: what comes of them once more. Before the other side knows that one has
 * ended, those may end that were open, 288 of them, and 256 each whose opening it sent before and after that end (`PairStreams`).
 */
const MAX_ENDED = 1_024
/** Of one member, streams whose broadcasts were heard in an earlier stay. */
const MAX_HEARD = 512

/**
 * All streams with all members. The message stream of a pair is made with the first handshake and started anew when a
 * side lost its end; others are opened by whoever sends on them, and end with the pair's epoch.
 */
export class Streams {
  readonly #core: Core
  readonly #reassembly: Reassembly
  readonly #createTree: (stream: number) => TreeSender
  /** What I send, by stream. */
  readonly #senders = new Map<number, Sender>()
  readonly #messages: Sender
  readonly #terms: InboxTerms
  readonly #bulkTerms: InboxTerms

  constructor(core: Core, reassembly: Reassembly, createTree: (stream: number) => TreeSender) {
    this.#core = core
    this.#reassembly = reassembly
    this.#createTree = createTree
    this.#terms = { maxBytes: core.options.limits.messageBytes, myTag: core.idBytes.subarray(0, 4) }
    this.#bulkTerms = { ...this.#terms, maxBytes: MAX_CHUNK_BYTES }
    this.#messages = this.#create(null, false)
  }

  #create(opening: Opening | null, isWatched: boolean): Sender {
    const tree = this.#createTree(opening?.stream ?? MESSAGE_STREAM)
    const sender = new Sender(this.#core, tree, opening, isWatched)
    this.#senders.set(sender.stream, sender)
    return sender
  }

  /** I am about to send on this stream. */
  open({ opening, isWatched = false }: EngineEvent & { type: 'stream:open' }): void {
    if (!this.#senders.has(opening.stream)) this.#create(opening, isWatched)
  }

  submit(event: EngineEvent & { type: 'submit' }): void {
    const sender = this.#senders.get(event.stream ?? MESSAGE_STREAM)
    if (sender !== undefined) return sender.submit(event)
    // Whoever waits for it is told, too.
    const failure = { id: event.to, code: 'closed', maybeDelivered: false } as const
    if (event.confirm === true) this.#core.effects.reported(event.submission, { delivered: [], failed: [failure] })
    else this.#core.effects.failed(event.submission, failure)
  }

  /** I send nothing more on it. What is under way is kept until it has arrived, and its end with it. */
  close(stream: number): void {
    this.#senders.get(stream)?.close()
    this.#forgetClosed()
  }

  post({ stream, to, bytes }: EngineEvent & { type: 'post' }): void {
    this.#senders.get(stream)?.post(to, bytes)
  }

  /** The application takes no more of this stream for now, or goes on. */
  pause(peer: Peer | undefined, stream: number, isPaused: boolean): void {
    const incoming = peer?.streams?.in(stream)
    if (peer === undefined || incoming === undefined) return
    incoming.pause(isPaused, this.#core.nowMs)
    this.#core.busy.add(peer)
    this.#core.wakeNow()
  }

  /** Gives up what is not acknowledged of one of my streams. */
  cut(stream: number): void {
    const sender = this.#senders.get(stream)
    if (sender === undefined || stream === MESSAGE_STREAM) return
    for (const peer of this.#core.peers.values()) {
      const outgoing = sender.known(peer)
      if (outgoing === undefined || outgoing.isRefused) continue
      this.#core.busy.add(peer)
      sender.fail(peer, outgoing.outbox.fail(sender.nextBroadcast, outgoing.numbers.nextPrivate), 'closed')
    }
    sender.resume()
    this.#core.wakeNow()
  }

  /** Where my streams to this member would start; from now on it gets what is sent to all. */
  prepare(peer: Peer): StreamStart {
    if (peer.streams === null) {
      const inbox = new Inbox(this.#terms, { firstBroadcast: 1, firstPrivate: 1 })
      const incoming = new Incoming(peer, null, inbox)
      peer.streams = new PairStreams(this.#messages.create(peer.id, peer), incoming)
    }
    return { firstBroadcast: this.#messages.nextBroadcast, firstPrivate: peer.nextPrivate }
  }

  /** The member is gone, or no session came of it: nobody waits for it any longer. */
  abandon(peer: Peer): void {
    const { streams } = peer
    if (streams === null) return
    this.#noteHeard(peer, streams)
    peer.streams = null
    for (const incoming of streams.ins) this.#reassembly.forget(incoming)
    // Also of those that it was sent nothing of yet: what is for it may be behind what is for others.
    for (const sender of this.#senders.values()) {
      sender.part(peer, streams.out(sender.stream)?.outbox.clear() ?? [])
    }
    this.#forgetClosed()
  }

  #noteHeard(peer: Peer, { ins }: PairStreams): void {
    for (const { stream, handedOn } of ins) {
      if (handedOn.nextBroadcast <= 1) continue
      peer.heardBroadcasts ??= new Map<number, number>()
      peer.heardBroadcasts.set(stream, Math.max(peer.heardBroadcasts.get(stream) ?? 1, handedOn.nextBroadcast))
    }
    const heard = peer.heardBroadcasts
    if (heard === null) return
    for (const stream of heard.keys()) {
      if (heard.size <= MAX_HEARD) return
      if (stream !== MESSAGE_STREAM) heard.delete(stream)
    }
  }

  /** Takes the streams of an agreed session into use; `true` when they start anew. */
  adopt(peer: Peer, agreed: AgreedSession): boolean {
    const { streams } = peer
    if (agreed.session.epoch === peer.epoch || streams === null) return false
    peer.epoch = agreed.session.epoch
    this.#noteHeard(peer, streams)
    this.#core.busy.add(peer)
    this.#adoptMessages(peer, streams, agreed)
    const { outs, ins } = streams
    streams.forgetOthers()
    for (const incoming of ins) if (incoming.opening !== null) this.#reassembly.forget(incoming)
    for (const { stream, outbox } of outs) {
      if (stream !== MESSAGE_STREAM) this.#senders.get(stream)?.part(peer, outbox.clear())
    }
    this.#forgetClosed()
    return true
  }

  #adoptMessages(peer: Peer, streams: PairStreams, { own, theirs }: AgreedSession): void {
    const { messagesOut, messagesIn } = streams
    const unsettled = messagesOut.outbox.restart(own.firstBroadcast, own.firstPrivate)
    const firstBroadcast = Math.max(theirs.firstBroadcast, peer.heardBroadcasts?.get(MESSAGE_STREAM) ?? 1)
    messagesIn.inbox = new Inbox(this.#terms, { ...theirs, firstBroadcast })
    messagesIn.takeHeld()
    messagesOut.resume()
    this.#reassembly.update(messagesIn)
    this.#messages.part(peer, unsettled)
  }

  /**
   * Fails what waits for members that have acknowledged nothing for too long, so that nobody else waits for them. One that is here
   * and says that it takes no more for now has longer.
   */
  failStalled(): void {
    for (const peer of this.#core.busy) {
      for (const { stream } of peer.streams?.outs ?? []) {
        const sender = this.#senders.get(stream)
        if (sender !== undefined) this.#failIfStalled(peer, sender)
      }
    }
  }

  #failIfStalled(peer: Peer, sender: Sender): void {
    const { nowMs, options } = this.#core
    const outgoing = sender.known(peer)
    // What is in bulk waits.
    if (outgoing === undefined || outgoing.mode === STREAM_MODE.BULK) return
    const stallMs = outgoing.stallAtMs(sender.waitsFor(peer), peer.isHere, options.limits.stallMs, nowMs)
    if (stallMs === null) return
    if (stallMs > nowMs) return this.#core.wakeAt(stallMs)
    this.#core.log?.('warn', 'stream:stalled', { member: peer.id, mode: outgoing.mode })
    const unsettled = outgoing.stall(sender.nextBroadcast, outgoing.numbers.nextPrivate)
    sender.fail(peer, unsettled, 'member-stalled')
    // Both sides keep the stream until its end has come.
    if (unsettled.some(({ message }) => message.end)) sender.end(outgoing)
    sender.resume()
    sender.tellAcknowledged(peer, outgoing)
  }

  /** A member says what one of its streams is. The same again, by another path, changes nothing. */
  opened(peer: Peer, record: MemberRecord & { type: 'open' }): void {
    const { streams } = peer
    if (streams === null || this.#core.isLeaving) return
    const { stream, kind, mode, name } = record
    if (stream === MESSAGE_STREAM) throw new ProtocolViolation('opens the message stream')
    this.#core.busy.add(peer)
    if (streams.in(stream) !== undefined) return this.#skipTo(peer, streams, record)
    const isFree = isOpenedFreely(kind)
    const most = isFree ? MAX_FREE_STREAMS : MAX_OTHER_STREAMS
    if (streams.countOpen((other) => isOpenedFreely(other) === isFree) >= most) return streams.refuse(stream)
    const heard = peer.heardBroadcasts?.get(stream) ?? 1
    const start = { firstBroadcast: Math.max(record.nextBroadcast, heard), firstPrivate: record.nextPrivate }
    const terms = mode === STREAM_MODE.BULK ? this.#bulkTerms : this.#terms
    const incoming = new Incoming(peer, { stream, kind, mode, name }, new Inbox(terms, start))
    incoming.oweAck(this.#core.nowMs)
    this.#core.wakeNow()
    streams.addIn(incoming)
    if (peer.isHere) this.#announce(incoming)
  }

  #announce({ peer, opening }: Incoming): void {
    if (opening !== null) this.#core.effects.streamOpened({ from: peer.id, opening })
  }

  /** A member takes nothing of one of my streams. */
  stopped(peer: Peer, { stream }: MemberRecord & { type: 'stop' }): void {
    const outgoing = peer.streams?.out(stream)
    const sender = this.#senders.get(stream)
    if (outgoing === undefined || sender === undefined) return
    if (stream === MESSAGE_STREAM) throw new ProtocolViolation('stops the message stream')
    sender.part(peer, outgoing.refuse(), 'stream-refused')
    peer.streams?.settled(stream)
    sender.tellAcknowledged(peer, outgoing)
  }

  reset(peer: Peer, record: MemberRecord & { type: 'reset' }): void {
    if (peer.streams?.in(record.stream) === undefined) return
    this.#core.log?.('warn', 'stream:reset', { member: peer.id, stream: record.stream })
    this.#skipTo(peer, peer.streams, record)
  }

  #skipTo(
    peer: Peer,
    streams: PairStreams,
    {
      stream,
      nextBroadcast,
      nextPrivate,
    }: Pick<MemberRecord & { type: 'reset' }, 'stream' | 'nextBroadcast' | 'nextPrivate'>,
  ): void {
    const incoming = streams.in(stream)
    if (incoming === undefined) return
    this.#core.busy.add(peer)
    incoming.skipTo(nextBroadcast, nextPrivate, this.#core.nowMs)
    this.#take(incoming, incoming.inbox.takeNext())
    this.#reassembly.update(incoming)
    this.#core.wakeNow()
  }

  acknowledged(peer: Peer, ack: MemberRecord & { type: 'ack' }): void {
    const { streams } = peer
    const sender = this.#senders.get(ack.stream)
    const outgoing = streams?.out(ack.stream)
    // Of a stream that is over on my side.
    if (streams === null || sender === undefined || outgoing === undefined) return
    const { numbers, outbox } = outgoing
    const isNumbered = ack.nextBroadcast <= sender.nextBroadcast && ack.nextPrivate <= numbers.nextPrivate
    if (!isNumbered || !outgoing.acknowledge(ack)) throw new ProtocolViolation('acknowledges what was never sent')
    this.#core.busy.add(peer)
    if (outbox.isEnded) {
      streams.removeOut(ack.stream)
      this.#forgetClosed()
    } else if (!outbox.isEnding) streams.settled(ack.stream)
    sender.resume()
    sender.tellAcknowledged(peer, outgoing)
    this.#core.wakeNow()
  }

  /** My streams that are closed, and known to nobody who has not acknowledged all of it. */
  #forgetClosed(): void {
    for (const [stream, sender] of this.#senders) {
      if (!sender.isClosed || stream === MESSAGE_STREAM) continue
      const isKnown = [...this.#core.peers.values()].some((peer) => sender.known(peer)?.isAtRest === false)
      if (!isKnown) this.#senders.delete(stream)
    }
  }

  receive(peer: Peer, chunk: AllChunk | OneChunk, way: 'path' | 'tree' = 'path'): void {
    const incoming = peer.streams?.in(chunk.stream)
    // Nothing is delivered any more, so nothing may be acknowledged either; and what was never opened, or is long over, is
    // not known: its opening comes again with whatever else does.
    if (incoming === undefined || this.#core.isLeaving) return
    // The tree carries on for the others whatever this member was told; what it has no credit for is sent again.
    if (way === 'tree' && this.#reassembly.creditFor(incoming) === 0) return
    this.#core.busy.add(peer)
    const isRouted = way === 'tree' && peer.path.kind !== 'direct'
    this.#take(incoming, incoming.receive(chunk, this.#core.nowMs, isRouted))
    this.#reassembly.update(incoming)
    if (this.#reassembly.isBeyond(peer)) throw new ProtocolViolation('goes on without credit')
    this.#core.wakeAt(incoming.ackDueMs ?? Infinity)
  }

  /** What comes before the news of its member, or of its stream, is lost, as it may be. */
  datagram(peer: Peer, datagram: Datagram): void {
    const incoming = peer.streams?.in(datagram.stream)
    if (incoming === undefined || !peer.isHere || this.#core.isLeaving || !incoming.isFresh(datagram)) return
    const { to, bytes } = datagram
    this.#deliver(incoming, { to: to === 'all' ? 'all' : 'me', kind: 'binary', end: false, bytes: bytes.slice() })
  }

  /** This message, and those that have waited for it. */
  #take(incoming: Incoming, first: InMessage | null): void {
    for (let message = first; message !== null; message = incoming.inbox.takeNext()) this.#received(incoming, message)
    if (incoming.inbox.isEnded) incoming.peer.streams?.ended(incoming, MAX_ENDED)
  }

  /** A member's first message comes after the news that it is here. */
  #received(incoming: Incoming, message: InMessage): void {
    if (incoming.peer.isHere) this.#deliver(incoming, message)
    else if (!incoming.hold(message)) throw new ProtocolViolation('goes on without credit')
  }

  /** What I owe this member, if anything, to go by another way than its path as well. */
  *copyAcks(peer: Peer): Generator<MemberRecord> {
    if (peer.session?.epoch !== peer.epoch) return
    for (const incoming of peer.streams?.ins ?? []) {
      if (incoming.ackDueMs !== null) yield incoming.copyAck(this.#reassembly.creditFor(incoming))
    }
  }

  /** The member is here: what came before the news of it is delivered. */
  release(peer: Peer): void {
    // Whoever leaves is not told that anybody is here.
    if (this.#core.isLeaving) return
    for (const incoming of peer.streams?.ins ?? []) {
      this.#announce(incoming)
      for (const message of incoming.takeHeld()) this.#deliver(incoming, message)
    }
    this.#reassembly.release()
  }

  /** Links have changed. */
  refreshTrees(): void {
    for (const { tree } of this.#senders.values()) tree.refresh()
  }

  /** Makes frames as long as their branches take them, of each stream in turn. */
  fillTrees(): void {
    let filling = [...this.#senders.values()]
    while (filling.length > 0) filling = filling.filter(({ tree }) => tree.fill())
  }

  /** Whether a member that is here has not acknowledged everything. */
  get isOwing(): boolean {
    return [...this.#core.peers.values()].some((peer) => peer.isHere && peer.streams?.isOwing === true)
  }

  clear(): void {
    for (const peer of this.#core.peers.values()) {
      for (const { outbox } of peer.streams?.outs ?? []) outbox.clear()
    }
  }

  #deliver({ peer, stream }: Incoming, message: InMessage): void {
    this.#core.counters.messagesDelivered++
    this.#core.effects.deliver({ from: peer.id, stream, ...message })
  }
}
