import type { Channels, PresenceCore } from '../channel/index.js'
import { PresenceTraffic } from '../channel/presence-traffic.js'
import { ChannelTraffic } from '../channel/traffic.js'
import { loadContentHash } from '../crypto/content-hash.js'
import { MediaGate } from '../media/gate.js'
import type { Media } from '../media/index.js'
import type { StreamHub } from '../mesh/streams.js'
import type { Platform } from '../platform/platform.js'
import type { Transfers } from '../transfer/index.js'
import { TransferTraffic } from '../transfer/traffic.js'
import type { GroupEvents } from './events.js'
import type { Application } from './group-core.js'
import { loadMedia } from './media-loader.js'

interface Rooms {
  readonly app: Application
  readonly platform: Platform
  readonly channels: Channels
  readonly presenceCore: PresenceCore
  readonly transfers: Transfers
  readonly media: Media
}

/** Gives the rooms of a group what they send and read on its streams. Once, before anything comes on these. */
export const startRooms = (hub: StreamHub, rooms: Rooms): MediaGate => {
  const { app, platform, channels, presenceCore, transfers, media } = rooms
  const timers = {
    now: () => platform.now(),
    setTimer: (delayMs: number, run: () => void) => platform.setTimer(delayMs, run),
  }
  channels.start(
    new ChannelTraffic({
      hub,
      timers,
      find: (name) => channels.find(name),
      invalid: (event) => app.emit('channel:invalid', event),
    }),
  )
  presenceCore.start(new PresenceTraffic(presenceCore, hub, timers))
  const transferApp = {
    hasFileListener: () => app.listens('file'),
    file: (offer: GroupEvents['file']) => app.emit('file', offer),
    hasDuplexListener: () => app.listens('duplex:open'),
    duplex: (opened: GroupEvents['duplex:open']) => app.emit('duplex:open', opened),
  }
  const randomBytes = (size: number): Uint8Array => platform.randomBytes(size)
  transfers.start(new TransferTraffic(hub, transferApp, { ...timers, randomBytes, loadHash: loadContentHash }))
  const gate = new MediaGate(
    hub,
    () => loadMedia({ hub, app, timers, streams: media.streams }),
    () => app.listens('stream:add'),
  )
  media.start(gate)
  return gate
}
