import { Cap, type Traffic } from './cap.js'
import { Climber } from './climber.js'
import { shareFairly, type Claim, type Pot } from './fair-share.js'
import { createLadder, type Rung, type VideoSource } from './ladder.js'
import type { LinkEstimate } from './link-quality.js'
import type { Wish } from './wish.js'

/** One recipient of what I send, at one link. */
export interface Recipient<Label> {
  readonly estimate: LinkEstimate
  /** How many are sent to it; they are served before any video. */
  readonly audioTracks: number
  /** The videos that are sent to it, with what it does with each. */
  readonly wishes: ReadonlyMap<Label, Wish>
}

export interface QualityInput<Link, Label> {
  readonly videos: ReadonlyMap<Label, VideoSource>
  /** Another link to the same member is another key: nothing that was learnt of the one before holds. */
  readonly recipients: ReadonlyMap<Link, Recipient<Label>>
  /**
   * Bits per second that all recipients together may take.
   * @default 6_000_000 — each recipient is encoded for by itself, and that is as much as a middling device and an ordinary line bear
   */
  readonly maxUpload?: number | undefined
}

/** As `RTCRtpEncodingParameters` has it. */
export interface Encoding {
  readonly active: boolean
  readonly maxBitrate: number
  readonly scaleResolutionDownBy: number
  readonly maxFramerate: number
}

export interface LinkPlan<Label> {
  /** Of each audio track. */
  readonly audio: { readonly maxBitrate: number }
  /** Each encoding is the same object until it changes. */
  readonly videos: ReadonlyMap<Label, Encoding>
  /** Bits per second of all its videos, at most. */
  readonly plannedBitrate: number
  /** The same, if this link bore anything: what its quality is measured by. */
  readonly wishedBitrate: number
}

const DEFAULT_UPLOAD = 6_000_000
/** Speech is whole with the first, and can be understood with the second. */
const AUDIO_BITRATE = 40_000
const LEAST_AUDIO_BITRATE = 16_000
/** Of an estimate: the rest is for messages, and for its being wrong. */
const USABLE = 0.9
/**
 * A browser's estimate is of little more than what it sends, and takes seconds to follow when that becomes more. So what it says is believed only when
 * it has held things back for a while; meanwhile the browser itself sends what gets through.
 */
const SETTLING_MS = 5_000
const TRUST_WHILE_SETTLING = 4
const LOSS = { congested: 0.1, clear: 0.02 }
/** What is less of a change is none, as each one costs the encoder something. */
const LEAST_RISE = 1.1

/** One video to one recipient, shown or not. */
interface VideoMemory {
  readonly climber: Climber
  ladder: readonly Rung[]
  isShown: boolean
  encoding: Encoding | null
}

/** One that is shown. */
interface Sending extends Claim {
  readonly video: VideoMemory
}

const trafficOf = ({ loss }: LinkEstimate): Traffic => {
  if (loss === null) return 'unclear'
  if (loss >= LOSS.congested) return 'congested'
  return loss < LOSS.clear ? 'clear' : 'unclear'
}

/** One bad link is that link; most of them at once are what they share, my own line. */
const trafficOfAll = (estimates: readonly LinkEstimate[]): Traffic => {
  const all = estimates.map(trafficOf)
  const congested = all.filter((each) => each === 'congested').length
  if (all.length > 1 && congested > all.length / 2) return 'congested'
  return congested === 0 && all.includes('clear') ? 'clear' : 'unclear'
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
const leastOf = (ladder: readonly Rung[]): Rung => ladder[0] as Rung
const bestOf = (ladder: readonly Rung[]): Rung => ladder.at(-1) as Rung

/** What gets too little to be of use gets nothing, one after the other; what is not sent yet first, so that none comes and goes. */
const distribute = (sendings: readonly Sending[]): ReadonlyMap<VideoMemory, number> => {
  let kept = sendings
  for (;;) {
    const bitrates = shareFairly(kept)
    const starved = kept.filter(({ video }, index) => (bitrates[index] as number) < leastOf(video.ladder).minBitrate)
    const last = starved.findLast(({ video }) => !video.climber.isOn) ?? starved.at(-1)
    if (last === undefined) return new Map(kept.map(({ video }, index) => [video, bitrates[index] as number]))
    kept = kept.filter((each) => each !== last)
  }
}

const encodingOf = ({ ladder, encoding: before }: VideoMemory, rung: Rung | null, bitrate: number): Encoding => {
  const { scaleResolutionDownBy, maxFramerate, idealBitrate } = rung ?? leastOf(ladder)
  const active = rung !== null
  const isLike =
    before?.active === active &&
    before.scaleResolutionDownBy === scaleResolutionDownBy &&
    before.maxFramerate === maxFramerate
  // Of what is not sent it is no matter, but no engine takes a zero.
  const maxBitrate = active ? Math.floor(Math.min(bitrate, idealBitrate)) : idealBitrate
  const isSmallRise =
    isLike && maxBitrate >= before.maxBitrate && maxBitrate < Math.min(before.maxBitrate * LEAST_RISE, idealBitrate)
  if (isLike && (isSmallRise || maxBitrate === before.maxBitrate)) return before
  return Object.freeze({ active, maxBitrate, scaleResolutionDownBy, maxFramerate })
}

/** What is remembered of one link, from one plan to the next. */
class LinkMemory<Label> {
  /** Video bits, were there room for all that is shown. */
  wishedBitrate = 0
  /** For links whose rate nobody estimates. */
  readonly #cap = new Cap()
  readonly #videos = new Map<Label, VideoMemory>()
  /** Since when its estimate has held back what is wished now. */
  #limitedSinceMs: number | null = null

  /** At most, by the plan before. */
  get plannedBitrate(): number {
    return sum([...this.#videos.values()].map(({ encoding }) => (encoding?.active ? encoding.maxBitrate : 0)))
  }

  learn(estimate: LinkEstimate, nowMs: number): void {
    if (estimate.availableBitrate === null) {
      this.#cap.update(trafficOf(estimate), this.plannedBitrate, this.wishedBitrate, nowMs)
    }
  }

  /** Takes up what is wished now. */
  review(wishes: ReadonlyMap<Label, Wish>, sources: ReadonlyMap<Label, VideoSource>): void {
    for (const label of this.#videos.keys()) {
      if (!wishes.has(label) || !sources.has(label)) this.#videos.delete(label)
    }
    for (const [label, wish] of wishes) {
      const source = sources.get(label)
      if (source === undefined) continue
      const ladder = createLadder(source, wish)
      const video = this.#videos.get(label)
      if (video === undefined) {
        this.#videos.set(label, { climber: new Climber(), ladder, isShown: wish.shown, encoding: null })
      } else Object.assign(video, { ladder, isShown: wish.shown })
    }
    const wishedBitrate = sum(this.#shown.map(({ ladder }) => bestOf(ladder).idealBitrate))
    if (wishedBitrate > this.wishedBitrate * LEAST_RISE) this.#limitedSinceMs = null
    this.wishedBitrate = wishedBitrate
  }

  createSendings(estimate: LinkEstimate, audioBitrate: number, upload: Pot, nowMs: number): readonly Sending[] {
    const here = { capacity: this.#capacity(estimate, nowMs) - audioBitrate }
    return this.#shown.map((video) => ({ video, most: bestOf(video.ladder).idealBitrate, pots: [upload, here] }))
  }

  totalOf(bitrates: ReadonlyMap<VideoMemory, number>): number {
    return sum(this.#shown.map((video) => bitrates.get(video) ?? 0))
  }

  /** Moves each video to where its share lets it be. */
  encode(bitrates: ReadonlyMap<VideoMemory, number>, nowMs: number): ReadonlyMap<Label, Encoding> {
    const encodings = new Map<Label, Encoding>()
    for (const [label, video] of this.#videos) {
      const bitrate = bitrates.get(video) ?? 0
      if (!video.isShown) video.climber.stop()
      const rung = video.isShown ? video.climber.climb(video.ladder, bitrate, nowMs) : null
      video.encoding = encodingOf(video, rung, bitrate)
      encodings.set(label, video.encoding)
    }
    return encodings
  }

  get #shown(): readonly VideoMemory[] {
    return [...this.#videos.values()].filter(({ isShown }) => isShown)
  }

  #capacity({ availableBitrate, isLimiting }: LinkEstimate, nowMs: number): number {
    if (availableBitrate === null) return this.#cap.value
    if (!isLimiting) {
      this.#limitedSinceMs = null
      return Infinity
    }
    this.#limitedSinceMs ??= nowMs
    const isSettled = nowMs - this.#limitedSinceMs >= SETTLING_MS
    return availableBitrate * (isSettled ? USABLE : TRUST_WHILE_SETTLING)
  }
}

/**
 * Says how each video is to be encoded for each recipient: as large and smooth as it is shown there, as the link bears, as the application
 * allows, and as there is room for beside all others. Audio comes first, then each video gets an equal part of what is left; a video for which too
 * little is left is not sent, rather than all of them badly. Call it about once a second, and when something has changed.
 *
 * Time, and all that is measured, is handed in.
 */
export class QualityPlanner<Link, Label> {
  readonly #memories = new Map<Link, LinkMemory<Label>>()
  readonly #upload = new Cap()

  plan(input: QualityInput<Link, Label>, nowMs: number): ReadonlyMap<Link, LinkPlan<Label>> {
    const { videos, recipients, maxUpload = DEFAULT_UPLOAD } = input
    for (const link of this.#memories.keys()) if (!recipients.has(link)) this.#memories.delete(link)
    const links = [...recipients].map(([link, recipient]) => ({ ...recipient, link, memory: this.#memoryOf(link) }))
    this.#learn(links, nowMs)

    const most = Math.min(maxUpload, this.#upload.value)
    const tracks = sum(links.map(({ audioTracks }) => audioTracks))
    const audio = { maxBitrate: Math.max(LEAST_AUDIO_BITRATE, Math.min(AUDIO_BITRATE, Math.floor(most / tracks))) }
    const upload = { capacity: most - tracks * audio.maxBitrate }
    const sendings = links.flatMap(({ memory, estimate, audioTracks, wishes }) => {
      memory.review(wishes, videos)
      return memory.createSendings(estimate, audioTracks * audio.maxBitrate, upload, nowMs)
    })
    const bitrates = distribute(sendings)
    const wished = distribute(sendings.map((sending) => ({ ...sending, pots: [upload] })))
    return new Map(
      links.map(({ link, memory }) => {
        const encodings = memory.encode(bitrates, nowMs)
        const { plannedBitrate } = memory
        return [link, { audio, videos: encodings, plannedBitrate, wishedBitrate: memory.totalOf(wished) }]
      }),
    )
  }

  /** From what happened with the plan before. */
  #learn(
    links: readonly { readonly estimate: LinkEstimate; readonly memory: LinkMemory<Label> }[],
    nowMs: number,
  ): void {
    for (const { estimate, memory } of links) memory.learn(estimate, nowMs)
    const used = links.map(({ estimate, memory }) =>
      Math.min(estimate.availableBitrate ?? Infinity, memory.plannedBitrate),
    )
    const wished = sum(links.map(({ memory }) => memory.wishedBitrate))
    this.#upload.update(trafficOfAll(links.map(({ estimate }) => estimate)), sum(used), wished, nowMs)
  }

  #memoryOf(link: Link): LinkMemory<Label> {
    let memory = this.#memories.get(link)
    if (memory === undefined) this.#memories.set(link, (memory = new LinkMemory()))
    return memory
  }
}
