/** simple-peer alone. Messages beyond what a channel takes are cut here: it leaves that to its users. */
import SimplePeer from 'simple-peer/simplepeer.min.js'
import { piecesOf } from './channel.js'
import type { Join } from './member.js'
import { openRelay, type RelayClient } from './relay-client.js'

export const join: Join = async ({ signaling, room }, handlers) => {
  const peers = new Map<string, SimplePeer.Instance>()
  let relay: RelayClient | null = null
  const waiting: [string, SimplePeer.SignalData][] = []
  const peerOf = (id: string, initiator: boolean): SimplePeer.Instance => {
    const known = peers.get(id)
    if (known) return known
    const peer = new SimplePeer({ initiator, config: { iceServers: [] } })
    peers.set(id, peer)
    peer.on('signal', (data) => {
      if (relay) relay.send(id, data)
      else waiting.push([id, data])
    })
    peer.on('connect', () => handlers.onLink())
    peer.on('data', (bytes: Uint8Array) => handlers.onMessage(bytes))
    peer.on('close', () => handlers.onGone())
    // `close` follows, and says the same.
    peer.on('error', () => {})
    return peer
  }
  relay = await openRelay(signaling, room, {
    onPresent: (ids) => {
      for (const id of ids) peerOf(id, true)
    },
    onMessage: (from, data) => peerOf(from, false).signal(data as SimplePeer.SignalData),
  })
  for (const [to, data] of waiting) relay.send(to, data)

  const connected = (): SimplePeer.Instance[] => [...peers.values()].filter((peer) => peer.connected)
  /** `undefined` when its stream wants more. */
  const write = (peer: SimplePeer.Instance, bytes: Uint8Array): Promise<void> | undefined =>
    peer.write(bytes) ? undefined : new Promise((resolve) => peer.once('drain', () => resolve()))
  return {
    linkCount: () => connected().length,
    send: async (bytes) => {
      const all = connected()
      for (const piece of piecesOf(bytes as Uint8Array<ArrayBuffer>)) {
        for (const peer of all) await write(peer, piece)
      }
    },
    burst: async (bytes, count) => {
      const all = connected()
      for (let i = 1; i < count; i++) for (const peer of all) peer.write(bytes)
      for (const full of all.map((peer) => write(peer, bytes))) await full
    },
    leave: () => {
      relay.close()
      for (const peer of peers.values()) peer.destroy()
    },
  }
}
