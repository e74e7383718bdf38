import type { MediaLink, TrackKind } from '../link/media.js'
import type { QualityLimits, VideoSource } from './ladder.js'
import { audioLevelsOf, LinkMeter, type LinkFigures, type StatsEntry } from './link-meter.js'
import { rateLink, type LinkEstimate } from './link-quality.js'
import type { LinkPlan, Recipient } from './quality.js'
import { SenderEncoding, type WishedEncoding } from './sender-encoding.js'
import type { LinkStats } from './stats.js'
import { describeSource } from './video-source.js'
import type { Wish } from './wish.js'

/** What is to go out under a label; no track: nothing now. */
export interface Outgoing {
  readonly kind: TrackKind
  readonly track: MediaStreamTrack | null
  readonly limits: QualityLimits
  readonly wish: Wish
}

const unmeasured: LinkEstimate = { availableBitrate: null, isLimiting: false, rttMs: null, loss: null }

/** A link, what I send over it, and how. */
export class Line {
  readonly link: MediaLink
  #sent: ReadonlyMap<number, Outgoing> = new Map()
  /** What the engine has not taken yet: whoever asks for the same meanwhile waits for the same. */
  readonly #pending = new Map<number, Promise<void>>()
  readonly #encodings = new WeakMap<RTCRtpSender, SenderEncoding>()
  readonly #meter = new LinkMeter()
  #isMeasuring = false
  #figures: LinkFigures | null = null
  #plan: LinkPlan<number> | null = null

  constructor(link: MediaLink) {
    this.link = link
  }

  /** Sends this and nothing else. Resolves when that is so; rejects with what the engine says of a track. */
  async carry(wanted: ReadonlyMap<number, Outgoing>): Promise<void> {
    const sent = this.#sent
    this.#sent = wanted
    for (const label of sent.keys()) if (!wanted.has(label)) this.link.stop(label)
    for (const [label, next] of wanted) {
      if (sent.get(label)?.track !== next.track) this.#send(label, next)
    }
    await Promise.all(this.#pending.values())
  }

  /** Something goes out. */
  get isSending(): boolean {
    return [...this.#sent.values()].some(({ track }) => track !== null)
  }

  /** The videos that go out, as they come from their cameras. */
  get videos(): readonly (readonly [label: number, source: VideoSource])[] {
    return this.#going('video').map(([label, { track, limits }]) => [label, describeSource(track, limits)])
  }

  get recipient(): Recipient<number> {
    return {
      estimate: this.#figures?.estimate ?? unmeasured,
      audioTracks: this.#going('audio').length,
      wishes: new Map(this.#going('video').map(([label, { wish }]) => [label, wish])),
    }
  }

  /** Reads what goes over the link. Resolves when that is done; never rejects. */
  async measure(now: () => number): Promise<void> {
    // One that never answers holds up nobody.
    if (this.#isMeasuring) return
    this.#isMeasuring = true
    const entries = await this.#read()
    if (entries.length > 0) this.#figures = this.#meter.read(entries, now())
    this.#isMeasuring = false
  }

  /** How loud it is, from 0 to 1, by the id of the track that arrives; never rejects. */
  async audioLevels(): Promise<ReadonlyMap<string, number>> {
    return audioLevelsOf(await this.#read())
  }

  /** Has all that goes out encoded like this. */
  encode(plan: LinkPlan<number>): void {
    this.#plan = plan
    for (const [label] of this.#going('audio')) this.#encode(label, plan.audio)
    for (const [label, encoding] of plan.videos) this.#encode(label, encoding)
  }

  /** `null` before it was measured. */
  get stats(): LinkStats | null {
    const figures = this.#figures
    if (figures === null) return null
    const { estimate, sentBitrate, receivedBitrate, sentVideos, receivedVideos } = figures
    const sent = sentVideos.reduce((sum, { bitrate }) => sum + bitrate, 0)
    const { plannedBitrate: planned = 0, wishedBitrate: wished = 0 } = this.#plan ?? {}
    return {
      sentBitrate: Math.round(sentBitrate),
      receivedBitrate: Math.round(receivedBitrate),
      rttMs: estimate.rttMs,
      loss: estimate.loss,
      sentVideos: sentVideos.map(copyVideo),
      receivedVideos: [...receivedVideos.values()].map(copyVideo),
      quality: rateLink(estimate, { sent, planned, wished }),
    }
  }

  async #read(): Promise<readonly StatsEntry[]> {
    try {
      const report = (await this.link.stats()) as unknown as ReadonlyMap<string, StatsEntry>
      return [...report.values()]
    } catch {
      // It is being closed.
      return []
    }
  }

  #going(kind: TrackKind): readonly (readonly [label: number, outgoing: Outgoing & { track: MediaStreamTrack }])[] {
    return [...this.#sent].flatMap(([label, outgoing]) => {
      const { track } = outgoing
      return outgoing.kind === kind && track !== null ? [[label, { ...outgoing, track }] as const] : []
    })
  }

  #encode(label: number, encoding: WishedEncoding): void {
    const sender = this.link.sender(label)
    if (sender === null) return
    const known = this.#encodings.get(sender) ?? new SenderEncoding(sender)
    this.#encodings.set(sender, known)
    void known.apply(encoding)
  }

  #send(label: number, next: Outgoing): void {
    const sending = this.link.send(label, next.kind, next.track).finally(() => {
      if (this.#pending.get(label) === sending) this.#pending.delete(label)
    })
    this.#pending.set(label, sending)
  }
}

const copyVideo = (video: LinkStats['sentVideos'][number]): LinkStats['sentVideos'][number] => ({
  ...video,
  bitrate: Math.round(video.bitrate),
})
