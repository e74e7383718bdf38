import type { VideoFigures } from './link-meter.js'
import type { LinkQuality } from './link-quality.js'

/** What goes over a link with a member, as it was measured last, about once a second. */
export interface LinkStats {
  /** Bits per second, of media alone; so are all rates. */
  readonly sentBitrate: number
  readonly receivedBitrate: number
  /** Milliseconds there and back; `null` until measured. */
  readonly rttMs: number | null
  /** The part of what was sent that did not arrive, from 0 to 1; `null` where nothing was sent, or nobody has said. */
  readonly loss: number | null
  /** Those of which pictures go. */
  readonly sentVideos: readonly VideoFigures[]
  readonly receivedVideos: readonly VideoFigures[]
  /** How well media get through, as people see it: the worst of delay, loss, and the share of what is wished that can be sent. */
  readonly quality: LinkQuality
}

export interface MemberMedia extends LinkStats {
  /** The member's. */
  readonly id: string
}
