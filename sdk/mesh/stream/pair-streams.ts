import { MESSAGE_STREAM, STREAM_MODE } from '../../protocol/streams.js'
import type { Datagrams } from './datagrams.js'
import type { Incoming } from './incoming.js'
import type { Outgoing } from './outgoing.js'

/** Refusals that wait to be written: who opens more meanwhile asks again. */
const MAX_STOPS = 64
const isBulk = ({ mode }: Outgoing): boolean => mode === STREAM_MODE.BULK

/**
 * All streams between me and one member, both ways, for one pair epoch: those that I send, by my ids, and those that it
 * sends, by its own. The message stream is always among both.
 */
export class PairStreams {
  readonly messages: { readonly out: Outgoing; readonly in: Incoming }
  readonly out = new Map<number, Outgoing>()
  readonly in = new Map<number, Incoming>()
  /** Streams of its that I take nothing of, and that it must be told of. */
  readonly stops = new Set<number>()
  /** Of those that it sends, ids that are over, oldest first: their end may have to be acknowledged again. */
  readonly #ended = new Set<number>()
  /** Who goes first in the next frame: nobody always does. */
  #turn = 0

  constructor(out: Outgoing, incoming: Incoming) {
    this.messages = { out, in: incoming }
    this.out.set(MESSAGE_STREAM, out)
    this.in.set(MESSAGE_STREAM, incoming)
  }

  /** Nothing is to be sent, awaited or acknowledged. */
  get isAtRest(): boolean {
    if (this.stops.size > 0) return false
    for (const { ackDueMs } of this.in.values()) if (ackDueMs !== null) return false
    for (const { isAtRest } of this.out.values()) if (!isAtRest) return false
    return true
  }

  /** Streams of its that it may still send on, beside the message stream. */
  get openCount(): number {
    return this.in.size - 1 - this.#ended.size
  }

  /** Not everything is acknowledged. */
  get isOwing(): boolean {
    for (const { outbox } of this.out.values()) if (!outbox.isEmpty) return true
    return false
  }

  /** Something may be sent now. */
  get isReady(): boolean {
    for (const { outbox } of this.out.values()) if (outbox.isReady || outbox.isPreludeDue) return true
    return false
  }

  /** What waits to be sent on streams that promise nothing, and that the member knows of. */
  *datagrams(): Generator<Datagrams> {
    for (const { datagrams, outbox } of this.out.values()) {
      if (datagrams?.isEmpty === false && outbox.want()) yield datagrams
    }
  }

  get hasDatagrams(): boolean {
    return this.datagrams().next().done !== true
  }

  /** Broadcasts of some stream are left to the tree. */
  get isByTree(): boolean {
    for (const { outbox } of this.out.values()) if (outbox.isByTree) return true
    return false
  }

  get unacknowledgedBytes(): number {
    let bytes = 0
    for (const { outbox } of this.out.values()) bytes += outbox.unacknowledgedBytes
    return bytes
  }

  /** Changes with every acknowledgement of more. */
  get acknowledgedBytes(): number {
    let bytes = 0
    for (const { outbox } of this.out.values()) bytes += outbox.acknowledgedBytes
    return bytes
  }

  /** Of messages that are not whole yet, or wait for their turn. */
  get heldBytes(): number {
    let bytes = 0
    for (const { inbox } of this.in.values()) bytes += inbox.heldBytes
    return bytes
  }

  get waitingBytes(): number {
    let bytes = 0
    for (const { inbox } of this.in.values()) bytes += inbox.waitingBytes
    return bytes
  }

  /** When the next acknowledgement must be on its way, if any is owed. */
  get ackDueMs(): number | null {
    let dueMs: number | null = null
    for (const { ackDueMs } of this.in.values()) if (ackDueMs !== null) dueMs = Math.min(dueMs ?? Infinity, ackDueMs)
    return dueMs
  }

  /** Acknowledgements that are owed go now. */
  hurryAcks(nowMs: number): void {
    for (const incoming of this.in.values()) if (incoming.ackDueMs !== null) incoming.oweAck(nowMs)
  }

  /** It may be there again, or I was not there to hear it: it gets its whole time. */
  resume(): void {
    for (const outgoing of this.out.values()) outgoing.resume()
  }

  /**
   * What was on its way by the old path may be lost with it, acknowledgements too. The new one is in order from its
   * first frame, so all is sent again from there; by a detour one piece, and the rest once that is answered.
   */
  changePath(nowMs: number, isDetour = false): void {
    for (const outgoing of this.out.values()) outgoing.changePath(isDetour)
    for (const incoming of this.in.values()) incoming.oweAck(nowMs)
  }

  /** Sends one piece of each again; the rest follows once that is acknowledged. */
  probe(): void {
    for (const { outbox } of this.out.values()) if (outbox.isWaiting) outbox.probe()
  }

  /** One of its streams is over; only so many are remembered. */
  ended({ stream }: Incoming, most: number): void {
    this.#ended.add(stream)
    if (this.#ended.size <= most) return
    const oldest = this.#ended.values().next().value as number
    this.#ended.delete(oldest)
    this.in.delete(oldest)
  }

  /** It starts anew: nothing of one of its streams is known any more. */
  forget({ stream }: Incoming): void {
    this.in.delete(stream)
    this.#ended.delete(stream)
  }

  refuse(stream: number): void {
    if (this.stops.size < MAX_STOPS) this.stops.add(stream)
  }

  /** Those that may send, what is urgent first; within a lane they take turns. */
  *lanes(): Generator<readonly Outgoing[]> {
    for (const lane of [false, true]) {
      const ready = this.#readyIn(lane)
      if (ready.length === 0) continue
      const first = this.#turn++ % ready.length
      yield first === 0 ? ready : [...ready.slice(first), ...ready.slice(0, first)]
    }
  }

  #readyIn(inBulk: boolean): Outgoing[] {
    const ready: Outgoing[] = []
    for (const outgoing of this.out.values()) {
      if (isBulk(outgoing) === inBulk && (outgoing.outbox.isReady || outgoing.outbox.isPreludeDue)) ready.push(outgoing)
    }
    return ready
  }
}
