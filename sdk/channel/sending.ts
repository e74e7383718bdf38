import { SkeinError } from '../errors.js'
import type { DeliveryFailure, DeliveryReport } from '../mesh/events.js'
import type { StreamHub } from '../mesh/streams.js'
import { sendAction } from './actions.js'
import type { ChannelMessage } from './channel-core.js'
import type { Audience } from './checks.js'
import type { ClosableStream } from './closable-stream.js'
import { InOrder } from './in-order.js'
import { encodeToEach } from '../protocol/channel-frames.js'
import { LatestLanes } from './latest-lanes.js'
import { MAX_LATEST_BYTES } from './limits.js'
import type { ChannelSettings } from './settings.js'
import { createInvalid, type Checked } from './standard-schema.js'
import { Waits } from './waits.js'

/** What became of a value, member by member. */
export interface ChannelReport extends DeliveryReport {
  /** A newer one took its place before it was sent to some: they are neither among those that have it nor failed. */
  readonly isReplaced: boolean
}

/** A value for one recipient, where only the newest counts. */
interface Part {
  readonly id: string
  readonly lane: ChannelMessage['to']
  readonly frame: Uint8Array
  readonly confirm: boolean
  /** Whether it is not to be sent any more. */
  readonly isOver: () => boolean
}

/** The sending side of one channel. Nothing overtakes what still waits for its validation. */
export class Sending {
  /** Values and requests, in the order in which they were given. */
  readonly order = new InOrder<Checked>()
  readonly #hub: StreamHub
  readonly #stream: ClosableStream
  readonly #isReliable: boolean
  readonly #lanes: LatestLanes | null
  readonly #waits = new Waits()

  constructor(hub: StreamHub, stream: ClosableStream, { isReliable, isLatest }: ChannelSettings) {
    this.#hub = hub
    this.#stream = stream
    this.#isReliable = isReliable
    // Where nothing waits, the stream itself forgets what is not the newest.
    this.#lanes = isReliable && isLatest ? new LatestLanes(MAX_LATEST_BYTES) : null
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
        let isSent = false
        this.#submit(frame, to, confirm, () => !isSent && isOver()).then((report) => {
          isSent = true
          resolve(report)
        }, reject)
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
    const lanes = this.#lanes
    if (lanes === null) return this.#sendNow(frame, to, confirm)
    if (to !== 'all') return this.#submitLatest(lanes, { id: to, lane: 'me', frame, confirm, isOver })
    const ids = this.#hub.members.filter((id) => id !== this.#hub.myId)
    if (ids.every((id) => lanes.hasRoom(id))) {
      for (const id of ids) lanes.sent(id, frame.length)
      return this.#sendNow(frame, to, confirm)
    }
    const parts = ids.map((id) =>
      this.#submitLatest(lanes, { id, lane: 'all', frame: encodeToEach(frame), confirm, isOver }),
    )
    // Whoever waits for that is paced by the fastest: the others get the newest when they can.
    return confirm ? gather(parts) : Promise.any(parts).catch(() => nobody)
  }

  #sendNow(frame: Uint8Array, to: string, confirm: boolean): Promise<ChannelReport> {
    return toReport(to, confirm, this.#stream.send(to, frame, { confirm }))
  }

  #submitLatest(lanes: LatestLanes, { id, lane, frame, confirm, isOver }: Part): Promise<ChannelReport> {
    // The stream knows why not.
    if (!this.#hub.members.includes(id)) return this.#sendNow(frame, id, confirm)
    return new Promise((resolve, reject) => {
      lanes.submit(id, lane, {
        start: () => {
          if (isOver()) return resolve(nobody)
          lanes.sent(id, frame.length)
          this.#sendNow(frame, id, confirm).then(resolve, reject)
        },
        replace: () => {
          resolve({ ...nobody, isReplaced: true })
        },
        lose: () => {
          const error = new SkeinError('member-left', `${sendAction}: "${id}" has left`, { maybeDelivered: false })
          toReport(id, confirm, Promise.reject(error)).then(resolve, reject)
        },
      })
    })
  }

  async #post(frame: Uint8Array, to: string): Promise<ChannelReport> {
    const isKnown = to === 'all' || (to !== this.#hub.myId && this.#hub.members.includes(to))
    if (!isKnown) throw new SkeinError('member-unknown', `${sendAction}: "${to}" is not in the group`)
    this.#stream.post(to, frame)
    return Promise.resolve(nobody)
  }

  /** A member has so much unacknowledged of what I send. */
  acknowledged(id: string, bytes: number): void {
    this.#lanes?.acknowledged(id, bytes)
  }

  memberLeft(id: string): void {
    this.#lanes?.memberLeft(id)
  }

  /** Nobody waits any longer. What is on its way stays so. */
  close(createError: () => Error): void {
    this.#lanes?.clear()
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
