import { Channels, Presence } from '../channel/index.js'
import { loadContentHash } from '../crypto/index.js'
import type { StreamHub } from '../mesh/streams.js'
import type { Platform } from '../platform/platform.js'
import { Transfers } from '../transfer/index.js'
import type { Application } from './group-core.js'

/** What a group has beside messages, each built on streams of its own: channels, presence, files and duplexes. */
export class GroupRooms {
  readonly channels: Channels
  readonly presence: Presence
  readonly transfers: Transfers

  constructor(
    hub: StreamHub,
    app: Application,
    { platform, messageBytes }: { readonly platform: Platform; readonly messageBytes: number },
  ) {
    const timers = {
      now: () => platform.now(),
      setTimer: (delayMs: number, run: () => void) => platform.setTimer(delayMs, run),
    }
    this.channels = new Channels(
      hub,
      {
        invalid: (event) => {
          app.emit('channel:invalid', event)
        },
      },
      timers,
      messageBytes,
    )
    this.presence = new Presence(
      hub,
      (change) => {
        app.emit('presence:change', change)
      },
      timers,
    )
    this.transfers = new Transfers(
      hub,
      {
        hasFileListener: () => app.listens('file'),
        file: (offer) => {
          app.emit('file', offer)
        },
        hasDuplexListener: () => app.listens('duplex:open'),
        duplex: (opened) => {
          app.emit('duplex:open', opened)
        },
      },
      { ...timers, randomBytes: (size: number) => platform.randomBytes(size), loadHash: loadContentHash },
    )
  }

  /** The join is over. */
  handleLeft(): void {
    this.channels.left()
    this.presence.left()
    this.transfers.groupLeft()
  }
}
