import { SkeinError } from '../errors.js'
import type { DeliveryFailure, DeliveryReport } from '../mesh/events.js'
import type { StreamHub } from '../mesh/streams.js'
import { sendAction } from './actions.js'
import type { Audience } from './checks.js'
import type { ClosableStream } from './closable-stream.js'
import { InOrder } from './in-order.js'
import { LatestLanes } from './latest-lanes.js'
import type { ChannelSettings } from './settings.js'
import { createInvalid, type Checked } from './standard-schema.js'
import { Waits } from './waits.js'

/** What became of a value, member by member. */
export interface ChannelReport extends DeliveryReport {
  /** A newer one took its place before it was sent to some: they are neither among those that have it nor failed. */
  readonly isReplaced: boolean
}

/** The sending side of one channel. Nothing overtakes what still waits for its validation. */
export class Sending {
  /** Values and requests, in the order in which they were given. */
  readonly order = new InOrder<Checked>()
  readonly #hub: StreamHub
  readonly #stream: ClosableStream
  readonly #isReliable: boolean
  readonly #lanes: LatestLanes<ChannelReport> | null
  readonly #waits = new Waits()

  constructor(hub: StreamHub, stream: ClosableStream, { isReliable, isLatest }: ChannelSettings) {
    this.#hub = hub
    this.#stream = stream
    this.#isReliable = isReliable
    // Where nothing waits, the stream itself forgets what is not the newest.
    this.#lanes = isReliable && isLatest ? new LatestLanes(() => ({ ...nobody, isReplaced: true })) : null
  }

  /** Sends the frame once it is known to be valid. Rejects as a stream does, and `value-invalid`. */
  send(
    frame: Uint8Array,
    checked: Checked | Promise<Checked>,
    to: Audience,
    confirm: boolean,
    signal: AbortSignal | undefined,
  ): Promise<ChannelReport> {
    return this.#waits.add(signal, (resolve, reject, isOver) => {
      this.order.add(checked, 0, (checked) => {
        if (isOver()) return
        if (!checked.isValid) return reject(createInvalid(sendAction, checked.cause))
        this.#submit(frame, to, confirm, isOver).then(resolve, reject)
      })
    })
  }

  #submit(frame: Uint8Array, to: Audience, confirm: boolean, isOver: () => boolean): Promise<ChannelReport> {
    if (typeof to === 'string') return this.#submitOne(frame, to, confirm, isOver)
    // A stream owns the bytes that it is given.
    return gather(to.map((id) => this.#submitOne(frame.slice(), id, confirm, isOver)))
  }

  #submitOne(frame: Uint8Array, to: string, confirm: boolean, isOver: () => boolean): Promise<ChannelReport> {
    if (!this.#isReliable) return this.#post(frame, to)
    const start = async () => (isOver() ? nobody : toReport(to, confirm, this.#stream.send(to, frame, { confirm })))
    return this.#lanes?.submit(to, start) ?? start()
  }

  async #post(frame: Uint8Array, to: string): Promise<ChannelReport> {
    const isKnown = to === 'all' || (to !== this.#hub.myId && this.#hub.members.includes(to))
    if (!isKnown) throw new SkeinError('member-unknown', `${sendAction}: "${to}" is not in the group`)
    this.#stream.post(to, frame)
    return Promise.resolve(nobody)
  }

  /** Nobody waits any longer. What is on its way stays so. */
  close(createError: () => Error): void {
    this.#waits.rejectAll(createError)
  }
}

const nobody: ChannelReport = Object.freeze({ delivered: [], failed: [], isReplaced: false })

/** With `confirm`, what one member did not get is part of the report, whoever says so. */
const toReport = async (
  to: string,
  confirm: boolean,
  sent: Promise<DeliveryReport | undefined>,
): Promise<ChannelReport> => {
  try {
    return { ...nobody, ...(await sent) }
  } catch (error) {
    const failure = confirm ? readFailure(to, error) : null
    if (failure === null) throw error
    return { ...nobody, failed: [failure] }
  }
}

const readFailure = (id: string, error: unknown): DeliveryFailure | null => {
  if (!(error instanceof SkeinError)) return null
  const { code, maybeDelivered = false } = error
  const isRecipients = code === 'member-left' || code === 'member-stalled' || code === 'stream-refused'
  return isRecipients ? { id, code, maybeDelivered } : null
}

/** Of all once each has settled; the first rejection, if any. */
const gather = async (sends: readonly Promise<ChannelReport>[]): Promise<ChannelReport> => {
  const settled = await Promise.allSettled(sends)
  const reports = settled.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
  return {
    delivered: reports.flatMap(({ delivered }) => delivered),
    failed: reports.flatMap(({ failed }) => failed),
    isReplaced: reports.some(({ isReplaced }) => isReplaced),
  }
}
