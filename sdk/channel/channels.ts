import { ChannelCore } from './channel-core.js'
import { Channel, type ChannelHome } from './channel.js'
import { checkAgreement, readSettings, type ChannelOptions } from './settings.js'
import type { ChannelTraffic } from './traffic.js'

/** All channels of one group, before, between and in its joins. What they carry begins with the first of those. */
export class Channels {
  readonly #home: ChannelHome
  readonly #messageBytes: number
  readonly #channels = new Map<string, { readonly core: ChannelCore; readonly channel: Channel }>()
  #traffic: ChannelTraffic | null = null

  /** `messageBytes`: what a message may take at most, as everywhere in the group. */
  constructor(home: ChannelHome, messageBytes: number) {
    this.#home = home
    this.#messageBytes = messageBytes
  }

  /** Once, before the group is joined for the first time. */
  start(traffic: ChannelTraffic): void {
    this.#traffic = traffic
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
    const channel = known?.channel ?? this.#create(settings)
    // What it sends and receives is the word of whoever asks for it.
    return channel as unknown as Channel<Sent, Received>
  }

  #create(settings: ChannelCore['settings']): Channel {
    const report = (error: unknown): void => {
      this.#home.report(error)
    }
    const core = new ChannelCore(settings, this.#messageBytes, report)
    const channel = new Channel(core, {
      home: this.#home,
      traffic: (action) => this.#joinedTraffic(action),
      close: (core) => {
        this.#close(core)
      },
    })
    this.#channels.set(settings.name, { core, channel })
    return channel
  }

  #joinedTraffic(action: string): ChannelTraffic {
    this.#home.assertJoined(action)
    // It came with the join.
    return this.#traffic as ChannelTraffic
  }

  /** What is behind the channel of this name. */
  find(name: string): ChannelCore | undefined {
    return this.#channels.get(name)?.core
  }

  #close(core: ChannelCore): void {
    this.#channels.delete(core.settings.name)
    core.close()
    this.#traffic?.close(core)
  }

  /** The join is over. */
  left(): void {
    this.#traffic?.left()
  }
}
