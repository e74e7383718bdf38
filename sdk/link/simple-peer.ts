import SimplePeer from 'simple-peer/simplepeer.min.js'
import type { RtcEngine } from '../platform/platform.js'
import { withOwnDescriptions } from './own-descriptions.js'
import type { LinkSignal } from './signal-codec.js'

/**
 * simple-peer 9.11.1 as far as it is of use here: offer and answer, trickled candidates, and ending when the connection
 * fails. Everything that depends on how it is made inside is in this file:
 *
 * - It makes its RTCPeerConnection itself and adds public STUN servers to a configuration without any. So it is handed
 *   an engine whose constructor returns the connection made here.
 * - Its stream has no backpressure, copies every message into a Buffer, and polls statistics until it finds a candidate
 *   pair. So every handler of its channel is replaced, and the stream never starts. The channel is in `_channel`.
 * - `destroy` works in a microtask, and leaves the timer of `_iceCompleteTimer` (5 s) running, which keeps a process up.
 * - An `error` event without a listener throws, also after `destroy`.
 * - `negotiate` begins the offer by `setTimeout`. In a page that is hidden that takes a second (Firefox, and Chromium
 *   too), so an initiator's is replaced by one that begins at once. It is called once, in a microtask.
 * - It reads `localDescription` and `remoteDescription` while candidates come, which is not safe in every engine.
 */
interface Internals {
  readonly _channel: RTCDataChannel | null
  readonly _createOffer: () => void
  negotiate: () => void
  readonly _iceCompleteTimer: ReturnType<typeof setTimeout> | null
}

export interface PeerHandlers {
  /** The local description is set and gathering goes on; `connection.localDescription` grows by each candidate. */
  onDescription(): void
  onCandidate(candidate: Extract<LinkSignal, { kind: 'candidate' }>): void
  /** Destroyed by simple-peer itself: the connection failed, or what was signalled could not be applied. */
  onFailure(reason: string): void
}

export interface Peer {
  readonly connection: RTCPeerConnection
  readonly reliable: RTCDataChannel
  /** `null` where the engine cannot make a second channel. */
  readonly unreliable: RTCDataChannel | null
  /** Who is told, from here on. Nothing happens to one that answers before it is given an offer. */
  listen(handlers: PeerHandlers): void
  /** May throw, depending on the engine, on what cannot be applied. */
  signal(signal: LinkSignal): void
  /** The connection is closed on return. Nothing is called from here on. */
  destroy(): void
}

/** Throws what the engine throws when it cannot make a connection; none is left open then. */
export const createPeer = (options: {
  readonly engine: RtcEngine
  readonly initiator: boolean
  readonly iceServers: readonly RTCIceServer[]
}): Peer => {
  const { engine, initiator, iceServers } = options
  let handlers: PeerHandlers | null = null
  const connection = withOwnDescriptions(new engine.RTCPeerConnection({ iceServers: [...iceServers] }))
  try {
    const peer = new SimplePeer({
      initiator,
      trickle: true,
      channelConfig: { negotiated: true, id: 0, ordered: true },
      wrtc: {
        RTCPeerConnection: returning(connection),
        RTCSessionDescription: engine.RTCSessionDescription,
        RTCIceCandidate: engine.RTCIceCandidate,
      },
    })
    let over = false
    peer.on('error', (error) => {
      if (!over) handlers?.onFailure(error.message)
    })
    peer.on('close', () => {
      if (!over) handlers?.onFailure('closed')
    })
    peer.on('signal', (data) => {
      if (over || handlers === null) return
      if (data.type === 'offer' || data.type === 'answer') handlers.onDescription()
      // Firefox marks the end of gathering by a candidate without text.
      if (data.type === 'candidate' && data.candidate.candidate !== '') {
        const { candidate, sdpMid, sdpMLineIndex } = data.candidate
        handlers.onCandidate({ kind: 'candidate', candidate, sdpMid, sdpMLineIndex })
      }
    })
    const internals = peer as unknown as Internals
    if (initiator) {
      internals.negotiate = () => {
        if (!over) internals._createOffer()
      }
    }
    // What comes of media is not for it: it would keep every track, and has a say in negotiations that it did not begin.
    connection.ontrack = connection.onsignalingstatechange = null
    if (!internals._channel) throw new Error('the engine made no data channel')
    return {
      connection,
      reliable: internals._channel,
      unreliable: createUnreliable(connection),
      listen: (given) => (handlers = given),
      signal: (signal) => {
        if (signal.kind !== 'candidate') return peer.signal({ type: signal.kind, sdp: signal.sdp })
        const { candidate, sdpMid, sdpMLineIndex } = signal
        peer.signal({ type: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex } as RTCIceCandidate })
      },
      destroy: () => {
        over = true
        peer.destroy()
        if (internals._iceCompleteTimer !== null) clearTimeout(internals._iceCompleteTimer)
        connection.onconnectionstatechange = null
        connection.close()
      },
    }
  } catch (error) {
    connection.close()
    throw error
  }
}

const returning = (connection: RTCPeerConnection): typeof RTCPeerConnection =>
  function () {
    return connection
  } as unknown as typeof RTCPeerConnection

const createUnreliable = (connection: RTCPeerConnection): RTCDataChannel | null => {
  try {
    const init = { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 }
    const channel = connection.createDataChannel('unreliable', init)
    channel.binaryType = 'arraybuffer'
    return channel
  } catch {
    return null
  }
}
