/**
 * A member with a camera, of skein or of nothing but RTCPeerConnections that renegotiate over their data channels. Loaded
 * by the figure into a page of either side.
 */
import { Changes } from '../../support/changes.js'
import type { JoinOptions } from './member.js'
import { openRelay, type RelayClient } from './relay-client.js'

/** On the clock that pages share. */
const sharedNow = (): number => performance.timeOrigin + performance.now()

const connections: RTCPeerConnection[] = []
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration)
    connections.push(this)
  }
}

interface Call {
  linkCount(): number
  /** Resolves when all that is needed for it to be sent has been said. */
  add(stream: MediaStream): Promise<void>
}

interface CallHandlers {
  readonly onStream: (stream: MediaStream) => void
  /** There are other links than before. */
  readonly onLink: () => void
}

const joinSkein = async ({ signaling, room }: JoinOptions, { onStream, onLink }: CallHandlers): Promise<Call> => {
  const { WebGroup } = await import('skein')
  const group = new WebGroup({ signaling })
  group.on('stream:add', ({ stream }) => onStream(stream))
  group.on('member:join', onLink)
  group.on('link:change', onLink)
  await group.join(room)
  return { linkCount: () => group.neighbors.length, add: (stream) => group.addStream(stream).ready }
}

type Signal = { readonly description: RTCSessionDescriptionInit } | { readonly candidate: RTCIceCandidateInit }

class BareLink {
  readonly channel: RTCDataChannel
  readonly #connection = new RTCPeerConnection()
  readonly #relayed: (signal: Signal) => void
  #applied: Promise<void> = Promise.resolve()
  #settle: () => void = () => undefined

  constructor(relayed: (signal: Signal) => void, { onStream, onLink }: CallHandlers) {
    this.#relayed = relayed
    this.channel = this.#connection.createDataChannel('bare', { negotiated: true, id: 0 })
    this.channel.onopen = onLink
    this.channel.onmessage = ({ data }) => this.apply(JSON.parse(String(data)) as Signal)
    this.#connection.ontrack = ({ streams }) => {
      if (streams[0] !== undefined) onStream(streams[0])
    }
    this.#connection.onicecandidate = ({ candidate }) => {
      if (candidate) this.#say({ candidate: candidate.toJSON() })
    }
  }

  async call(): Promise<void> {
    await this.#connection.setLocalDescription()
    this.#describe()
  }

  add(stream: MediaStream): Promise<void> {
    for (const track of stream.getTracks()) this.#connection.addTrack(track, stream)
    return new Promise((resolve) => {
      this.#settle = resolve
      void this.call()
    })
  }

  apply(signal: Signal): void {
    this.#applied = this.#applied.then(() => this.#apply(signal))
  }

  async #apply(signal: Signal): Promise<void> {
    if ('candidate' in signal) return this.#connection.addIceCandidate(signal.candidate)
    await this.#connection.setRemoteDescription(signal.description)
    if (signal.description.type !== 'offer') {
      this.#settle()
      return
    }
    await this.#connection.setLocalDescription()
    this.#describe()
  }

  #describe(): void {
    const description = this.#connection.localDescription
    if (description !== null) this.#say({ description: description.toJSON() })
  }

  #say(signal: Signal): void {
    if (this.channel.readyState === 'open') this.channel.send(JSON.stringify(signal))
    else this.#relayed(signal)
  }
}

const joinBare = async ({ signaling, room }: JoinOptions, handlers: CallHandlers): Promise<Call> => {
  const links = new Map<string, BareLink>()
  let relay: RelayClient | null = null
  const linkWith = (id: string): BareLink => {
    const link = links.get(id) ?? new BareLink((signal) => relay?.send(id, signal), handlers)
    links.set(id, link)
    return link
  }
  const present: string[] = []
  relay = await openRelay(signaling, room, {
    onPresent: (ids) => present.push(...ids),
    onMessage: (from, data) => linkWith(from).apply(data as Signal),
  })
  for (const id of present) void linkWith(id).call()
  return {
    linkCount: () => [...links.values()].filter(({ channel }) => channel.readyState === 'open').length,
    add: async (stream) => {
      await Promise.all([...links.values()].map((link) => link.add(stream)))
    },
  }
}

/** What is sent of the camera: both sides are to send the same. */
export interface Sent {
  readonly width: number
  readonly height: number
  readonly codec: string
}

export class MediaEnd {
  readonly #call: Call
  readonly #camera: MediaStream
  readonly #firstFrames: Promise<number>[]
  readonly #changes: Changes

  constructor(call: Call, camera: MediaStream, firstFrames: Promise<number>[], changes: Changes) {
    this.#call = call
    this.#camera = camera
    this.#firstFrames = firstFrames
    this.#changes = changes
  }

  untilLinked(count: number): Promise<void> {
    return this.#changes.until(() => this.#call.linkCount() >= count)
  }

  /** When it was called. */
  async show(): Promise<number> {
    const atMs = sharedNow()
    await this.#call.add(this.#camera)
    return atMs
  }

  /** When the first frame of that many streams was shown. */
  async untilFrames(streams: number): Promise<number> {
    await this.#changes.until(() => this.#firstFrames.length >= streams)
    return Math.max(...(await Promise.all(this.#firstFrames)))
  }

  /** Frames that have been decoded, of all streams. */
  async decoded(): Promise<number> {
    let frames = 0
    for (const stat of await this.#stats('inbound-rtp')) frames += Number(stat['framesDecoded'] ?? 0)
    return frames
  }

  async sent(): Promise<readonly Sent[]> {
    const codecs = new Map((await this.#stats('codec')).map((stat) => [stat['id'], String(stat['mimeType'])]))
    return (await this.#stats('outbound-rtp'))
      .filter((stat) => Number(stat['framesSent'] ?? 0) > 0)
      .map((stat) => ({
        width: Number(stat['frameWidth']),
        height: Number(stat['frameHeight']),
        codec: codecs.get(stat['codecId']) ?? '',
      }))
  }

  async #stats(type: string): Promise<Record<string, unknown>[]> {
    const open = connections.filter(({ connectionState }) => connectionState === 'connected')
    const reports = await Promise.all(open.map((connection) => connection.getStats()))
    return reports.flatMap((report) =>
      [...(report as unknown as Map<string, Record<string, unknown>>).values()].filter((stat) => stat['type'] === type),
    )
  }
}

declare global {
  interface Window {
    media: MediaEnd
  }
}

export const join = async (side: string, options: JoinOptions): Promise<void> => {
  const firstFrames: Promise<number>[] = []
  const changes = new Changes()
  const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 180, frameRate: 30 } })
  const onStream = (stream: MediaStream): void => {
    const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true, playsInline: true })
    firstFrames.push(
      new Promise((resolve) => {
        video.requestVideoFrameCallback(() => resolve(sharedNow()))
      }),
    )
    video.srcObject = stream
    document.body.append(video)
    changes.tell()
  }
  const handlers = { onStream, onLink: () => changes.tell() }
  const call = await (side === 'skein' ? joinSkein : joinBare)(options, handlers)
  window.media = new MediaEnd(call, camera, firstFrames, changes)
}
