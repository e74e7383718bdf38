/** Trystero over a local relay of topics, by its own hook for further strategies. */
import { createTopicStrategy, makeSocket, type SocketClient } from '@trystero-p2p/core'
import { burstOf, type Join } from './member.js'

type OnMessage = (topic: string, message: string) => void | Promise<void>

const listeners = new Map<string, Set<OnMessage>>()

const connect = (url: string): Promise<SocketClient> =>
  makeSocket(url, (text) => {
    const { topic, message } = JSON.parse(text) as { readonly topic: string; readonly message: string }
    for (const listener of listeners.get(topic) ?? []) void listener(topic, message)
  }).ready

let relay: Promise<SocketClient> | null = null

const joinRoom = createTopicStrategy<SocketClient>({
  init: ({ relayConfig }) => (relay ??= connect(relayConfig?.urls?.[0] ?? '')),
  subscribeTopic: (client, topic, onMessage) => {
    const own = listeners.get(topic) ?? new Set()
    listeners.set(topic, own)
    own.add(onMessage)
    client.send(JSON.stringify({ subscribe: topic }))
    return () => {
      own.delete(onMessage)
      if (own.size === 0) client.send(JSON.stringify({ unsubscribe: topic }))
    }
  },
  publishTopic: (client, topic, message) => {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    client.send(JSON.stringify({ publish: topic, message: text }))
  },
})

const bytesOf = (data: unknown): Uint8Array => (data instanceof Uint8Array ? data : new Uint8Array(data as ArrayBuffer))

export const join: Join = async ({ signaling, room: name }, handlers) => {
  const config = { appId: 'bench', relayConfig: { urls: [signaling] }, rtcConfig: { iceServers: [] } }
  const room = joinRoom(config, name)
  const action = room.makeAction<Uint8Array>('bytes', { onMessage: (data) => handlers.onMessage(bytesOf(data)) })
  room.onPeerJoin = () => handlers.onLink()
  room.onPeerLeave = () => handlers.onGone()
  await relay
  const send = (bytes: Uint8Array): Promise<void> => action.send(bytes)
  return {
    linkCount: () => Object.keys(room.getPeers()).length,
    send,
    burst: burstOf(send),
    leave: () => room.leave(),
  }
}
