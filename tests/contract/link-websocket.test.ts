import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { platform } from '#platform'
import type { LinkHandlers } from '../../sdk/link/link.js'
import { SocketLink } from '../../sdk/link/socket-link.js'
import { DialedLink } from '../../sdk/link/dialed-link.js'
import { listenForSockets } from '../../sdk/platform/listen.node.js'
import type { SocketLike } from '../../sdk/platform/platform.js'
import { LINK_SUBPROTOCOL } from '../../sdk/protocol/socket-frames.js'
import { untilNoConnections } from '../support/socket-servers.js'
import { describeOpenLinks, LinkEnd } from './link.js'

/** The end of who was dialled, which opens with the socket. */
const accept = (socket: SocketLike, handlers: LinkHandlers): SocketLink => {
  const link = new SocketLink({ socket, platform, handlers })
  platform.soon(() => handlers.onOpen({ binding: null, room: { reliable: link.room, unreliable: 0 } }))
  return link
}

describeOpenLinks('WebSocket', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  let arrive: (end: LinkEnd) => void = () => {}
  const stop = listenForSockets({
    server,
    path: '/',
    subprotocol: LINK_SUBPROTOCOL,
    maxBytes: 65_536,
    admits: () => true,
    onSocket: (socket) => arrive(new LinkEnd((handlers) => accept(socket, handlers))),
  })
  onTestFinished(() => {
    stop()
    server.close()
  })
  const address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    open: async () => {
      const arrived = new Promise<LinkEnd>((resolve) => (arrive = resolve))
      const alice = new LinkEnd((handlers) => new DialedLink(address, platform, handlers))
      const bob = await arrived
      await Promise.all([alice, bob].map((end) => end.until(() => end.count('open') === 1)))
      return { alice, bob }
    },
    openConnections: async () => {
      await untilNoConnections(server)
      return 0
    },
  }
})
