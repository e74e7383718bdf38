/** PeerJS. It has no groups: members are called by names agreed beforehand, the later ones call the earlier. */
import { Peer, type DataConnection } from 'peerjs'
import { MIB, untilRoom } from './channel.js'
import type { Join } from './member.js'

export const join: Join = async ({ signaling, room, index }, handlers) => {
  const { hostname, port } = new URL(signaling)
  const nameOf = (which: number): string => `${room}-${which}`
  const config = { iceServers: [] }
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- its README makes it like this too
  const peer = new Peer(nameOf(index), { host: hostname, port: Number(port), secure: false, config })
  const open = new Set<DataConnection>()
  const take = (connection: DataConnection): void => {
    connection.on('open', () => {
      open.add(connection)
      handlers.onLink()
    })
    connection.on('data', (data) => handlers.onMessage(new Uint8Array(data as ArrayBuffer)))
    connection.on('close', () => {
      open.delete(connection)
      handlers.onGone()
    })
  }
  peer.on('connection', take)
  await new Promise<void>((resolve, reject) => {
    peer.once('open', () => resolve())
    peer.once('error', reject)
  })
  for (let other = 0; other < index; other++) take(peer.connect(nameOf(other), { reliable: true }))

  /** Its own queue, which it looks at every 50 ms, is left empty: what goes in beyond 8 MiB at a time is slower. */
  const untilAllHaveRoom = async (): Promise<void> => {
    for (const { dataChannel } of open) await untilRoom(dataChannel, MIB)
  }
  const sendAll = (bytes: Uint8Array): void => {
    for (const connection of open) void connection.send(bytes)
  }
  return {
    linkCount: () => open.size,
    send: (bytes) => {
      sendAll(bytes)
      return untilAllHaveRoom()
    },
    burst: (bytes, count) => {
      for (let i = 0; i < count; i++) sendAll(bytes)
      return untilAllHaveRoom()
    },
    leave: () => peer.destroy(),
  }
}
