import { Channels, Presence, PresenceCore } from '../channel/index.js'
import { Media } from '../media/index.js'
import type { MediaGate } from '../media/gate.js'
import type { MediaPort } from '../link/media.js'
import type { StreamHub } from '../mesh/streams.js'
import type { Platform } from '../platform/platform.js'
import { Transfers } from '../transfer/index.js'
import type { Application } from './group-core.js'
import type { JoinParts } from './load.js'

/** What a group has beside messages, each built on streams of its own: channels, presence, files and duplexes, media. */
export class GroupRooms {
  readonly channels: Channels
  readonly presence: Presence
  readonly transfers: Transfers
  readonly media: Media
  readonly #presenceCore: PresenceCore
  readonly #app: Application
  readonly #platform: Platform
  /** What there is of media beyond my own streams; `null` before the first join. */
  gate: MediaGate | null = null

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
    this.media = new Media({
      lost: (event) => app.emit('stream:lost', event),
      report: (error) => app.report(error),
    })
  }

  /** Once, when what the first join needs is there, and nobody else is yet. */
  start(hub: StreamHub, { startRooms }: JoinParts): void {
    const [app, platform, presenceCore] = [this.#app, this.#platform, this.#presenceCore]
    const { channels, transfers, media } = this
    this.gate = startRooms(hub, { app, platform, channels, presenceCore, transfers, media })
  }

  /** A link with this member that carries media is bound. */
  linked({ id, media }: { readonly id: string; readonly media: MediaPort }): void {
    this.gate?.linked(id, media)
  }

  /** The join is over. */
  handleLeft(): void {
    this.channels.left()
    this.presence.left()
    this.transfers.groupLeft()
    this.gate?.left()
  }
}
