/** y-webrtc. It has documents and no messages: each one is an update of a shared map, under the sender's own key. */
import { WebrtcProvider } from 'y-webrtc'
import * as Y from 'yjs'
import { MIB, untilRoom } from './channel.js'
import type { Join } from './member.js'

interface Connection {
  readonly connected: boolean
  readonly peer: { readonly _channel: RTCDataChannel | null; on(name: 'connect', listener: () => void): void }
}

export const join: Join = async ({ signaling, room, index }, handlers) => {
  const doc = new Y.Doc()
  const map = doc.getMap<Uint8Array>('messages')
  const provider = new WebrtcProvider(room, doc, { signaling: [signaling], peerOpts: { config: { iceServers: [] } } })
  const watched = new WeakSet<Connection>()
  const connections = (): Connection[] => [...(provider.room?.webrtcConns.values() ?? [])]
  const connected = (): Connection[] => connections().filter((connection) => connection.connected)

  map.observe(({ keysChanged, transaction }) => {
    if (transaction.local) return
    for (const key of keysChanged) {
      const bytes = map.get(key as string)
      if (bytes) handlers.onMessage(bytes)
    }
  })
  provider.on('peers', ({ removed }) => {
    if (removed.length > 0) handlers.onGone()
    for (const connection of connections()) {
      if (watched.has(connection)) continue
      watched.add(connection)
      connection.peer.on('connect', () => handlers.onLink())
    }
  })
  await provider.key

  const set = (bytes: Uint8Array): void => void map.set(String(index), bytes)
  /** It throws away what a full channel refuses, so nobody may let it come to that. */
  const untilAllHaveRoom = async (): Promise<void> => {
    for (const { peer } of connected()) if (peer._channel) await untilRoom(peer._channel, MIB)
  }
  return {
    linkCount: () => connected().length,
    send: (bytes) => {
      set(bytes)
      return untilAllHaveRoom()
    },
    burst: (bytes, count) => {
      for (let i = 0; i < count; i++) set(bytes)
      return untilAllHaveRoom()
    },
    leave: () => {
      provider.destroy()
      doc.destroy()
    },
  }
}
