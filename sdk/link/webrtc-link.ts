import type { Lane } from '../protocol/carrier.js'
import { MAX_FRAME_BYTES } from '../protocol/limits.js'
import type { Platform, RtcEngine } from '../platform/platform.js'
import { SendGate } from '../platform/send-gate.js'
import { parseFingerprint } from './fingerprint.js'
import type { Link, LinkHandlers } from './link.js'
import { decodeSignal, encodeSignal, type LinkSignal } from './signal-codec.js'
import { createPeer, type Peer, type SimplePeerClass } from './simple-peer.js'

/** From `open` to an open channel. ICE itself gives up later, or never while candidates are missing. */
const CONNECT_TIMEOUT_MS = 15_000
/** How long a description waits for candidates to travel with it, at most. */
const GATHER_MS = 50
/**
 * How long after the last candidate it goes without waiting for more. Chromium has all addresses of its own within 5 ms
 * and says so 120 ms later, and @roamhq/wrtc not before the answer.
 */
const QUIET_MS = 5
/** Far above what two sides with a few networks each gather; each takes memory until the description is there. */
const MAX_REMOTE_CANDIDATES = 128
/** A fresh connection that is given 1 MiB stalls for up to 2 s; a proven one is fastest with that. */
const START_BYTES = 128 * 1024
const MAX_BYTES = 1024 * 1024
/** What is sent unreliably is wanted soon or not at all, so little of it may wait. */
const UNRELIABLE_BYTES = 64 * 1024
/** Only where the engine fires no `bufferedamountlow` (@roamhq/wrtc). */
const POLL_MS = 4
/**
 * The one text message there is, last on the reliable channel: everything before it has arrived, so whoever reads it
 * closes. Closing the channel instead would lose what SCTP still holds in older engines, and nothing else tells when
 * that is empty: `bufferedAmount` does not count it everywhere.
 */
const END = 'end'
/** The abort that a closing RTCPeerConnection sends (RFC 9260 section 3.3.10.12). */
const USER_INITIATED_ABORT = 12

interface LaneEnd {
  readonly channel: RTCDataChannel
  readonly gate: SendGate
}

type State =
  | { readonly name: 'opening'; readonly peer: Peer }
  | { readonly name: 'open'; readonly peer: Peer }
  /** The owner has let go; what is buffered goes out. */
  | { readonly name: 'ending'; readonly peer: Peer; readonly ended: Promise<void>; readonly settle: () => void }
  | { readonly name: 'closed' }

/** A link over one RTCPeerConnection, which is closed by the time the link is. */
export class WebRtcLink implements Link {
  readonly #platform: Platform
  readonly #handlers: LinkHandlers
  readonly #initiator: boolean
  #state: State = { name: 'closed' }
  #lanes: Readonly<Record<Lane, LaneEnd | null>> = { reliable: null, unreliable: null }
  /** Until the owner calls `close` or `end`. */
  #owned = true
  #gathered = false
  #described = false
  #localFingerprint: Uint8Array | null = null
  #remoteFingerprint: Uint8Array | null = null
  #remoteCandidates = 0
  #cancelTimeout = (): void => {}
  #cancelGathering = (): void => {}
  #cancelQuiet = (): void => {}

  constructor(options: {
    readonly SimplePeer: SimplePeerClass | null
    readonly engine: RtcEngine | null
    readonly platform: Platform
    readonly remote: Uint8Array | null
    readonly iceServers: readonly RTCIceServer[]
    readonly handlers: LinkHandlers
  }) {
    const { SimplePeer, engine, platform, remote, iceServers, handlers } = options
    this.#platform = platform
    this.#handlers = handlers
    this.#initiator = remote === null
    if (SimplePeer === null || engine === null) {
      this.#report('no WebRTC engine')
      return
    }
    try {
      const peer = createPeer(SimplePeer, {
        engine,
        initiator: this.#initiator,
        iceServers,
        handlers: {
          onDescription: () => this.#handleDescription(),
          onCandidate: (candidate) => this.#handleCandidate(candidate),
          onFailure: (reason) => this.#fail(reason),
        },
      })
      this.#state = { name: 'opening', peer }
      this.#attach(peer)
    } catch (error) {
      this.#report(`cannot make a connection: ${String(error)}`)
      return
    }
    this.#cancelTimeout = platform.setTimer(CONNECT_TIMEOUT_MS, () => this.#fail('not connected in time'))
    if (remote !== null) this.signal(remote)
  }

  signal(bytes: Uint8Array): void {
    if (this.#state.name !== 'opening' && this.#state.name !== 'open') return
    try {
      const signal = decodeSignal(bytes)
      if (signal.kind === 'candidate') {
        this.#remoteCandidates += 1
        if (this.#remoteCandidates > MAX_REMOTE_CANDIDATES) return this.#fail('too many candidates')
      } else {
        if (signal.kind !== (this.#initiator ? 'answer' : 'offer')) return this.#fail(`unexpected ${signal.kind}`)
        // A second one could name another certificate than the one that the binding vouches for.
        if (this.#remoteFingerprint !== null) return this.#fail(`second ${signal.kind}`)
        this.#remoteFingerprint = parseFingerprint(signal.sdp)
        if (this.#remoteFingerprint === null) return this.#fail(`${signal.kind} without a single fingerprint`)
      }
      this.#state.peer.signal(signal)
    } catch (error) {
      this.#fail(`bad signal: ${String(error)}`)
    }
  }

  write(lane: Lane, bytes: Uint8Array): void {
    const end = this.#lanes[lane]
    if (this.#state.name !== 'open' || end?.channel.readyState !== 'open') return
    try {
      end.channel.send(bytes as Uint8Array<ArrayBuffer>)
    } catch (error) {
      return this.#fail(`cannot send: ${String(error)}`)
    }
    end.gate.wrote(bytes.length)
  }

  close(): void {
    this.#owned = false
    this.#tearDown()
  }

  end(timeoutMs: number): Promise<void> {
    this.#owned = false
    if (this.#state.name === 'ending') return this.#state.ended
    if (this.#state.name !== 'open') {
      this.#tearDown()
      return Promise.resolve()
    }
    let settle = (): void => {}
    const ended = new Promise<void>((resolve) => {
      settle = resolve
    })
    this.#state = { name: 'ending', peer: this.#state.peer, ended, settle }
    for (const end of Object.values(this.#lanes)) end?.gate.stop()
    this.#cancelTimeout = this.#platform.setTimer(timeoutMs, () => this.#tearDown())
    try {
      this.#lanes.reliable?.channel.send(END)
    } catch {
      // Closing already, which the other side sees as well.
      this.#tearDown()
    }
    return ended
  }

  #attach(peer: Peer): void {
    this.#lanes = {
      reliable: this.#attachLane('reliable', peer.reliable),
      unreliable: peer.unreliable === null ? null : this.#attachLane('unreliable', peer.unreliable),
    }
    peer.connection.onicegatheringstatechange = () => this.#describeIfComplete()
    // Both channels are agreed on beforehand.
    peer.connection.ondatachannel = () => this.#fail('unexpected data channel')
  }

  #attachLane(lane: Lane, channel: RTCDataChannel): LaneEnd {
    const reliable = lane === 'reliable'
    const gate = new SendGate({
      buffered: () => channel.bufferedAmount,
      startBytes: reliable ? START_BYTES : UNRELIABLE_BYTES,
      maxBytes: reliable ? MAX_BYTES : UNRELIABLE_BYTES,
      whenEmpty: !reliable,
      pollMs: POLL_MS,
      platform: this.#platform,
      setLowThreshold: (bytes) => {
        channel.bufferedAmountLowThreshold = bytes
      },
      onRoom: (bytes) => this.#handlers.onRoom(lane, bytes),
    })
    channel.onopen = () => this.#handleOpen(lane)
    channel.onmessage = ({ data }: MessageEvent<unknown>) => this.#handleMessage(lane, data)
    channel.onbufferedamountlow = () => gate.drained()
    channel.onclose = () => this.#fail('closed by the other side')
    channel.onerror = ({ error }: Partial<RTCErrorEvent>) => {
      const aborted = error?.sctpCauseCode === USER_INITIATED_ABORT
      this.#fail(aborted ? 'closed by the other side' : `channel failed: ${String(error)}`)
    }
    return { channel, gate }
  }

  #handleDescription(): void {
    if (this.#state.name !== 'opening' || this.#described) return this.#fail('second local description')
    this.#cancelGathering = this.#platform.setTimer(GATHER_MS, () => this.#describe())
    if (this.#gathered) this.#describeWhenQuiet()
    this.#describeIfComplete()
  }

  #handleCandidate(candidate: Extract<LinkSignal, { kind: 'candidate' }>): void {
    if (!this.#owned) return
    if (this.#described) return this.#signalOut('candidate', candidate)
    // The description takes it up by itself.
    this.#gathered = true
    this.#describeWhenQuiet()
  }

  #describeWhenQuiet(): void {
    this.#cancelQuiet()
    this.#cancelQuiet = this.#platform.setTimer(QUIET_MS, () => this.#describe())
  }

  #describeIfComplete(): void {
    if (this.#state.name !== 'opening' || this.#state.peer.connection.iceGatheringState !== 'complete') return
    this.#describe()
  }

  #describe(): void {
    if (this.#state.name !== 'opening' || this.#described) return
    const description = this.#state.peer.connection.localDescription
    if (description?.type !== 'offer' && description?.type !== 'answer') return
    this.#cancelGathering()
    this.#cancelQuiet()
    this.#described = true
    const { type: kind, sdp } = description
    this.#localFingerprint = parseFingerprint(sdp)
    if (this.#localFingerprint === null) return this.#fail(`own ${kind} without a single fingerprint`)
    this.#signalOut('description', { kind, sdp })
  }

  #signalOut(kind: 'description' | 'candidate', signal: LinkSignal): void {
    let bytes
    try {
      bytes = encodeSignal(signal)
    } catch (error) {
      return this.#fail(`cannot signal: ${String(error)}`)
    }
    this.#handlers.onSignal(kind, bytes)
  }

  #handleOpen(lane: Lane): void {
    if (lane === 'unreliable') {
      const gate = this.#lanes.unreliable?.gate
      if (this.#state.name === 'open' && gate !== undefined) this.#handlers.onRoom(lane, gate.room)
      return
    }
    if (this.#state.name !== 'opening') return
    const { reliable, unreliable } = this.#lanes
    const [local, remote] = [this.#localFingerprint, this.#remoteFingerprint]
    if (reliable === null || local === null || remote === null) return this.#fail('open before it was described')
    this.#cancelTimeout()
    this.#state = { name: 'open', peer: this.#state.peer }
    const unreliableRoom = unreliable?.channel.readyState === 'open' ? unreliable.gate.room : 0
    const room = { reliable: reliable.gate.room, unreliable: unreliableRoom }
    this.#handlers.onOpen({ binding: { local, remote }, room })
  }

  #handleMessage(lane: Lane, data: unknown): void {
    if (lane === 'reliable') {
      if (data === END) return this.#fail('ended by the other side')
      // The first message may be handed over before the event of the opening.
      this.#handleOpen(lane)
    }
    if (this.#state.name !== 'open') return
    if (typeof data === 'string') return this.#fail('text where bytes belong')
    const bytes = new Uint8Array(data as ArrayBuffer)
    if (bytes.length > MAX_FRAME_BYTES) return this.#fail(`frame of ${bytes.length} bytes`)
    this.#handlers.onBytes(lane, bytes)
  }

  #fail(reason: string): void {
    if (this.#state.name === 'closed') return
    this.#tearDown()
    this.#report(reason)
  }

  /** In a microtask, since the owner may be calling right now; it may also let go until then. */
  #report(reason: string): void {
    this.#platform.soon(() => {
      if (this.#owned) this.#handlers.onClose(reason)
    })
  }

  #tearDown(): void {
    const state = this.#state
    if (state.name === 'closed') return
    this.#state = { name: 'closed' }
    this.#cancelTimeout()
    this.#cancelGathering()
    this.#cancelQuiet()
    for (const end of Object.values(this.#lanes)) {
      if (end === null) continue
      end.gate.stop()
      end.channel.onopen = end.channel.onmessage = end.channel.onbufferedamountlow = null
      end.channel.onclose = end.channel.onerror = null
    }
    state.peer.connection.onicegatheringstatechange = state.peer.connection.ondatachannel = null
    state.peer.destroy()
    if (state.name === 'ending') state.settle()
  }
}
