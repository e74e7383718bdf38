import { platform } from '#platform'
import type { DialedLink } from './dialed-link.js'
import type { DialedTransport } from './link.js'

/**
 * Links over WebSockets to members that can be dialled: bots, by the addresses that they show. Each address is dialled
 * at most once a minute, and only while there is no other link to its member.
 */
export const webSocket = (): DialedTransport => {
  let Link: typeof DialedLink | null = null
  return {
    kind: 'dialed',
    name: 'websocket',
    load: async () => {
      Link = (await import('./dialed-link.js')).DialedLink
    },
    dial: ({ address, handlers }) => {
      if (Link === null) throw new Error('socket could not be dialled: its transport was not loaded')
      return new Link(address, platform, handlers)
    },
  }
}
