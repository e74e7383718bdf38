import { Channels, Presence, PresenceCore } from '../channel/index.js'
import type { StreamHub } from '../mesh/streams.js'
import type { Platform } from '../platform/platform.js'
import { Transfers } from '../transfer/index.js'
import type { GroupEvents } from './events.js'
import type { Application } from './group-core.js'
import type { JoinParts } from './load.js'

/** What a group has beside messages, each built on streams of its own: channels, presence, files and duplexes. */
export class GroupRooms {
  readonly channels: Channels
  readonly presence: Presence
  readonly transfers: Transfers
  readonly #presenceCore: PresenceCore
  readonly #app: Application
  readonly #platform: Platform

  constructor(
    home: Pick<StreamHub, 'members' | 'myId' | 'assertJoined' | 'report'>,
    app: Application,
    { platform, messageBytes }: { readonly platform: Platform; readonly messageBytes: number },
  ) {
    this.#app = app
    this.#platform = platform
    this.channels = new Channels(home, messageBytes)
    this.#presenceCore = new PresenceCore(home, (change) => {
      app.emit('presence:change', change)
    })
    this.presence = new Presence(this.#presenceCore)
    this.transfers = new Transfers(home, (size) => platform.randomBytes(size))
  }

  /** Once, when what the first join needs is there, and nobody else is yet. */
  start(hub: StreamHub, { ChannelTraffic, PresenceTraffic, TransferTraffic, loadContentHash }: JoinParts): void {
    const app = this.#app
    const timers = {
      now: () => this.#platform.now(),
      setTimer: (delayMs: number, run: () => void) => this.#platform.setTimer(delayMs, run),
    }
    const channelTraffic = new ChannelTraffic({
      hub,
      timers,
      find: (name) => this.channels.find(name),
      invalid: (event) => {
        app.emit('channel:invalid', event)
      },
    })
    this.channels.start(channelTraffic)
    this.#presenceCore.start(new PresenceTraffic(this.#presenceCore, hub, timers))
    const transferTraffic = new TransferTraffic(
      hub,
      {
        hasFileListener: () => app.listens('file'),
        file: (offer: GroupEvents['file']) => {
          app.emit('file', offer)
        },
        hasDuplexListener: () => app.listens('duplex:open'),
        duplex: (opened: GroupEvents['duplex:open']) => {
          app.emit('duplex:open', opened)
        },
      },
      { ...timers, randomBytes: (size: number) => this.#platform.randomBytes(size), loadHash: loadContentHash },
    )
    this.transfers.start(transferTraffic)
  }

  /** The join is over. */
  handleLeft(): void {
    this.channels.left()
    this.presence.left()
    this.transfers.groupLeft()
  }
}
