import type { OutgoingStream } from '../media/index.js'
import type { MediaTraffic } from '../media/traffic.js'
import type { StreamHub } from '../mesh/streams.js'
import { fetchMediaParts } from './fetch-media.js'
import type { Application } from './group-core.js'

interface MediaSurroundings {
  readonly hub: StreamHub
  readonly app: Application
  readonly timers: {
    readonly now: () => number
    readonly setTimer: (delayMs: number, run: () => void) => () => void
  }
  readonly streams: ReadonlySet<OutgoingStream>
}

/** Rejects when it cannot be fetched; it may be asked for again. */
export const loadMedia = async ({ hub, app, timers, streams }: MediaSurroundings): Promise<MediaTraffic> => {
  const { MediaNegotiation, MediaTraffic } = await fetchMediaParts()
  return new MediaTraffic({
    hub,
    streams,
    ...timers,
    openLink: (port, handlers) => new MediaNegotiation(port, handlers),
    app: {
      added: (stream) => app.emit('stream:add', stream),
      updated: (stream) => app.emit('stream:update', stream),
      removed: (event) => app.emit('stream:remove', event),
      unavailable: (event) => app.emit('stream:unavailable', event),
      audioBlocked: () => app.emit('audio:blocked', {}),
      hasSpeakerListener: () => app.listens('speaker:change'),
      speakerChanged: (change) => app.emit('speaker:change', change),
    },
  })
}
