import type { QualityLimits, VideoSource } from './ladder.js'

/** What is asked of a `MediaStreamTrack`. */
export interface SettledTrack {
  /** Not every engine has it. */
  readonly contentHint?: string
  getSettings?(): {
    readonly width?: number
    readonly height?: number
    readonly frameRate?: number
    readonly displaySurface?: string
  }
}

/** Before its first frame, and in engines that do not say, a track is taken for an ordinary camera. */
const ASSUMED = { width: 1_280, height: 720, frameRate: 30 }
const DETAIL_HINTS: readonly unknown[] = ['detail', 'text']

const positive = (value: number | undefined, otherwise: number): number =>
  value !== undefined && value > 0 ? value : otherwise

/** What a video track is now. `contentHint` decides whether it is of details; without one a screen is, and a camera is not. */
export const describeSource = (track: SettledTrack, limits: QualityLimits): VideoSource => {
  const { width, height, frameRate, displaySurface } = track.getSettings?.() ?? {}
  const isSized = positive(width, 0) > 0 && positive(height, 0) > 0
  const isHinted = track.contentHint !== undefined && track.contentHint !== ''
  return {
    width: isSized ? (width as number) : ASSUMED.width,
    height: isSized ? (height as number) : ASSUMED.height,
    frameRate: positive(frameRate, ASSUMED.frameRate),
    isDetail: isHinted ? DETAIL_HINTS.includes(track.contentHint) : displaySurface !== undefined,
    limits,
  }
}
