import type { LinkEstimate } from './link-quality.js'

/** What is read of the entries of an `RTCStatsReport`. Whatever an engine leaves out is missing. */
export interface StatsEntry {
  readonly id: string
  readonly type: string
  readonly kind?: string
  readonly trackIdentifier?: string
  readonly selectedCandidatePairId?: string
  /** Firefox says it of the pair. */
  readonly selected?: boolean
  readonly localId?: string
  readonly availableOutgoingBitrate?: number
  readonly currentRoundTripTime?: number
  readonly roundTripTime?: number
  readonly fractionLost?: number
  readonly bytesSent?: number
  readonly bytesReceived?: number
  readonly packetsSent?: number
  readonly frameWidth?: number
  readonly frameHeight?: number
  readonly framesPerSecond?: number
  readonly qualityLimitationReason?: string
  readonly audioLevel?: number
}

/** A video as it is on the link now. */
export interface VideoFigures {
  readonly width: number
  readonly height: number
  readonly frameRate: number
  /** Bits per second. */
  readonly bitrate: number
}

/** What goes over one link, since the reading before. */
export interface LinkFigures {
  readonly estimate: LinkEstimate
  /** Bits per second, of media alone. */
  readonly sentBitrate: number
  readonly receivedBitrate: number
  /** Those of which pictures go. */
  readonly sentVideos: readonly VideoFigures[]
  /** By the id of the receiver's track. */
  readonly receivedVideos: ReadonlyMap<string, VideoFigures>
}

/** With so much of an estimate sent, it is what holds back the rest. */
const LIMITING_SHARE = 0.7
/**
 * An encoder says that it lacks bandwidth also where it has all that it is allowed, and that is little for such a picture. With less than this sent, it is not
 * the link.
 */
const HELD_BACK_SHARE = 1 / 3
const NONE: ReadonlyMap<string, Counted> = new Map()

interface Counted {
  readonly bytes: number
  readonly packets: number
}

const findPair = (entries: readonly StatsEntry[]): StatsEntry | undefined => {
  const transport = entries.find(({ type, selectedCandidatePairId }) => type === 'transport' && selectedCandidatePairId)
  const id = transport?.selectedCandidatePairId
  return entries.find(
    (entry) => entry.type === 'candidate-pair' && (id === undefined ? entry.selected : entry.id === id),
  )
}

const bytesOf = ({ bytesSent = 0, bytesReceived = 0 }: StatsEntry): number => bytesSent + bytesReceived

/** How loud what arrives is, from 0 to 1, by the id of the receiver's track. */
export const audioLevelsOf = (entries: readonly StatsEntry[]): ReadonlyMap<string, number> =>
  new Map(
    entries.flatMap(({ type, trackIdentifier: id, audioLevel }) =>
      type === 'inbound-rtp' && id !== undefined && audioLevel !== undefined ? [[id, audioLevel] as const] : [],
    ),
  )

/** Makes figures of the counters that `getStats` gives. One for each link. */
export class LinkMeter {
  #before = NONE
  #atMs: number | null = null

  read(report: Iterable<StatsEntry>, nowMs: number): LinkFigures {
    const entries = [...report]
    const elapsedMs = this.#atMs === null ? 0 : nowMs - this.#atMs
    const sent = entries.filter(({ type }) => type === 'outbound-rtp')
    const received = entries.filter(({ type }) => type === 'inbound-rtp')
    const rate = (entry: StatsEntry): number => {
      const before = this.#before.get(entry.id)
      return elapsedMs > 0 ? (Math.max(0, bytesOf(entry) - (before?.bytes ?? 0)) * 8_000) / elapsedMs : 0
    }
    const total = (all: readonly StatsEntry[]): number => all.reduce((sum, entry) => sum + rate(entry), 0)
    const sentBitrate = total(sent)
    const figures: LinkFigures = {
      estimate: this.#estimate(entries, sent, sentBitrate),
      sentBitrate,
      receivedBitrate: total(received),
      sentVideos: videosOf(sent, rate).map(({ figures: video }) => video),
      receivedVideos: new Map(videosOf(received, rate).map(({ id, figures: video }) => [id, video])),
    }
    this.#before = new Map(
      [...sent, ...received].map((entry) => [entry.id, { bytes: bytesOf(entry), packets: entry.packetsSent ?? 0 }]),
    )
    this.#atMs = nowMs
    return figures
  }

  #estimate(entries: readonly StatsEntry[], sent: readonly StatsEntry[], sentBitrate: number): LinkEstimate {
    const pair = findPair(entries)
    const reports = entries.filter(({ type }) => type === 'remote-inbound-rtp')
    const availableBitrate = pair?.availableOutgoingBitrate ?? null
    const isHeldBack = sent.some(({ qualityLimitationReason }) => qualityLimitationReason === 'bandwidth')
    const rtt = pair?.currentRoundTripTime ?? reports.find((each) => each.roundTripTime !== undefined)?.roundTripTime
    return {
      availableBitrate,
      isLimiting:
        availableBitrate === null
          ? isHeldBack
          : sentBitrate >= availableBitrate * (isHeldBack ? HELD_BACK_SHARE : LIMITING_SHARE),
      rttMs: rtt === undefined ? null : rtt * 1_000,
      loss: this.#loss(reports, sent),
    }
  }

  /** By how much each stream sends: of a stream that sends little, the last word is old. */
  #loss(reports: readonly StatsEntry[], sent: readonly StatsEntry[]): number | null {
    let packets = 0
    let lost = 0
    for (const { localId, fractionLost } of reports) {
      const stream = sent.find(({ id }) => id === localId)
      if (stream === undefined || fractionLost === undefined) continue
      const count = (stream.packetsSent ?? 0) - (this.#before.get(stream.id)?.packets ?? 0)
      packets += count
      lost += count * fractionLost
    }
    return packets > 0 ? lost / packets : null
  }
}

const videosOf = (
  entries: readonly StatsEntry[],
  rate: (entry: StatsEntry) => number,
): readonly { readonly id: string; readonly figures: VideoFigures }[] =>
  entries.flatMap((entry) => {
    const { kind, trackIdentifier: id = '', frameWidth: width, frameHeight: height, framesPerSecond = 0 } = entry
    if (kind !== 'video' || width === undefined || height === undefined) return []
    return [{ id, figures: { width, height, frameRate: framesPerSecond, bitrate: rate(entry) } }]
  })
