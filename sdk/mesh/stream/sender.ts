import { MAX_ORDER_ENTRIES } from '../../protocol/limits.js'
import type { OrderEntry } from '../../protocol/records.js'
import { MESSAGE_STREAM, type Opening } from '../../protocol/streams.js'
import type { Core } from '../core.js'
import type { DeliveryFailure, MessageKind } from '../events.js'
import type { Peer } from '../peer.js'
import { Outgoing, outgoingTerms } from './outgoing.js'
import type { OutMessage, Submission, Unsettled } from './out-message.js'
import type { OutboxTerms } from './outbox.js'
import { Receipt } from './receipt.js'
import type { TreeSender } from './tree-sender.js'

interface Submitted {
  readonly submission: number
  readonly to: string
  readonly kind: MessageKind
  readonly bytes: Uint8Array
  readonly confirm?: boolean
  /** Nothing follows. */
  readonly end?: boolean
}

/** A broadcast must say that it comes after private messages to this member, which it may not have yet. */
const isToBeNamed = ({ numbers, privateSinceBroadcast, outbox }: Outgoing): boolean =>
  numbers.nextPrivate > privateSinceBroadcast && outbox.nextPrivate < numbers.nextPrivate

/**
 * Numbers what I send on one stream: broadcasts by one count, private messages by one count per recipient. Each names what it
 * follows of the other kind, which makes one order of both at every recipient.
 */
export class Sender {
  readonly #core: Core
  readonly #terms: OutboxTerms
  readonly tree: TreeSender
  readonly #isWatched: boolean
  #parked: Submitted[] = []
  #nextBroadcast = 1
  #isClosed = false

  constructor(core: Core, tree: TreeSender, opening: Opening | null, isWatched: boolean) {
    this.#core = core
    this.#isWatched = isWatched
    this.#terms = outgoingTerms(opening, (submission) => {
      this.#admitted(submission)
    })
    this.tree = tree
  }

  get isClosed(): boolean {
    return this.#isClosed && this.#parked.length === 0
  }

  /** Nothing more will be submitted. */
  close(): void {
    this.#isClosed = true
  }

  get stream(): number {
    return this.#terms.opening?.stream ?? MESSAGE_STREAM
  }

  /** What this member is sent of the stream, from now on if it was sent nothing yet; `undefined` without a session. */
  outgoing(peer: Peer): Outgoing | undefined {
    const known = this.known(peer)
    if (known !== undefined || peer.streams === null) return known
    const made = this.create(peer.id, { nextPrivate: 1 })
    peer.streams.addOut(made)
    return made
  }

  create(recipient: string, numbers: { nextPrivate: number }): Outgoing {
    return new Outgoing({ terms: this.#terms, recipient, numbers, nextBroadcast: this.#nextBroadcast })
  }

  known(peer: Peer): Outgoing | undefined {
    return peer.streams?.out(this.stream)
  }

  get nextBroadcast(): number {
    return this.#nextBroadcast
  }

  submit(submitted: Submitted): void {
    if (this.#parked.length > 0 || !this.#send(submitted)) this.#parked.push(submitted)
  }

  /** To those that are here, as there is room; nobody waits. */
  post(to: string, bytes: Uint8Array): void {
    for (const peer of this.#core.peers.values()) {
      if (!peer.isHere || (to !== 'all' && to !== peer.id)) continue
      const outgoing = this.outgoing(peer)
      if (outgoing === undefined || outgoing.isRefused) continue
      outgoing.datagrams?.push(to === 'all' ? 'all' : 'one', bytes)
      outgoing.outbox.want()
      this.#core.busy.add(peer)
    }
    this.#core.wakeNow()
  }

  /** Acknowledgements have come, or members gone: what waited for them may go. */
  resume(): void {
    while (this.#parked.length > 0 && this.#send(this.#parked[0] as Submitted)) this.#parked.shift()
  }

  /** Whether a send waits until this member acknowledges something. */
  waitsFor(peer: Peer): boolean {
    const outgoing = this.known(peer)
    return outgoing !== undefined && (outgoing.outbox.isFull || (this.#parked.length > 0 && isToBeNamed(outgoing)))
  }

  /** Whoever watches the stream learns what this member has not acknowledged. */
  tellAcknowledged({ id }: Peer, { outbox }: Outgoing): void {
    if (!this.#isWatched) return
    const parked = this.#parked.filter(({ to }) => to === 'all' || to === id)
    const bytes = parked.reduce((sum, message) => sum + message.bytes.length, outbox.windowedBytes)
    this.#core.effects.acknowledged({ stream: this.stream, id, bytes })
  }

  /** A submission has found room in one more window. */
  #admitted(submission: Submission): void {
    if (submission.waiting === 0) this.#core.effects.admitted(submission.id)
  }

  readonly #onComplete = (receipt: Receipt): void => {
    this.#core.effects.reported(receipt.submission, receipt.report)
  }

  /** The member left, stalled, or lost what it had of me: what it has not acknowledged it will not be sent again. */
  fail(peer: Peer, unsettled: readonly Unsettled[], code: DeliveryFailure['code'] = 'member-left'): void {
    let count = 0
    for (const { message, isWaiting, isSent } of unsettled) {
      const failure = { id: peer.id, code, maybeDelivered: isSent }
      if (message.receipt !== null) message.receipt.failed(failure)
      else if (isWaiting && message.to === 'one' && message.submission !== null) {
        this.#core.effects.failed(message.submission.id, failure)
      } else if (message.isOwed) count++
    }
    if (count > 0) this.#core.notify({ type: 'delivery:fail', id: peer.id, stream: this.stream, code, count })
  }

  /** Nothing follows for this member, whose end was among what was given up. */
  end(outgoing: Outgoing): void {
    outgoing.outbox.push({
      to: 'one',
      number: outgoing.numbers.nextPrivate++,
      afterBroadcast: this.#nextBroadcast - 1,
      order: [],
      text: false,
      end: true,
      bytes: new Uint8Array(0),
      submission: null,
      receipt: null,
      isOwed: false,
    })
  }

  /** As `fail`, for all that this stay of the member will not get; what is for it alone need not wait for its turn. */
  part(peer: Peer, unsettled: readonly Unsettled[], code: DeliveryFailure['code'] = 'member-left'): void {
    this.fail(peer, unsettled, code)
    const parked = this.#parked
    this.#parked = parked.filter(({ to }) => to !== peer.id)
    for (const submitted of parked) if (submitted.to === peer.id) this.#failAtOnce(submitted, code)
    this.resume()
  }

  /** `false` when a broadcast would have to name too many recipients. */
  #send(submitted: Submitted): boolean {
    // The extra waiter keeps the submission from settling while its recipients are still being counted.
    const submission: Submission = { id: submitted.submission, waiting: 1 }
    const receipt = submitted.confirm === true ? new Receipt(submitted.submission, this.#onComplete) : null
    if (submitted.to === 'all') {
      const order = this.#order()
      if (order === null) return false
      this.#sendToAll(submitted, order, submission, receipt)
    } else if (!this.#sendToOne(submitted, submission, receipt)) {
      this.#failAtOnce(submitted, this.#codeFor(submitted.to))
      return true
    }
    receipt?.close()
    this.#core.counters.messagesSent++
    submission.waiting--
    this.#admitted(submission)
    this.#core.wakeNow()
    return true
  }

  #failAtOnce({ submission, to, confirm }: Submitted, code: DeliveryFailure['code']): void {
    const failure = { id: to, code, maybeDelivered: false }
    if (confirm === true) this.#core.effects.reported(submission, { delivered: [], failed: [failure] })
    else this.#core.effects.failed(submission, failure)
  }

  #codeFor(id: string): DeliveryFailure['code'] {
    const peer = this.#core.peers.get(id)
    return peer !== undefined && this.known(peer)?.isRefused === true ? 'stream-refused' : 'member-left'
  }

  #order(): OrderEntry[] | null {
    const order: OrderEntry[] = []
    for (const peer of this.#core.peers.values()) {
      const outgoing = this.known(peer)
      if (outgoing === undefined || !isToBeNamed(outgoing)) continue
      if (order.length === MAX_ORDER_ENTRIES) return null
      order.push({ tag: peer.tag, lastPrivate: outgoing.numbers.nextPrivate - 1 })
    }
    return order
  }

  #sendToAll(
    submitted: Submitted,
    order: readonly OrderEntry[],
    submission: Submission,
    receipt: Receipt | null,
  ): void {
    const { kind, bytes, end = false } = submitted
    const recipients = this.#recipients(end)
    const message: OutMessage = {
      to: 'all',
      number: this.#nextBroadcast++,
      afterBroadcast: 0,
      order,
      text: kind === 'text',
      end,
      bytes,
      submission,
      receipt,
      isOwed: true,
    }
    this.tree.gather()
    for (const [peer, outgoing] of recipients) {
      if (outgoing.isRefused) {
        if (peer.isHere && !end) this.#refused(peer, outgoing, receipt)
        continue
      }
      this.#core.busy.add(peer)
      outgoing.privateSinceBroadcast = outgoing.numbers.nextPrivate
      if (peer.isHere) receipt?.expect()
      // Who is still joining gets it, but nobody waits for that.
      outgoing.outbox.push(peer.isHere ? message : { ...message, submission: null, receipt: null, isOwed: false })
      if (end) peer.streams?.ending(this.stream)
    }
    this.tree.push(message)
  }

  #refused(peer: Peer, outgoing: Outgoing, receipt: Receipt | null): void {
    const { id } = peer
    const code = 'stream-refused'
    if (receipt === null) this.#core.notify({ type: 'delivery:fail', id, stream: this.stream, code, count: 1 })
    receipt?.expect()
    receipt?.failed({ id, code, maybeDelivered: false })
    this.tellAcknowledged(peer, outgoing)
  }

  /** Of what is for all: those with a session, whom the end of a stream concerns if they know of it. */
  #recipients(end: boolean): [Peer, Outgoing][] {
    const recipients: [Peer, Outgoing][] = []
    for (const peer of this.#core.peers.values()) {
      const outgoing = end ? this.known(peer) : this.outgoing(peer)
      if (outgoing !== undefined) recipients.push([peer, outgoing])
    }
    return recipients
  }

  /** `false` when the member is not here any more, or takes nothing of this stream. */
  #sendToOne({ to, kind, bytes, end = false }: Submitted, submission: Submission, receipt: Receipt | null): boolean {
    const peer: Peer | undefined = this.#core.peers.get(to)
    const outgoing = peer?.isHere === true ? this.outgoing(peer) : undefined
    if (peer === undefined || outgoing === undefined || outgoing.isRefused) return false
    receipt?.expect()
    this.#core.busy.add(peer)
    outgoing.outbox.push({
      to: 'one',
      number: outgoing.numbers.nextPrivate++,
      afterBroadcast: this.#nextBroadcast - 1,
      order: [],
      text: kind === 'text',
      end,
      bytes,
      submission,
      receipt,
      isOwed: true,
    })
    if (end) peer.streams?.ending(this.stream)
    return true
  }
}
