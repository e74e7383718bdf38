import type { Link } from './link.js'
import { PacedLink } from './paced-link.js'
import { Slots } from './slots.js'
import { WebRtcLink } from './webrtc-link.js'

/** Connections of this page or process that are not closed. */
let connections = 0

/**
 * Set-ups that this page or process may have begun at a time. Those that others begin are not held up: two sides that
 * wait for each other's turn would wait for ever. @roamhq/wrtc gathers again for each that is under way whenever another
 * is made, in new sockets which stay: with hundreds of connections in one process, as in a test with many members, a few
 * at a time are as quick, and the only way not to run out of file descriptors (16 to 100 a connection, measured).
 */
const slots = new Slots(() => (connections < 16 ? 16 : connections < 64 ? 4 : 1))

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
  const { remote, platform, handlers } = options
  return remote === null ? new PacedLink({ slots, platform, handlers, begin }) : begin(handlers)
}
