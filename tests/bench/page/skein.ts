/** skein, the built package: in a page by its import map, in Node by its exports. */
import { WebGroup, type FileOffer } from 'skein'
import { burstOf, type Handlers, type Join, type Member } from './member.js'

const otherThan = (group: WebGroup): string => group.members.find((id) => id !== group.myId) ?? ''

const takeFile = async (offer: FileOffer, handlers: Handlers): Promise<void> => {
  const { stream } = await offer.accept()
  for await (const bytes of stream) handlers.onMessage(bytes)
}

/** A group as a member to measure, before it joins. */
export const memberOf = (group: WebGroup, handlers: Handlers): Member => {
  group.on('message', ({ data }) => {
    if (typeof data !== 'string') handlers.onMessage(data)
  })
  group.on('member:join', () => handlers.onLink())
  group.on('link:change', () => handlers.onLink())
  group.on('member:leave', () => handlers.onGone())
  group.on('file', (offer) => void takeFile(offer, handlers))
  const questions = group.channel<Uint8Array>('questions')
  questions.handle((bytes) => bytes)
  const updates = group.channel<Uint8Array>('updates', { reliable: false, latest: true })
  updates.on('message', ({ data }) => handlers.onMessage(data))
  const send = (bytes: Uint8Array): Promise<void> => group.send(bytes)
  return {
    sendFile: async (file) => {
      await group.sendFile(file, { to: otherThan(group) })
    },
    request: async (bytes) => {
      await questions.request(bytes, { to: otherThan(group) })
    },
    update: (bytes) => void updates.send(bytes),
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
