/**
 * The bare channel: RTCDataChannels without any library, in the same arrangement of pages as everything else. Messages
 * go out in pieces of 64 KiB behind a gate on `bufferedAmount`; small ones in a plain loop.
 */
import { MIB, piecesOf, untilRoom } from './channel.js'
import type { Handlers, Join } from './member.js'
import { openRelay, type RelayClient } from './relay-client.js'

type Signal = { readonly description: RTCSessionDescriptionInit } | { readonly candidate: RTCIceCandidateInit }

class BareLink {
  readonly channel: RTCDataChannel
  readonly #connection = new RTCPeerConnection()
  readonly #send: (signal: Signal) => void
  /** Signals one after the other: a candidate is refused before the description that it belongs to. */
  #applied: Promise<void> = Promise.resolve()

  constructor(send: (signal: Signal) => void, handlers: Handlers) {
    this.#send = send
    this.channel = this.#connection.createDataChannel('bare', { negotiated: true, id: 0 })
    this.channel.binaryType = 'arraybuffer'
    this.channel.onopen = () => handlers.onLink()
    this.channel.onmessage = ({ data }) => handlers.onMessage(new Uint8Array(data as ArrayBuffer))
    this.channel.onclose = () => handlers.onGone()
    this.#connection.onconnectionstatechange = () => {
      if (this.#connection.connectionState === 'failed') handlers.onGone()
    }
    this.#connection.onicecandidate = ({ candidate }) => {
      if (candidate) send({ candidate: candidate.toJSON() })
    }
  }

  call(): void {
    this.#applied = this.#describe('offer')
  }

  apply(signal: Signal): void {
    this.#applied = this.#applied.then(() => this.#apply(signal))
  }

  close(): void {
    this.#connection.close()
  }

  async #apply(signal: Signal): Promise<void> {
    if ('candidate' in signal) return this.#connection.addIceCandidate(signal.candidate)
    await this.#connection.setRemoteDescription(signal.description)
    if (signal.description.type === 'offer') await this.#describe('answer')
  }

  /** In two steps: the engine of Node does not know the one of browsers. */
  async #describe(type: 'offer' | 'answer'): Promise<void> {
    const connection = this.#connection
    const description = await (type === 'offer' ? connection.createOffer() : connection.createAnswer())
    await connection.setLocalDescription(description)
    this.#send({ description: { type, sdp: description.sdp ?? '' } })
  }
}

export const join: Join = async ({ signaling, room, gateBytes = MIB }, handlers) => {
  const links = new Map<string, BareLink>()
  let relay: RelayClient | null = null
  const waiting: [string, Signal][] = []
  const sendSignal = (to: string, signal: Signal): void => {
    if (relay) relay.send(to, signal)
    else waiting.push([to, signal])
  }
  const linkWith = (id: string): BareLink => {
    const known = links.get(id)
    if (known) return known
    const link = new BareLink((signal) => sendSignal(id, signal), handlers)
    links.set(id, link)
    return link
  }
  relay = await openRelay(signaling, room, {
    onPresent: (ids) => {
      for (const id of ids) linkWith(id).call()
    },
    onMessage: (from, data) => linkWith(from).apply(data as Signal),
  })
  for (const [to, signal] of waiting) relay.send(to, signal)

  const open = (): RTCDataChannel[] =>
    [...links.values()].map(({ channel }) => channel).filter(({ readyState }) => readyState === 'open')
  const sendPiece = async (channels: readonly RTCDataChannel[], piece: Uint8Array<ArrayBuffer>): Promise<void> => {
    for (const channel of channels) {
      const room = untilRoom(channel, gateBytes)
      if (room) await room
      channel.send(piece)
    }
  }
  return {
    linkCount: () => open().length,
    send: async (bytes) => {
      const channels = open()
      for (const piece of piecesOf(bytes as Uint8Array<ArrayBuffer>)) await sendPiece(channels, piece)
    },
    burst: async (bytes, count) => {
      const channels = open()
      for (let i = 0; i < count; i++) {
        for (const channel of channels) {
          const room = untilRoom(channel, gateBytes)
          if (room) await room
          channel.send(bytes as Uint8Array<ArrayBuffer>)
        }
      }
    },
    leave: () => {
      relay.close()
      for (const link of links.values()) link.close()
    },
  }
}
