import type { Binding, Lane } from '../protocol/carrier.js'
import { MAX_FRAME_BYTES, MAX_MEDIA_TEXT_LENGTH } from '../protocol/limits.js'
import type { Platform, RtcEngine } from '../platform/platform.js'
import { SendGate } from '../platform/send-gate.js'
import { CandidateFilter } from './candidate-filter.js'
import { parseFingerprint } from './fingerprint.js'
import { Gathering } from './gathering.js'
import { HeldMedia } from './held-media.js'
import type { Link, LinkHandlers } from './link.js'
import type { MediaPort } from './media.js'
import { decodeSignal, encodeSignal, type LinkSignal } from './signal-codec.js'
import { isCertificateOf } from './remote-certificate.js'
import { createPeer, type Peer } from './simple-peer.js'

/** From `open` to an open channel. ICE itself gives up later, or never while candidates are missing. */
const CONNECT_TIMEOUT_MS = 15_000
/** Far above what two sides with a few networks each gather; each takes memory until the description is there. */
const MAX_REMOTE_CANDIDATES = 128
/** A fresh connection that is given 1 MiB stalls for up to 2 s; a proven one wakes less often the more it is given (ARCHITECTURE.md has figures). */
const START_BYTES = 64 * 1024
const MAX_BYTES = 512 * 1024
/** What is urgent waits behind all that is buffered. */
const BULK_BYTES = 128 * 1024
/** Between two polls 60 MB/s drain 240 KiB. */
const MAX_POLLED_BYTES = 1024 * 1024
/** What is sent unreliably is wanted soon or not at all, so little of it may wait. */
const UNRELIABLE_BYTES = 64 * 1024
/** Only where the engine fires no `bufferedamountlow` (@roamhq/wrtc). */
const POLL_MS = 4
/**
 * The one text message that is no JSON, last on the reliable channel: everything before it has arrived, so whoever reads it
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

interface Alive {
  readonly peer: Peer
  readonly gathering: Gathering
}

type State =
  | ({ readonly name: 'opening' | 'open' } & Alive)
  /** The owner has let go; what is buffered goes out. */
  | ({ readonly name: 'ending'; readonly ended: Promise<void>; readonly settle: () => void } & Alive)
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
  #localFingerprint: Uint8Array | null = null
  #remoteFingerprint: Uint8Array | null = null
  #remoteCandidates = 0
  #cancelTimeout = (): void => {}
  #media: HeldMedia | null = null
  /** `null` where the engine has no media. */
  readonly #createStream: (() => MediaStream) | null
  readonly #onConnection: (change: 1 | -1) => void

  constructor(options: {
    readonly engine: RtcEngine | null
    readonly platform: Platform
    readonly remote: Uint8Array | null
    readonly iceServers: readonly RTCIceServer[]
    readonly handlers: LinkHandlers
    /** Made before, for one that answers; it is this link's from here on. */
    readonly prepared?: Peer
    /** Told of the one connection, when it is made and when it is closed. */
    readonly onConnection: (change: 1 | -1) => void
  }) {
    const { engine, platform, remote, iceServers, handlers, prepared, onConnection } = options
    this.#onConnection = onConnection
    this.#platform = platform
    this.#handlers = handlers
    this.#initiator = remote === null
    const Stream = engine?.MediaStream
    this.#createStream = Stream === undefined ? null : () => new Stream()
    if (engine === null) {
      this.#report('no WebRTC engine')
      return
    }
    let gathering: Gathering | null = null
    const filter = new CandidateFilter()
    try {
      const peer = prepared ?? createPeer({ engine, initiator: this.#initiator, iceServers })
      peer.listen({
        onDescription: () => gathering?.handleDescription(),
        onCandidate: (candidate) => {
          if (!this.#owned || !filter.isNew(candidate.candidate)) return
          if (gathering?.takesCandidate() === false) this.#signalOut('candidate', candidate)
        },
        onFailure: (reason) => this.#fail(reason),
      })
      gathering = new Gathering(peer.connection, platform, (description) => this.#handleDescription(description))
      this.#state = { name: 'opening', peer, gathering }
      onConnection(1)
      this.#attach(peer)
    } catch (error) {
      this.#tearDown()
      this.#report(`cannot make a connection: ${String(error)}`)
      return
    }
    this.#cancelTimeout = platform.setTimer(CONNECT_TIMEOUT_MS, () => this.#fail('not connected in time'))
    if (remote !== null) this.signal(remote)
  }

  get media(): MediaPort | null {
    return this.#media
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
    // Asked each time: @roamhq/wrtc crashes when it is given bytes for a channel that has just closed.
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
    this.#state = { ...this.#state, name: 'ending', ended, settle }
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
    // Both channels are agreed on beforehand.
    peer.connection.ondatachannel = () => this.#fail('unexpected data channel')
  }

  #attachLane(lane: Lane, channel: RTCDataChannel): LaneEnd {
    const reliable = lane === 'reliable'
    const gate = new SendGate({
      buffered: () => channel.bufferedAmount,
      startBytes: reliable ? START_BYTES : UNRELIABLE_BYTES,
      maxBytes: reliable ? MAX_BYTES : UNRELIABLE_BYTES,
      maxPolledBytes: reliable ? MAX_POLLED_BYTES : UNRELIABLE_BYTES,
      bulkBytes: BULK_BYTES,
      largestBytes: MAX_FRAME_BYTES,
      pollMs: POLL_MS,
      platform: this.#platform,
      setLowThreshold: (bytes) => {
        channel.bufferedAmountLowThreshold = bytes
      },
      onRoom: (bytes, bulk) => this.#handlers.onRoom(lane, bytes, bulk),
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

  #handleDescription(description: { readonly kind: 'offer' | 'answer'; readonly sdp: string }): void {
    this.#localFingerprint = parseFingerprint(description.sdp)
    if (this.#localFingerprint === null) return this.#fail(`own ${description.kind} without a single fingerprint`)
    this.#signalOut('description', description)
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
    if (!isCertificateOf(this.#state.peer.connection, remote)) {
      return this.#fail('another certificate than described')
    }
    this.#cancelTimeout()
    this.#state = { ...this.#state, name: 'open' }
    const unreliableRoom = unreliable?.channel.readyState === 'open' ? unreliable.gate.room : 0
    const room = { reliable: reliable.gate.room, unreliable: unreliableRoom }
    const binding = { local, remote }
    if (this.#createStream !== null) this.#media = this.#createMedia(this.#state.peer, binding, this.#createStream)
    this.#handlers.onOpen({ binding, room })
  }

  #createMedia(peer: Peer, binding: Binding, createStream: () => MediaStream): HeldMedia {
    return new HeldMedia({
      connection: peer.connection,
      initiator: this.#initiator,
      binding,
      send: (text) => this.#sendText(peer.reliable, text),
      fail: (reason) => this.#fail(reason),
      createStream,
      soon: (fn) => this.#platform.soon(fn),
    })
  }

  /** Rare and small beside what is written, so it counts as nothing in the room. */
  #sendText(channel: RTCDataChannel, text: string): void {
    if (this.#state.name !== 'open' || channel.readyState !== 'open') return
    try {
      channel.send(text)
    } catch (error) {
      this.#fail(`cannot send: ${String(error)}`)
    }
  }

  #handleMessage(lane: Lane, data: unknown): void {
    if (lane === 'reliable') {
      if (data === END) return this.#fail('ended by the other side')
      // The first message may be handed over before the event of the opening.
      this.#handleOpen(lane)
    }
    if (this.#state.name !== 'open') return
    if (typeof data === 'string') return this.#handleText(lane, data)
    const bytes = new Uint8Array(data as ArrayBuffer)
    if (bytes.length > MAX_FRAME_BYTES) return this.#fail(`frame of ${bytes.length} bytes`)
    this.#handlers.onBytes(lane, bytes)
  }

  #handleText(lane: Lane, text: string): void {
    const isMedia = lane === 'reliable' && text.startsWith('{') && text.length <= MAX_MEDIA_TEXT_LENGTH
    if (!isMedia || this.#media === null) return this.#fail('text where bytes belong')
    this.#media.handleText(text)
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
    for (const end of Object.values(this.#lanes)) {
      if (end === null) continue
      end.gate.stop()
      end.channel.onopen = end.channel.onmessage = end.channel.onbufferedamountlow = null
      end.channel.onclose = end.channel.onerror = null
    }
    this.#media?.handleClose()
    state.gathering.stop()
    state.peer.connection.ondatachannel = null
    state.peer.destroy()
    this.#onConnection(-1)
    if (state.name === 'ending') state.settle()
  }
}
