import { MAX_ORDER_ENTRIES } from '../../protocol/limits.js'
import type { OrderEntry } from '../../protocol/records.js'
import type { Core } from '../core.js'
import type { DeliveryFailure, MessageKind } from '../events.js'
import type { Peer } from '../peer.js'
import type { OutMessage, Submission, Unsettled } from './outbox.js'
import { Receipt } from './receipt.js'
import type { TreeSender } from './tree-sender.js'

interface Outgoing {
  readonly submission: number
  readonly to: string
  readonly kind: MessageKind
  readonly bytes: Uint8Array
  readonly confirm?: boolean
}

/** A broadcast must say that it comes after private messages to this member, which it may not have yet. */
const isToBeNamed = ({ stream, nextPrivate }: Peer): boolean =>
  stream !== null && nextPrivate > stream.privateSinceBroadcast && stream.outbox.nextPrivate < nextPrivate

/**
 * Numbers what I send: broadcasts by one count, private messages by one count per recipient. Each names what it
 * follows of the other kind, which makes one order of both at every recipient.
 */
export class Sender {
  readonly #core: Core
  readonly #tree: TreeSender
  #parked: Outgoing[] = []
  #nextBroadcast = 1

  constructor(core: Core, tree: TreeSender) {
    this.#core = core
    this.#tree = tree
  }

  get nextBroadcast(): number {
    return this.#nextBroadcast
  }

  submit(outgoing: Outgoing): void {
    if (this.#parked.length > 0 || !this.#send(outgoing)) this.#parked.push(outgoing)
  }

  /** Acknowledgements have come, or members gone: what waited for them may go. */
  resume(): void {
    while (this.#parked.length > 0 && this.#send(this.#parked[0] as Outgoing)) this.#parked.shift()
  }

  /** Whether a send waits until this member acknowledges something. */
  waitsFor(peer: Peer): boolean {
    return peer.stream?.outbox.isFull === true || (this.#parked.length > 0 && isToBeNamed(peer))
  }

  /** A submission has found room in one more window. */
  readonly onAdmitted = (submission: Submission): void => {
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
    if (count > 0) this.#core.notify({ type: 'delivery:fail', id: peer.id, code, count })
  }

  /** As `fail`, for all that this stay of the member will not get; what is for it alone need not wait for its turn. */
  part(peer: Peer, unsettled: readonly Unsettled[]): void {
    this.fail(peer, unsettled)
    const parked = this.#parked
    this.#parked = parked.filter(({ to }) => to !== peer.id)
    for (const outgoing of parked) if (outgoing.to === peer.id) this.#failAtOnce(outgoing)
    this.resume()
  }

  /** `false` when a broadcast would have to name too many recipients. */
  #send(outgoing: Outgoing): boolean {
    // The extra waiter keeps the submission from settling while its recipients are still being counted.
    const submission: Submission = { id: outgoing.submission, waiting: 1 }
    const receipt = outgoing.confirm === true ? new Receipt(outgoing.submission, this.#onComplete) : null
    if (outgoing.to === 'all') {
      const order = this.#order()
      if (order === null) return false
      this.#sendToAll(outgoing, order, submission, receipt)
    } else if (!this.#sendToOne(outgoing, submission, receipt)) {
      this.#failAtOnce(outgoing)
      return true
    }
    receipt?.close()
    this.#core.counters.messagesSent++
    submission.waiting--
    this.onAdmitted(submission)
    this.#core.wakeNow()
    return true
  }

  #failAtOnce({ submission, to, confirm }: Outgoing): void {
    const failure = { id: to, code: 'member-left', maybeDelivered: false } as const
    if (confirm === true) this.#core.effects.reported(submission, { delivered: [], failed: [failure] })
    else this.#core.effects.failed(submission, failure)
  }

  #order(): OrderEntry[] | null {
    const order: OrderEntry[] = []
    for (const peer of this.#core.peers.values()) {
      if (!isToBeNamed(peer)) continue
      if (order.length === MAX_ORDER_ENTRIES) return null
      order.push({ tag: peer.tag, lastPrivate: peer.nextPrivate - 1 })
    }
    return order
  }

  #sendToAll(outgoing: Outgoing, order: readonly OrderEntry[], submission: Submission, receipt: Receipt | null): void {
    const message: OutMessage = {
      to: 'all',
      number: this.#nextBroadcast++,
      afterBroadcast: 0,
      order,
      text: outgoing.kind === 'text',
      bytes: outgoing.bytes,
      submission,
      receipt,
      isOwed: true,
    }
    this.#tree.gather()
    for (const peer of this.#core.peers.values()) {
      if (peer.stream === null) continue
      this.#core.busy.add(peer)
      peer.stream.privateSinceBroadcast = peer.nextPrivate
      if (peer.isHere) receipt?.expect()
      // Who is still joining gets it, but nobody waits for that.
      peer.stream.outbox.push(peer.isHere ? message : { ...message, submission: null, receipt: null, isOwed: false })
    }
    this.#tree.push(message)
  }

  /** `false` when the member is not here any more. */
  #sendToOne(outgoing: Outgoing, submission: Submission, receipt: Receipt | null): boolean {
    const peer: Peer | undefined = this.#core.peers.get(outgoing.to)
    if (!peer?.stream || !peer.isHere) return false
    receipt?.expect()
    this.#core.busy.add(peer)
    peer.stream.outbox.push({
      to: 'one',
      number: peer.nextPrivate++,
      afterBroadcast: this.#nextBroadcast - 1,
      order: [],
      text: outgoing.kind === 'text',
      bytes: outgoing.bytes,
      submission,
      receipt,
      isOwed: true,
    })
    return true
  }
}
