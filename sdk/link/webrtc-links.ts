import { platform } from '#platform'
import type { RtcEngine } from '../platform/platform.js'
import type { ExpectedLink, Link } from './link.js'
import { PacedLink } from './paced-link.js'
import { createPeer } from './simple-peer.js'
import { Slots } from './slots.js'
import { WebRtcLink } from './webrtc-link.js'

/** Connections of this page or process that are not closed. */
let connections = 0

/**
 * Set-ups that this page or process may have begun at a time. Those that others begin are not held up: two sides that
 * wait for each other's turn would wait for ever.
 */
const slots = new Slots(() => platform.setupsBeside(connections))

type WebRtcLinkOptions = Omit<ConstructorParameters<typeof WebRtcLink>[0], 'onConnection' | 'prepared'>

const onConnection = (change: 1 | -1): void => {
  connections += change
}

/** A link that begins at once where another member has begun it, and otherwise when it is its turn. */
export const openWebRtcLink = (options: WebRtcLinkOptions): Link => {
  const begin = (handlers: WebRtcLinkOptions['handlers']): WebRtcLink =>
    new WebRtcLink({ ...options, handlers, onConnection })
  const { remote, handlers } = options
  return remote === null ? new PacedLink({ slots, platform: options.platform, handlers, begin }) : begin(handlers)
}

/** A connection takes a page as long to make as an offer takes to come: this one is there by then. Throws what the engine throws. */
export const expectWebRtcLink = (
  options: Pick<WebRtcLinkOptions, 'platform' | 'iceServers'> & { readonly engine: RtcEngine },
): ExpectedLink => {
  const prepared = createPeer({ engine: options.engine, initiator: false, iceServers: options.iceServers })
  onConnection(1)
  return {
    open: (given) => {
      onConnection(-1)
      return new WebRtcLink({ ...options, ...given, prepared, onConnection })
    },
    close: () => {
      onConnection(-1)
      prepared.destroy()
    },
  }
}
