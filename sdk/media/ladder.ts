import type { Wish } from './wish.js'

/** What the application allows a stream to take, of each recipient. */
export interface QualityLimits {
  /** Bits per second, video alone. */
  readonly maxBitrate?: number | undefined
  readonly maxHeight?: number | undefined
  readonly maxFrameRate?: number | undefined
}

/** A video as it comes from its camera or screen. */
export interface VideoSource {
  readonly width: number
  readonly height: number
  readonly frameRate: number
  /** Text and lines, as on a screen: rather fewer frames than blurred ones. */
  readonly isDetail: boolean
  readonly limits: QualityLimits
}

/** One way to send a video. */
export interface Rung {
  readonly scaleResolutionDownBy: number
  readonly maxFramerate: number
  /** Bits per second beyond which nobody sees a difference. */
  readonly idealBitrate: number
  /** With less, the rung below looks better. */
  readonly minBitrate: number
}

/** Pixels of a frame and what they take at 30 frames a second, near what Chromium allows cameras of that size (VP8). */
const IDEAL = [
  [320 * 180, 300_000],
  [480 * 270, 500_000],
  [640 * 360, 800_000],
  [960 * 540, 1_400_000],
  [1_280 * 720, 2_500_000],
  [1_920 * 1_080, 4_000_000],
] as const
const IDEAL_FRAME_RATE = 30
/** Half of the frames take more than half of the bits, as they differ more. */
const FRAME_RATE_SHARE = 0.6
const MIN_SHARE = 0.35
/** Browsers hardly go below, however small the picture. */
const LEAST_BITRATE = 50_000

/** Of thirds and halves, which encoders get by leaving out lines of whole blocks. */
const SCALES = [1, 4 / 3, 2, 8 / 3, 4, 16 / 3, 8]
/** Below, a face is no face. */
const LEAST_HEIGHT = 90
/** Whatever is wished: members may wish anything, and no encoder has to bear a line of one pixel. */
const LEAST_LIMIT = 32
/** For small pictures, whose bits are better spent on looks than on smoothness. */
const SMALL_SCALE = 4
const SMALL_FRAME_RATE = 15
const DETAIL_FRAME_RATES = [30, 15, 8, 5]

const idealBitrate = (pixels: number, frameRate: number): number => {
  const above = IDEAL.findIndex(([size]) => pixels <= size)
  const [size, bitrate] = IDEAL[above === -1 ? IDEAL.length - 1 : above] as (typeof IDEAL)[number]
  const [lessSize, lessBitrate] = above > 0 ? (IDEAL[above - 1] as (typeof IDEAL)[number]) : [0, 0]
  // Beyond the largest the line goes on from nothing: nobody has measured it.
  const atThirty =
    above === -1
      ? (bitrate * pixels) / size
      : lessBitrate + ((bitrate - lessBitrate) * (pixels - lessSize)) / (size - lessSize)
  const perFrameRate = 1 - FRAME_RATE_SHARE + (FRAME_RATE_SHARE * frameRate) / IDEAL_FRAME_RATE
  return Math.max(LEAST_BITRATE, Math.round(atThirty * Math.min(perFrameRate, 2)))
}

/** A source or limit of few frames makes rungs that differ in frames alone the same. */
const isFirst = (rung: Rung, index: number, all: readonly Rung[]): boolean => {
  const before = all[index - 1]
  return (
    before === undefined ||
    before.maxFramerate !== rung.maxFramerate ||
    before.scaleResolutionDownBy !== rung.scaleResolutionDownBy
  )
}

/**
 * All ways to send this video to whoever wishes this, from the least to the best. At least one. Each is a share of the best
 * one's size, so that an upright picture is an upright picture.
 */
export const createLadder = (
  { width, height, frameRate, isDetail, limits }: VideoSource,
  wish: Wish,
): readonly Rung[] => {
  const maxHeight = Math.max(LEAST_LIMIT, Math.min(limits.maxHeight ?? Infinity, wish.maxHeight ?? Infinity))
  const base = Math.max(1, height / maxHeight)
  const maxFramerate = Math.min(frameRate, limits.maxFrameRate ?? Infinity)
  const createRung = (scale: number, most: number): Rung => {
    const scaleResolutionDownBy = base * scale
    const rate = Math.min(maxFramerate, most)
    const ideal = idealBitrate((width * height) / scaleResolutionDownBy ** 2, rate)
    return {
      scaleResolutionDownBy,
      maxFramerate: rate,
      idealBitrate: Math.min(ideal, limits.maxBitrate ?? Infinity),
      minBitrate: Math.max(LEAST_BITRATE, Math.round(ideal * MIN_SHARE)),
    }
  }
  const scales = SCALES.filter((scale) => scale === 1 || height / (base * scale) >= LEAST_HEIGHT)
  const rungs = isDetail
    ? [
        ...DETAIL_FRAME_RATES.map((rate) => createRung(1, rate)),
        ...scales.slice(1).map((scale) => createRung(scale, DETAIL_FRAME_RATES.at(-1) as number)),
      ]
    : scales.map((scale) => createRung(scale, scale >= SMALL_SCALE ? SMALL_FRAME_RATE : Infinity))
  // A limit on bits that a rung cannot live on takes it away, but for the least.
  const possible = rungs.filter((rung) => rung.minBitrate <= rung.idealBitrate)
  return (possible.length > 0 ? possible : rungs.slice(-1)).filter(isFirst).reverse()
}
