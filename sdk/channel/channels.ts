import type { SkeinError } from '../errors.js'
import type { StreamHub } from '../mesh/streams.js'
import { STREAM_KIND } from '../protocol/streams.js'
import { Answering } from './answering.js'
import { Asking } from './asking.js'
import { ChannelCore } from './channel-core.js'
import { Channel } from './channel.js'
import { MemberReader } from './member-reader.js'
import { checkAgreement, createClosed, readSettings, type ChannelOptions } from './settings.js'
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

export interface ChannelsApp {
  /** Must not throw. */
  invalid(event: ChannelInvalid): void
}

/** All channels of one group, over all its joins. */
export class Channels {
  readonly #hub: StreamHub
  readonly #app: ChannelsApp
  readonly #messageBytes: number
  readonly #asking: Asking
  readonly #answering: Answering
  readonly #channels = new Map<string, { readonly core: ChannelCore; readonly channel: Channel }>()

  /** `messageBytes`: what a message may take at most, as everywhere in the group. */
  constructor(hub: StreamHub, app: ChannelsApp, timers: Timers, messageBytes: number) {
    this.#hub = hub
    this.#app = app
    this.#messageBytes = messageBytes
    this.#answering = new Answering(hub)
    const invalid = (core: ChannelCore, from: string, error: SkeinError): void => {
      if (!core.isClosed) this.#app.invalid({ channel: core.settings.name, from, error })
    }
    this.#asking = new Asking(timers, invalid)
    const destination = {
      asking: this.#asking,
      answering: this.#answering,
      find: (name: string) => this.#channels.get(name)?.core,
      invalid,
    }
    hub.read(STREAM_KIND.CHANNEL, (stream) => new MemberReader(stream, destination))
    hub.onMember(({ id, isHere }) => {
      if (isHere) return
      this.#asking.memberLeft(id)
      this.#answering.memberLeft(id)
    })
  }

  /**
   * The channel of this name, the same until it is closed. Throws a `RangeError` for a name that is empty, longer than 64
   * bytes in UTF-8 or begins with `skein:`, and for options other than those that it was made with; those left out agree.
   */
  channel<Sent = unknown, Received = Sent>(
    name: string,
    options: ChannelOptions<Sent, Received> = {},
  ): Channel<Sent, Received> {
    const settings = readSettings(name, options)
    const known = this.#channels.get(name)
    if (known !== undefined) checkAgreement(known.core.settings, settings, options)
    const channel = known?.channel ?? this.#create(new ChannelCore(this.#hub, settings, this.#messageBytes))
    // What it sends and receives is the word of whoever asks for it.
    return channel as unknown as Channel<Sent, Received>
  }

  #create(core: ChannelCore): Channel {
    const channel = new Channel(core, {
      hub: this.#hub,
      asking: this.#asking,
      close: (core) => {
        this.#close(core)
      },
    })
    this.#channels.set(core.settings.name, { core, channel })
    return channel
  }

  #close(core: ChannelCore): void {
    this.#channels.delete(core.settings.name)
    this.#asking.close(core)
    this.#answering.close(core)
    core.close(() => createClosed('channel was closed'))
  }

  /** The join is over. Channels stay; who waits for an answer gets none, and handlers' signals abort. */
  left(): void {
    this.#asking.left()
    this.#answering.left()
  }
}
