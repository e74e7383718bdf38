import type { StreamHub } from '../mesh/streams.js'
import { STREAM_KIND } from '../protocol/streams.js'
import { REJECT_CAUSE, type OfferFrame, type TransferFrame } from '../protocol/transfer-frames.js'
import type { Control } from './control.js'
import type { TransferDeps } from './deps.js'
import type { FileOffer } from './file-offer.js'
import { groupLeft, memberLeft } from './failures.js'
import { Receiving, type ReceivingHost } from './receiving.js'

const ACTION = 'file could not be received'
/** Offers of one member that nobody has answered. Each holds at most some 5 KiB. */
const MAX_OPEN_OFFERS = 256

/** Who is offered files. Must not throw. */
export interface FileApp {
  hasFileListener(): boolean
  file(offer: FileOffer): void
}

/** All files that other members offer me. */
export class IncomingFiles implements ReceivingHost {
  readonly hub: StreamHub
  readonly control: Control
  readonly deps: TransferDeps
  readonly #app: FileApp
  /** By member, then by id. */
  readonly #files = new Map<string, Map<string, Receiving>>()
  readonly #unanswered = new Set<Receiving>()

  constructor(hub: StreamHub, control: Control, deps: TransferDeps, app: FileApp) {
    this.hub = hub
    this.control = control
    this.deps = deps
    this.#app = app
    hub.read(STREAM_KIND.FILE, (stream) => this.#files.get(stream.from)?.get(stream.name)?.read(stream) ?? null)
  }

  /** What who offers a file says of it. Of a file that is not known, or is over, nothing is of interest. */
  handle(from: string, frame: TransferFrame & { type: 'offer' | 'withdraw' }): void {
    if (frame.type === 'offer') this.#offered(from, frame)
    else this.#files.get(from)?.get(frame.id)?.withdrawn(frame.reason)
  }

  #offered(from: string, frame: OfferFrame): void {
    const files = this.#files.get(from) ?? new Map<string, Receiving>()
    // Declining it would decline the first of that id.
    if (files.has(frame.id)) return
    if (!this.#app.hasFileListener()) return this.#decline(from, frame.id, REJECT_CAUSE.NO_LISTENER)
    const open = [...files.values()].filter((file) => this.#unanswered.has(file)).length
    if (open >= MAX_OPEN_OFFERS) return this.#decline(from, frame.id, REJECT_CAUSE.TOO_MANY)
    const receiving = new Receiving(this, from, frame)
    this.#files.set(from, files.set(frame.id, receiving))
    this.#unanswered.add(receiving)
    this.#app.file(receiving.offer)
  }

  #decline(from: string, id: string, cause: number): void {
    this.control.answer(from, { type: 'reject', id, cause, reason: '' })
  }

  answered(receiving: Receiving): void {
    this.#unanswered.delete(receiving)
  }

  over(receiving: Receiving): void {
    this.#unanswered.delete(receiving)
    const files = this.#files.get(receiving.from)
    files?.delete(receiving.id)
    if (files?.size === 0) this.#files.delete(receiving.from)
  }

  memberLeft(id: string): void {
    for (const file of [...(this.#files.get(id)?.values() ?? [])]) file.end(memberLeft(ACTION, id))
  }

  groupLeft(): void {
    for (const files of [...this.#files.values()]) {
      for (const file of [...files.values()]) file.end(groupLeft(ACTION))
    }
  }
}
