/** What a page runs to see encodings and figures at work on real connections, without a group. Bundled by the test. */
import { LinkMeter, type LinkFigures, type StatsEntry } from '../../../sdk/media/link-meter.js'
import { QualityPlanner } from '../../../sdk/media/quality.js'
import { SenderEncoding } from '../../../sdk/media/sender-encoding.js'
import { describeSource } from '../../../sdk/media/video-source.js'
import type { Wish } from '../../../sdk/media/wish.js'

const CAMERA = 'camera'
const READ_MS = 250

/** A fake camera from one connection of this page to another, encoded as is planned for the other. */
class Sending {
  negotiations = 0
  figures: LinkFigures | null = null
  readonly #from = new RTCPeerConnection()
  readonly #to = new RTCPeerConnection()
  readonly #meter = new LinkMeter()
  readonly #planner = new QualityPlanner<string, string>()
  #track: MediaStreamTrack | null = null
  #encoding: SenderEncoding | null = null

  async start(): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } })
    const [track] = stream.getVideoTracks()
    if (track === undefined) throw new Error('no camera')
    this.#track = track
    this.#from.onicecandidate = ({ candidate }) => void this.#to.addIceCandidate(candidate ?? undefined)
    this.#to.onicecandidate = ({ candidate }) => void this.#from.addIceCandidate(candidate ?? undefined)
    this.#encoding = new SenderEncoding(this.#from.addTrack(track, stream))
    await this.#from.setLocalDescription()
    await this.#to.setRemoteDescription(this.#from.localDescription as RTCSessionDescription)
    await this.#to.setLocalDescription()
    await this.#from.setRemoteDescription(this.#to.localDescription as RTCSessionDescription)
    this.#from.onnegotiationneeded = () => {
      this.negotiations++
    }
  }

  /** Plans as for somebody who wishes this, and has it sent so. */
  async wish(wish: Wish): Promise<void> {
    if (this.#track === null) throw new Error('not started')
    const estimate = this.figures?.estimate ?? { availableBitrate: null, isLimiting: false, rttMs: null, loss: null }
    const plan = this.#planner.plan(
      {
        videos: new Map([[CAMERA, describeSource(this.#track, {})]]),
        recipients: new Map([['bob', { estimate, audioTracks: 0, wishes: new Map([[CAMERA, wish]]) }]]),
      },
      performance.now(),
    )
    const encoding = plan.get('bob')?.videos.get(CAMERA)
    if (encoding !== undefined) await this.#encoding?.apply(encoding)
  }

  /** Reads figures until they are so; the last ones. */
  async until(holds: (figures: LinkFigures) => boolean): Promise<LinkFigures> {
    for (;;) {
      const report = (await this.#from.getStats()) as unknown as ReadonlyMap<string, StatsEntry>
      const figures = this.#meter.read(report.values(), performance.now())
      this.figures = figures
      if (holds(figures)) return figures
      // Counters are read, as nothing tells of them.
      await new Promise((resolve) => setTimeout(resolve, READ_MS))
    }
  }

  /** Until pictures of this height are sent. */
  async untilHeight(height: number): Promise<void> {
    await this.until(({ sentVideos, sentBitrate }) =>
      sentVideos.some((video) => video.height === height && sentBitrate > 0),
    )
  }

  untilSilent(): Promise<LinkFigures> {
    let quiet = 0
    return this.until(({ sentBitrate }) => {
      quiet = sentBitrate === 0 ? quiet + 1 : 0
      return quiet === 4
    })
  }
}

declare global {
  interface Window {
    Sending: typeof Sending
    sending: Sending
  }
}

window.Sending = Sending
