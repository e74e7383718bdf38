import { MAX_ORDER_ENTRIES } from '../../protocol/limits.js'
import type { OrderEntry } from '../../protocol/records.js'
import type { Core } from '../core.js'
import type { MessageKind } from '../events.js'
import type { Peer } from '../peer.js'
import type { OutMessage, Submission } from './outbox.js'

interface Outgoing {
  readonly submission: number
  readonly to: string
  readonly kind: MessageKind
  readonly bytes: Uint8Array
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

  /** `false` when a broadcast would have to name too many recipients. */
  #send(outgoing: Outgoing): boolean {
    // The extra waiter keeps the submission from settling while its recipients are still being counted.
    const submission: Submission = { id: outgoing.submission, waiting: 1 }
    if (outgoing.to === 'all') {
      const order = this.#order()
      if (order === null) return false
      this.#sendToAll(outgoing, order, submission)
    } else this.#sendToOne(outgoing, submission)
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

  #sendToAll(outgoing: Outgoing, order: readonly OrderEntry[], submission: Submission): void {
    const message: OutMessage = {
      to: 'all',
      number: this.#nextBroadcast++,
      afterBroadcast: 0,
      order,
      text: outgoing.kind === 'text',
      bytes: outgoing.bytes,
      submission,
    }
    for (const peer of this.#core.peers.values()) {
      if (peer.stream === null) continue
      peer.stream.privateSinceBroadcast = peer.nextPrivate
      // Who is still joining gets it, but nobody waits for that.
      peer.stream.outbox.push(peer.isHere ? message : { ...message, submission: null })
    }
  }

  #sendToOne(outgoing: Outgoing, submission: Submission): void {
    const peer: Peer | undefined = this.#core.peers.get(outgoing.to)
    if (!peer?.stream || !peer.isHere) return
    peer.stream.outbox.push({
      to: 'one',
      number: peer.nextPrivate++,
      afterBroadcast: this.#nextBroadcast - 1,
      order: [],
      text: outgoing.kind === 'text',
      bytes: outgoing.bytes,
      submission,
    })
  }
}
