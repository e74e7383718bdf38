import { SkeinError } from '../errors.js'
import type { MemberStream, StreamHub } from '../mesh/streams.js'
import { encodeChannelFrame } from '../protocol/channel-frames.js'
import { STREAM_KIND } from '../protocol/streams.js'
import { sendAction } from './actions.js'
import { Answering } from './answering.js'
import { Asking, type Asked, type Asker, type Question } from './asking.js'
import type { ChannelCore } from './channel-core.js'
import type { Audience } from './checks.js'
import { Line } from './line.js'
import { MAX_STREAMS_OF_CHANNEL } from './limits.js'
import { MemberReader, type Destination } from './member-reader.js'
import type { ChannelReport } from './sending.js'
import { createClosed } from './settings.js'
import type { Checked } from './standard-schema.js'
import type { Timers } from './timers.js'

/** A member sent on a channel what cannot be read or is not valid. Nothing else comes of it. */
export interface ChannelInvalid {
  /** The channel's name. */
  readonly channel: string
  /** The member's id. */
  readonly from: string
  /** `value-invalid`; its cause is what the validator or codec says. */
  readonly error: SkeinError
}

export interface ChannelTrafficOptions {
  readonly hub: StreamHub
  readonly timers: Timers
  /** The channel of this name that is open here now. */
  readonly find: (name: string) => ChannelCore | undefined
  /** Must not throw. */
  readonly invalid: (event: ChannelInvalid) => void
}

/** A value that is encoded, and goes out if it is valid. */
interface OutgoingValue {
  readonly payload: Uint8Array
  readonly checked: Checked | Promise<Checked>
  readonly to: Audience
  readonly confirm: boolean
  readonly signal: AbortSignal | undefined
}

/** All that goes between members on the channels of one group, over all its joins. Loaded with the first of them. */
export class ChannelTraffic {
  readonly #hub: StreamHub
  readonly #asking: Asking
  readonly #answering: Answering
  readonly #lines = new Map<ChannelCore, Line>()
  /** How many are read, by member and channel. */
  readonly #streams = new Map<string, number>()

  constructor({ hub, timers, find, invalid }: ChannelTrafficOptions) {
    this.#hub = hub
    this.#answering = new Answering(hub)
    const handleInvalid = ({ core }: Line, from: string, error: SkeinError): void => {
      if (!core.isClosed) invalid({ channel: core.settings.name, from, error })
    }
    this.#asking = new Asking(timers, handleInvalid)
    const destination = {
      asking: this.#asking,
      answering: this.#answering,
      find: (name: string) => {
        const core = find(name)
        return core && this.#lineOf(core)
      },
      invalid: handleInvalid,
    }
    hub.read(STREAM_KIND.CHANNEL, (stream) => this.#read(stream, destination))
    hub.onMember(({ id, isHere }) => {
      if (isHere) return
      this.#asking.memberLeft(id)
      this.#answering.memberLeft(id)
      for (const { sending } of this.#lines.values()) sending.memberLeft(id)
    })
  }

  #read(stream: MemberStream, destination: Destination): MemberReader | null {
    const { from, name } = stream
    const line = destination.find(name)
    const key = `${from} ${name}`
    const count = this.#streams.get(key) ?? 0
    if (count >= MAX_STREAMS_OF_CHANNEL) {
      const text = `"${from}" has too many streams of this channel open`
      if (line !== undefined) destination.invalid(line, from, new SkeinError('value-invalid', text))
      return null
    }
    this.#streams.set(key, count + 1)
    return new MemberReader(stream, destination, () => {
      const left = (this.#streams.get(key) ?? 1) - 1
      if (left === 0) this.#streams.delete(key)
      else this.#streams.set(key, left)
    })
  }

  /** Rejects as a stream does, and `value-invalid`. */
  send(core: ChannelCore, { payload, checked, to, confirm, signal }: OutgoingValue): Promise<ChannelReport> {
    const frame = encodeChannelFrame({ type: 'value', isToEach: false, payload })
    return this.#lineOf(core).sending.send(frame, checked, to, confirm, signal)
  }

  ask(core: ChannelCore, question: Question, asker: Asker): Asked {
    return this.#asking.ask(this.#lineOf(core), question, asker)
  }

  /** Whoever waits on this channel waits no longer, here and elsewhere. */
  close(core: ChannelCore): void {
    const line = this.#lines.get(core)
    if (line === undefined) return
    this.#lines.delete(core)
    this.#asking.close(line)
    this.#answering.close(line)
    line.close(() => createClosed('channel was closed'))
  }

  /**
   * The join is over. Channels stay; who waits for an answer gets none, handlers' signals abort, and what was not sent yet is not sent
   * in the next join, where it would be for others.
   */
  left(): void {
    this.#asking.left()
    this.#answering.left()
    for (const { sending } of this.#lines.values()) {
      sending.close(() => new SkeinError('closed', `${sendAction}: the group was left`))
    }
  }

  #lineOf(core: ChannelCore): Line {
    const line = this.#lines.get(core) ?? new Line(this.#hub, core)
    this.#lines.set(core, line)
    return line
  }
}
