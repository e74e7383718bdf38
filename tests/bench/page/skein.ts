/** skein, the built package: in a page by its import map, in Node by its exports. */
import { WebGroup } from 'skein'
import { burstOf, type Handlers, type Join, type Member } from './member.js'

/** A group as a member to measure, before it joins. */
export const memberOf = (group: WebGroup, handlers: Handlers): Member => {
  group.on('message', ({ data }) => {
    if (typeof data !== 'string') handlers.onMessage(data)
  })
  group.on('member:join', () => handlers.onLink())
  group.on('link:change', () => handlers.onLink())
  group.on('member:leave', () => handlers.onGone())
  const send = (bytes: Uint8Array): Promise<void> => group.send(bytes)
  return {
    linkCount: () => group.neighbors.length,
    send,
    burst: burstOf(send),
    leave: () => group.leave(),
  }
}

export const join: Join = async ({ signaling, room, invites }, handlers) => {
  const group = new WebGroup({ signaling })
  const member = memberOf(group, handlers)
  await group.join(room)
  if (invites !== undefined) await group.invite(invites)
  return member
}
