import { MAX_ORDER_ENTRIES } from '../../protocol/limits.js'
import type { OrderEntry } from '../../protocol/records.js'
import type { Core } from '../core.js'
import type { MessageKind } from '../events.js'
import type { Peer } from '../peer.js'
import type { OutMessage, Submission, Unsettled } from './outbox.js'
import { Receipt } from './receipt.js'

interface Outgoing {
  readonly submission: number
  readonly to: string
  readonly kind: MessageKind
  readonly bytes: Uint8Array
  readonly confirm?: boolean
}

/**
 * Numbers what I send: broadcasts by one count, private messages by one count per recipient. Each names what it
 * follows of the other kind, which makes one order of both at every recipient.
 */
export class Sender {
  readonly #core: Core
  readonly #parked: Outgoing[] = []
  #nextBroadcast = 1

  constructor(core: Core) {
    this.#core = core
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

  /** A submission has found room in one more window. */
  readonly onAdmitted = (submission: Submission): void => {
    if (submission.waiting === 0) this.#core.effects.admitted(submission.id)
  }

  readonly #onComplete = (receipt: Receipt): void => {
    this.#core.effects.reported(receipt.submission, receipt.report)
  }

  /** The member left, or lost what it had of me: what it has not acknowledged it will not be sent again. */
  fail(peer: Peer, unsettled: readonly Unsettled[]): void {
    let count = 0
    for (const { message, isWaiting, isSent } of unsettled) {
      const failure = { id: peer.id, code: 'member-left', maybeDelivered: isSent } as const
      if (message.receipt !== null) message.receipt.failed(failure)
      else if (isWaiting && message.to === 'one' && message.submission !== null) {
        this.#core.effects.failed(message.submission.id, failure)
      } else if (message.isOwed) count++
    }
    if (count > 0) this.#core.notify({ type: 'delivery:fail', id: peer.id, code: 'member-left', count })
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
      const failure = { id: outgoing.to, code: 'member-left', maybeDelivered: false } as const
      if (receipt === null) this.#core.effects.failed(outgoing.submission, failure)
      else this.#core.effects.reported(outgoing.submission, { delivered: [], failed: [failure] })
      return true
    }
    receipt?.close()
    this.#core.counters.messagesSent++
    submission.waiting--
    this.onAdmitted(submission)
    this.#core.wakeNow()
    return true
  }

  #order(): OrderEntry[] | null {
    const order: OrderEntry[] = []
    for (const peer of this.#core.peers.values()) {
      const { stream } = peer
      const lastPrivate = peer.nextPrivate - 1
      if (stream === null || lastPrivate < stream.privateSinceBroadcast) continue
      if (stream.outbox.nextPrivate > lastPrivate) continue
      if (order.length === MAX_ORDER_ENTRIES) return null
      order.push({ tag: peer.tag, lastPrivate })
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
    for (const peer of this.#core.peers.values()) {
      if (peer.stream === null) continue
      peer.stream.privateSinceBroadcast = peer.nextPrivate
      if (peer.isHere) receipt?.expect()
      // Who is still joining gets it, but nobody waits for that.
      peer.stream.outbox.push(peer.isHere ? message : { ...message, submission: null, receipt: null, isOwed: false })
    }
  }

  /** `false` when the member is not here any more. */
  #sendToOne(outgoing: Outgoing, submission: Submission, receipt: Receipt | null): boolean {
    const peer: Peer | undefined = this.#core.peers.get(outgoing.to)
    if (!peer?.stream || !peer.isHere) return false
    receipt?.expect()
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
