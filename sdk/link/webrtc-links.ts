import { platform } from '#platform'
import type { Link } from './link.js'
import { PacedLink } from './paced-link.js'
import { Slots } from './slots.js'
import { WebRtcLink } from './webrtc-link.js'

/** Connections of this page or process that are not closed. */
let connections = 0

/**
 * Set-ups that this page or process may have begun at a time. Those that others begin are not held up: two sides that
 * wait for each other's turn would wait for ever.
 */
const slots = new Slots(() => platform.setupsBeside(connections))

type WebRtcLinkOptions = Omit<ConstructorParameters<typeof WebRtcLink>[0], 'onConnection'>

/** A link that begins at once where another member has begun it, and otherwise when it is its turn. */
export const openWebRtcLink = (options: WebRtcLinkOptions): Link => {
  const begin = (handlers: WebRtcLinkOptions['handlers']): WebRtcLink =>
    new WebRtcLink({
      ...options,
      handlers,
      onConnection: (change) => {
        connections += change
      },
    })
  const { remote, handlers } = options
  return remote === null ? new PacedLink({ slots, platform: options.platform, handlers, begin }) : begin(handlers)
}
