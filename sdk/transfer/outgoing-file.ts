import { SkeinError } from '../errors.js'
import type { StreamHub } from '../mesh/streams.js'
import { STREAM_KIND, STREAM_MODE } from '../protocol/streams.js'
import { FAIL_CAUSE, REJECT_CAUSE, type OfferFrame } from '../protocol/transfer-frames.js'
import { callGuarded } from '../util/guard.js'
import type { Control } from './control.js'
import type { TransferDeps } from './deps.js'
import {
  asSkeinError,
  cancelledBy,
  cancelledByMe,
  corrupt,
  declined,
  groupLeft,
  memberLeft,
  memberUnknown,
  untoldText,
} from './failures.js'
import { fileAction } from './file-call.js'
import { Outflow } from './outflow.js'
import { Pace } from './pace.js'
import { giveToAll, PATIENCE_MS } from './patience.js'
import { ProgressMeter } from './progress.js'
import { Recipient } from './recipient.js'
import type { Source } from './source.js'
import { reasonText } from './texts.js'
import type { RecipientFailure, SendProgress, TransferReport, TransferSource } from './transfer.js'

/** How long the others have to answer once one has accepted what can be read again. Who comes later is read for anew. */
const GATHER_MS = 200
/** How long several recipients have to answer before what can be read only once is read. */
const ANSWER_MS = 30_000

const isSending = ({ state }: Recipient): boolean => state.name === 'sending'

const nothing = (): void => undefined

const rejectTexts: Readonly<Record<number, string>> = {
  [REJECT_CAUSE.NO_LISTENER]: 'does not listen for files',
  [REJECT_CAUSE.TOO_MANY]: 'has too many offers open',
  [REJECT_CAUSE.UNREADABLE]: 'could not read the offer',
}

export interface OutgoingFileOptions {
  readonly offer: OfferFrame
  readonly source: Source
  readonly to: readonly string[]
  /** It is for one alone, whose failure is that of the transfer. */
  readonly isSingle: boolean
  readonly onProgress: ((progress: SendProgress) => unknown) | undefined
  readonly signal: AbortSignal | undefined
}

export interface OutgoingFileHost {
  readonly hub: StreamHub
  readonly control: Control
  readonly deps: TransferDeps
  /** It is over: nothing that members say of it is of interest. */
  over(file: OutgoingFile): void
}

/** One file on its way to its recipients. */
export class OutgoingFile implements TransferSource {
  readonly report: Promise<TransferReport>
  readonly #host: OutgoingFileHost
  readonly #options: OutgoingFileOptions
  readonly #recipients: ReadonlyMap<string, Recipient>
  readonly #meter: ProgressMeter
  readonly #pace: Pace
  readonly #timers = new Set<() => void>()
  #resolve!: (report: TransferReport) => void
  #reject!: (error: unknown) => void
  #isOver = false
  #hasBegun = false
  #isAnswerTimeUp: boolean
  #isPaused = false
  #waiters: (() => void)[] = []

  constructor(host: OutgoingFileHost, options: OutgoingFileOptions) {
    this.#host = host
    this.#options = options
    this.#recipients = new Map(options.to.map((id) => [id, new Recipient(id)]))
    this.#meter = new ProgressMeter(options.offer.size)
    this.#pace = new Pace(host.deps, () => this.#tellProgress())
    this.#isAnswerTimeUp = options.to.length === 1
    this.report = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever waits for it is told; the group tells its `error` listeners.
    this.report.catch(() => undefined)
  }

  get id(): string {
    return this.#options.offer.id
  }

  get resumeId(): string {
    return this.#options.offer.resumeId
  }

  get progress(): SendProgress {
    const accepted = this.#accepted()
    return {
      ...this.#meter.progress(this.#host.deps.now()),
      recipients: accepted.map(({ id, bytes }) => ({ id, bytes })),
    }
  }

  /** Offers it. Called once, while the group is joined. */
  start(): void {
    this.#options.signal?.addEventListener('abort', this.#onAbort)
    if (!this.#isAnswerTimeUp && !this.#options.source.isRepeatable) {
      this.#later(ANSWER_MS, () => {
        this.#isAnswerTimeUp = true
        this.#consider()
      })
    }
    for (const recipient of this.#recipients.values()) this.#offerTo(recipient)
    this.#settle()
  }

  #offerTo(recipient: Recipient): void {
    const { hub, control } = this.#host
    const { id } = recipient
    if (id === hub.myId || !hub.members.includes(id)) return this.#fail(recipient, memberUnknown(fileAction, id))
    control.send(id, this.#options.offer).catch((error: unknown) => this.#fail(recipient, error))
  }

  accepted(from: string, offset: number): void {
    const { size } = this.#options.offer
    const recipient = this.#recipients.get(from)
    if (recipient?.move({ name: 'accepted', offset }) !== true) return
    if (size !== null && offset > size) {
      this.#withdraw(recipient, '')
      return this.#fail(recipient, corrupt(fileAction, `"${from}" asks for what is beyond its end`))
    }
    recipient.bytes = offset
    recipient.sent = offset
    this.#consider()
  }

  rejected(from: string, cause: number, reason: string): void {
    const recipient = this.#recipients.get(from)
    if (recipient?.state.name !== 'offered') return
    this.#fail(recipient, declined(fileAction, `"${from}" ${rejectTexts[cause] ?? 'has declined it'}`, reason))
  }

  progressed(from: string, bytes: number): void {
    const recipient = this.#recipients.get(from)
    if (recipient === undefined || (recipient.state.name !== 'sending' && recipient.state.name !== 'sent')) return
    // Its word, that nothing but what is shown depends on.
    recipient.bytes = Math.max(recipient.bytes, Math.min(bytes, recipient.sent))
    this.#pace.ask()
  }

  done(from: string): void {
    const recipient = this.#recipients.get(from)
    if (recipient?.move({ name: 'delivered' }) !== true) return
    recipient.bytes = recipient.sent
    this.#pace.ask()
    this.#settle()
  }

  failed(from: string, cause: number, reason: string): void {
    const recipient = this.#recipients.get(from)
    if (recipient === undefined || recipient.state.name === 'offered') return
    this.#fail(
      recipient,
      cause === FAIL_CAUSE.CORRUPT
        ? corrupt(fileAction, `what "${from}" got is not what was sent`)
        : cancelledBy(fileAction, from, reason),
    )
  }

  memberLeft(id: string): void {
    const recipient = this.#recipients.get(id)
    if (recipient !== undefined) this.#fail(recipient, memberLeft(fileAction, id))
  }

  groupLeft(): void {
    this.#abort(groupLeft(fileAction), '')
  }

  cancel(reason: string): void {
    this.#abort(cancelledByMe(fileAction, reasonText(reason)), reasonText(reason))
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.#wake()
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#options.signal?.reason
    this.#abort(reason, reasonText(reason))
  }

  /** Begins to read for those who have accepted, unless somebody's answer is still worth waiting for. */
  #consider(): void {
    if (this.#isOver) return
    const { source } = this.#options
    const accepted = [...this.#recipients.values()].filter(({ state }) => state.name === 'accepted')
    const unanswered = [...this.#recipients.values()].filter(({ state }) => state.name === 'offered')
    if (accepted.length === 0) return
    if (unanswered.length === 0 || this.#isAnswerTimeUp || (this.#hasBegun && source.isRepeatable)) {
      return this.#begin(accepted, source.isRepeatable ? [] : unanswered)
    }
    if (source.isRepeatable && this.#timers.size === 0) {
      this.#later(GATHER_MS, () => {
        this.#hasBegun = true
        this.#consider()
      })
    }
  }

  /** `tooLate`: those who have not answered and whom it is not read for again. */
  #begin(accepted: readonly Recipient[], tooLate: readonly Recipient[]): void {
    this.#hasBegun = true
    this.#meter.start(Math.min(...this.#accepted().map(({ bytes }) => bytes)), this.#host.deps.now())
    for (const recipient of accepted) {
      const { state } = recipient
      if (state.name !== 'accepted') continue
      const stream = this.#host.hub.own(STREAM_KIND.FILE, STREAM_MODE.BULK, this.id)
      const outflow = new Outflow(stream, recipient.id, (error) => this.#fail(recipient, error))
      recipient.move({ name: 'sending', offset: state.offset, outflow })
    }
    // Now that nobody is left for whom to begin once more.
    for (const recipient of tooLate) {
      this.#withdraw(recipient, '')
      this.#fail(recipient, declined(fileAction, `"${recipient.id}" did not answer in time`))
    }
    this.#read(accepted).catch((error: unknown) => this.#abort(error, ''))
  }

  /**
   * Reads the source once, for these recipients. The slowest of them sets the pace; those that fail, or take nothing while
   * others wait, are left behind.
   */
  async #read(recipients: readonly Recipient[]): Promise<void> {
    const { source, offer } = this.#options
    const hash = await this.#host.deps.loadHash()
    try {
      let position = 0
      let reading = recipients
      for await (const piece of source.read()) {
        await this.#untilResumed()
        reading = reading.filter(isSending)
        if (reading.length === 0) return
        if (position + piece.length > (offer.size ?? Infinity))
          throw corrupt(fileAction, 'its source has more than its size')
        hash.update(piece)
        const at = position
        const late = await giveToAll(reading, (each) => this.#push(each, piece, at), isSending, this.#host.deps)
        for (const recipient of late) this.#leaveBehind(recipient)
        reading = reading.filter((recipient) => !late.has(recipient))
        position += piece.length
      }
      await this.#untilResumed()
      if (!reading.some(isSending)) return
      if (position < (offer.size ?? 0)) throw corrupt(fileAction, 'its source has less than its size')
      const digest = hash.finish()
      await Promise.all(reading.map((recipient) => this.#finish(recipient, position, digest)))
    } finally {
      hash.free()
    }
  }

  /** It is read for anew, at its own pace, or, where that cannot be, gets no more. */
  #leaveBehind(recipient: Recipient): void {
    const { state, id, sent } = recipient
    if (state.name !== 'sending') return
    if (!this.#options.source.isRepeatable) {
      const text = `${fileAction}: "${id}" took nothing for ${PATIENCE_MS} ms while others waited`
      return this.#fail(recipient, new SkeinError('member-stalled', text))
    }
    recipient.move({ ...state, offset: sent })
    this.#read([recipient]).catch((error: unknown) => this.#abort(error, ''))
  }

  async #push(recipient: Recipient, piece: Uint8Array, position: number): Promise<void> {
    const { state } = recipient
    if (state.name !== 'sending') return
    const rest = state.offset > position ? piece.subarray(state.offset - position) : piece
    if (rest.length === 0) return
    recipient.sent = position + piece.length
    // Who fails has done so.
    await state.outflow.push(rest).catch(nothing)
  }

  async #finish(recipient: Recipient, size: number, hash: Uint8Array): Promise<void> {
    const { state } = recipient
    if (state.name !== 'sending') return
    // Before it is sent: the answer may be quicker than the news that there was room for it.
    recipient.move({ name: 'sent', outflow: state.outflow })
    await state.outflow.finish({ type: 'whole', size, hash }).catch(nothing)
  }

  async #untilResumed(): Promise<void> {
    while (this.#isPaused && !this.#isOver) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }

  /** This recipient alone gets no more. */
  #fail(recipient: Recipient, cause: unknown): void {
    if (cause instanceof SkeinError && (cause.code === 'closed' || cause.code === 'not-joined')) {
      return this.#abort(cause, '')
    }
    const { state } = recipient
    const error = asSkeinError(fileAction, 'stream-refused', cause)
    if (!recipient.move({ name: 'failed', error })) return
    if (state.name === 'sending' || state.name === 'sent') state.outflow.giveUp('')
    const reason = untoldText(error)
    if (reason !== '') this.#withdraw(recipient, reason)
    this.#consider()
    this.#settle()
  }

  #withdraw({ id }: Recipient, reason: string): void {
    this.#host.control.answer(id, { type: 'withdraw', id: this.id, reason })
  }

  /** Nobody gets any more. */
  #abort(error: unknown, reason: string): void {
    if (!this.#close(error)) return
    for (const recipient of this.#recipients.values()) {
      const { state } = recipient
      if (!recipient.move({ name: 'failed', error: asSkeinError(fileAction, 'transfer-cancelled', error) })) continue
      if (state.name === 'sending' || state.name === 'sent') state.outflow.giveUp(reason)
      if (!(error instanceof SkeinError && (error.code === 'closed' || error.code === 'not-joined'))) {
        this.#withdraw(recipient, reason)
      }
    }
    this.#reject(error)
  }

  #settle(): void {
    const recipients = [...this.#recipients.values()]
    if (!recipients.every(({ isOver }) => isOver)) return
    const delivered: string[] = []
    const failed: RecipientFailure[] = []
    for (const { id, state } of recipients) {
      if (state.name !== 'failed') delivered.push(id)
      else failed.push({ id, code: state.error.code, ...(state.error.reason ? { reason: state.error.reason } : {}) })
    }
    const first = recipients[0]?.state
    const error = this.#options.isSingle && first?.name === 'failed' ? first.error : null
    if (!this.#close(error)) return
    if (error === null) this.#resolve({ delivered, failed })
    else this.#reject(error)
  }

  /** `false` when it was over already. */
  #close(reason: unknown): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#pace.stop()
    this.#tellProgress()
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    for (const cancel of this.#timers) cancel()
    this.#options.source.cancel(reason)
    this.#wake()
    this.#host.over(this)
    return true
  }

  #accepted(): readonly Recipient[] {
    return [...this.#recipients.values()].filter(({ hasAccepted, state }) => hasAccepted || state.name === 'delivered')
  }

  #tellProgress(): void {
    const accepted = this.#accepted()
    if (accepted.length === 0) return
    this.#meter.read(Math.min(...accepted.map(({ bytes }) => bytes)), this.#host.deps.now())
    callGuarded(
      () => this.#options.onProgress?.(this.progress),
      (error) => this.#host.hub.report(error),
    )
  }

  #later(ms: number, run: () => void): void {
    const cancel = this.#host.deps.setTimer(ms, () => {
      this.#timers.delete(cancel)
      run()
    })
    this.#timers.add(cancel)
  }
}
