/** skein, the built package: in a page by its import map, in Node by its exports. */
import { WebGroup } from 'skein'
import { burstOf, type Join } from './member.js'

export const join: Join = async ({ signaling, room }, handlers) => {
  const group = new WebGroup({ signaling })
  group.on('message', ({ data }) => {
    if (typeof data !== 'string') handlers.onMessage(data)
  })
  group.on('member:join', () => handlers.onLink())
  group.on('link:change', () => handlers.onLink())
  group.on('member:leave', () => handlers.onGone())
  await group.join(room)
  const send = (bytes: Uint8Array): Promise<void> => group.send(bytes)
  return {
    linkCount: () => group.neighbors.length,
    send,
    burst: burstOf(send),
    leave: () => group.leave(),
  }
}
