import type { MemberRecord } from '../../protocol/records.js'
import { MESSAGE_STREAM, STREAM_MODE } from '../../protocol/streams.js'
import type { Datagrams } from './datagrams.js'
import type { Incoming } from './incoming.js'
import type { Outgoing } from './outgoing.js'

/**
 * So many streams are opened at most since the oldest one whose OPEN was not answered, or whose end was not acknowledged. Its end may come once more, and who
 * is sent it remembers so many that have ended meanwhile, and no more.
 */
const MAX_OPENED_SINCE = 256
/** Refusals that wait to be written: nobody has more that are not answered. */
const MAX_STOPS = MAX_OPENED_SINCE
/** Of bulk, so much may be on its way through relays: it waits there before whatever else goes by them. */
const RELAYED_BULK_BYTES = 262_144
/**
 * The same over a link, and by how much more for each millisecond of its round trip. What is on its way beyond that only
 * waits for the other end, and what is urgent waits behind it.
 */
const DIRECT_BULK_BYTES = 524_288
const DIRECT_BULK_BYTES_A_MS = 50_000

const isBulk = ({ mode }: Outgoing): boolean => mode === STREAM_MODE.BULK

export interface StreamLane {
  readonly isBulk: boolean
  readonly streams: readonly Outgoing[]
}

/** The streams beside the message stream. */
interface Others {
  readonly out: Map<number, Outgoing>
  readonly in: Map<number, Incoming>
  /** The same with the message stream in front: they are looked through with every frame. */
  outs: readonly Outgoing[]
  ins: readonly Incoming[]
  /** How many of mine it was told of. */
  opened: number
  /**
   * Of mine, those whose opening it has not answered, and those whose end is to be acknowledged by it, with the count of the opened when that
   * began, the oldest first.
   */
  readonly unsettled: Map<number, number>
  /** Streams of its that I take nothing of, and that it must be told of. */
  readonly stops: Set<number>
  /** Of those that it sends, ids that are over, oldest first: their end may have to be acknowledged again. */
  readonly ended: Set<number>
}

/**
 * All streams between me and one member, both ways, for one pair epoch: those that I send, by my ids, and those that it
 * sends, by its own. The message stream is always among both.
 */
export class PairStreams {
  readonly messagesOut: Outgoing
  readonly messagesIn: Incoming
  /** `null` until there is one. */
  #others: Others | null = null
  /** Who goes first in the next frame: nobody always does. */
  #turn = 0

  constructor(messagesOut: Outgoing, messagesIn: Incoming) {
    this.messagesOut = messagesOut
    this.messagesIn = messagesIn
  }

  /** Mine. */
  get outs(): readonly Outgoing[] {
    return this.#others?.outs ?? [this.messagesOut]
  }

  /** Its. */
  get ins(): readonly Incoming[] {
    return this.#others?.ins ?? [this.messagesIn]
  }

  out(stream: number): Outgoing | undefined {
    return stream === MESSAGE_STREAM ? this.messagesOut : this.#others?.out.get(stream)
  }

  in(stream: number): Incoming | undefined {
    return stream === MESSAGE_STREAM ? this.messagesIn : this.#others?.in.get(stream)
  }

  addOut(outgoing: Outgoing): void {
    this.#having((others) => others.out.set(outgoing.stream, outgoing))
  }

  removeOut(stream: number): void {
    this.settled(stream)
    this.#having((others) => others.out.delete(stream))
  }

  /** The last message of one of mine is in line. */
  ending(stream: number): void {
    const others = this.#others
    if (others === null || this.#isNew(stream)) return
    others.unsettled.delete(stream)
    others.unsettled.set(stream, others.opened)
  }

  /** It has answered the opening of one of mine, whose end it has yet to be sent, or takes nothing of it. */
  settled(stream: number): void {
    this.#others?.unsettled.delete(stream)
  }

  /** It was told nothing of this one yet. */
  #isNew(stream: number): boolean {
    return this.out(stream)?.outbox.isOpen === false && this.#others?.unsettled.has(stream) === false
  }

  get #mayOpen(): boolean {
    const others = this.#others
    const oldest = others?.unsettled.values().next().value
    return others === null || oldest === undefined || others.opened - oldest < MAX_OPENED_SINCE
  }

  #canGo({ stream, outbox }: Outgoing): boolean {
    return (outbox.isReady || outbox.isPreludeDue) && (outbox.isOpen || !this.#isNew(stream) || this.#mayOpen)
  }

  /** What it must be told of this one before any piece; `null` while it may not be told of one more. */
  takePrelude({ stream, outbox }: Outgoing): MemberRecord | null {
    const others = this.#others
    if (others !== null && this.#isNew(stream)) {
      if (!this.#mayOpen) return null
      others.unsettled.set(stream, others.opened++)
    }
    return outbox.takePrelude()
  }

  addIn(incoming: Incoming): void {
    this.#having((others) => others.in.set(incoming.stream, incoming))
  }

  #having(change: (others: Others) => void): void {
    this.#others ??= {
      out: new Map(),
      in: new Map(),
      outs: [],
      ins: [],
      opened: 0,
      unsettled: new Map(),
      stops: new Set(),
      ended: new Set(),
    }
    change(this.#others)
    this.#others.outs = [this.messagesOut, ...this.#others.out.values()]
    this.#others.ins = [this.messagesIn, ...this.#others.in.values()]
  }

  /** Nothing is to be sent, awaited or acknowledged. */
  get isAtRest(): boolean {
    if (this.hasStops) return false
    for (const { ackDueMs } of this.ins) if (ackDueMs !== null) return false
    for (const { isAtRest } of this.outs) if (!isAtRest) return false
    return true
  }

  /** Streams of its that it may still send on, beside the message stream. */
  get openCount(): number {
    return this.#others === null ? 0 : this.#others.in.size - this.#others.ended.size
  }

  /** The same of some kinds. */
  countOpen(isCounted: (kind: number) => boolean): number {
    let count = 0
    for (const { opening, inbox } of this.ins)
      if (opening !== null && !inbox.isEnded && isCounted(opening.kind)) count++
    return count
  }

  /** Not everything is acknowledged. */
  get isOwing(): boolean {
    for (const { outbox } of this.outs) if (!outbox.isEmpty) return true
    return false
  }

  /** Something may be sent now. */
  get isReady(): boolean {
    let hasBulk = false
    for (const outgoing of this.outs) {
      if (!this.#canGo(outgoing)) continue
      if (!isBulk(outgoing)) return true
      hasBulk = true
    }
    return hasBulk && this.#mayBulkGo
  }

  /** What waits to be sent on streams that promise nothing, and that the member knows of. */
  *datagrams(): Generator<Datagrams> {
    for (const { datagrams, outbox } of this.outs) {
      if (datagrams?.isEmpty === false && outbox.want()) yield datagrams
    }
  }

  get hasDatagrams(): boolean {
    return this.datagrams().next().done !== true
  }

  /** Broadcasts of some stream are left to the tree. */
  get isByTree(): boolean {
    for (const { outbox } of this.outs) if (outbox.isByTree) return true
    return false
  }

  get unacknowledgedBytes(): number {
    let bytes = 0
    for (const { outbox } of this.outs) bytes += outbox.unacknowledgedBytes
    return bytes
  }

  /** Changes with every acknowledgement of more. */
  get acknowledgedBytes(): number {
    let bytes = 0
    for (const { outbox } of this.outs) bytes += outbox.acknowledgedBytes
    return bytes
  }

  /** Of messages that are not whole yet, or wait for their turn. */
  get heldBytes(): number {
    let bytes = 0
    for (const { inbox } of this.ins) bytes += inbox.heldBytes
    return bytes
  }

  get waitingBytes(): number {
    let bytes = 0
    for (const { inbox } of this.ins) bytes += inbox.waitingBytes
    return bytes
  }

  /** When the next acknowledgement must be on its way, if any is owed. */
  get ackDueMs(): number | null {
    let dueMs: number | null = null
    for (const { ackDueMs } of this.ins) if (ackDueMs !== null) dueMs = Math.min(dueMs ?? Infinity, ackDueMs)
    return dueMs
  }

  /** Acknowledgements that are owed go now. */
  hurryAcks(nowMs: number): void {
    for (const incoming of this.ins) if (incoming.ackDueMs !== null) incoming.oweAck(nowMs)
  }

  /** It may be there again, or I was not there to hear it: it gets its whole time. */
  resume(): void {
    for (const outgoing of this.outs) outgoing.resume()
  }

  /**
   * What was on its way by the old path may be lost with it, acknowledgements too. The new one is in order from its
   * first frame, so all is sent again from there; by a detour one piece, and the rest once that is answered.
   */
  changePath(nowMs: number, { isDetour = false } = {}): void {
    for (const outgoing of this.outs) outgoing.changePath(isDetour)
    for (const incoming of this.ins) incoming.oweAck(nowMs)
  }

  /** Sends one piece of each again; the rest follows once that is acknowledged. */
  probe(): void {
    for (const { outbox } of this.outs) if (outbox.isWaiting) outbox.probe()
  }

  /** One of its streams is over; only so many are remembered. */
  ended({ stream }: Incoming, most: number): void {
    this.#having(({ ended, in: incoming }) => {
      ended.add(stream)
      if (ended.size <= most) return
      const oldest = ended.values().next().value as number
      ended.delete(oldest)
      incoming.delete(oldest)
    })
  }

  /** It starts anew: nothing but the message streams is known any more. */
  forgetOthers(): void {
    this.#others = null
  }

  refuse(stream: number): void {
    this.#having(({ stops }) => {
      if (stops.size < MAX_STOPS) stops.add(stream)
    })
  }

  get hasStops(): boolean {
    return this.#others !== null && this.#others.stops.size > 0
  }

  /** One that it is to be told of now. */
  takeStop(): number | undefined {
    const stream = this.#others?.stops.values().next().value
    if (stream !== undefined) this.#others?.stops.delete(stream)
    return stream
  }

  /** Those that may send, what is urgent first; within a lane they take turns. */
  *lanes(): Generator<StreamLane> {
    for (const isBulk of [false, true]) {
      const ready = this.#readyIn(isBulk)
      if (ready.length === 0) continue
      const first = this.#turn++ % ready.length
      yield { isBulk, streams: first === 0 ? ready : [...ready.slice(first), ...ready.slice(0, first)] }
    }
  }

  #readyIn(inBulk: boolean): Outgoing[] {
    const ready: Outgoing[] = []
    for (const outgoing of this.outs) if (isBulk(outgoing) === inBulk && this.#canGo(outgoing)) ready.push(outgoing)
    return inBulk && ready.length > 0 && !this.#mayBulkGo ? [] : ready
  }

  get #mayBulkGo(): boolean {
    let bytes = 0
    for (const outgoing of this.outs) if (isBulk(outgoing)) bytes += outgoing.outbox.unacknowledgedBytes
    return bytes < this.#mostBulkBytes
  }

  get #mostBulkBytes(): number {
    const { path, rttMs } = this.messagesIn.peer
    if (path.kind === 'relayed') return RELAYED_BULK_BYTES
    return DIRECT_BULK_BYTES + (rttMs ?? Infinity) * DIRECT_BULK_BYTES_A_MS
  }
}
