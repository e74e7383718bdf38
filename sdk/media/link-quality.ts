export type LinkQuality = 'good' | 'fair' | 'poor'

/** What is known of a link at the moment; `null` for what nobody has measured. */
export interface LinkEstimate {
  /** Bits per second that could be sent over it, all together. */
  readonly availableBitrate: number | null
  /** Whether that is what holds back what is sent. Of a link that is asked for little, engines know little more than that it bears this. */
  readonly isLimiting: boolean
  readonly rttMs: number | null
  /** The part of what was sent that did not arrive, from 0 to 1. */
  readonly loss: number | null
}

/** Conversations begin to stumble at a third of a second there and back, and end at nearly a whole one. */
const RTT_MS = { fair: 300, poor: 800 }
/** Error correction hides the first, and nothing the second. */
const LOSS = { fair: 0.03, poor: 0.1 }
/** Of what would be sent if this link bore all of it. */
const REACHED = { fair: 0.8, poor: 0.35 }

const rate = (badness: number, limits: { readonly fair: number; readonly poor: number }): LinkQuality => {
  if (badness >= limits.poor) return 'poor'
  return badness >= limits.fair ? 'fair' : 'good'
}

export interface VideoBitrates {
  /** What goes over the link. */
  readonly sent: number
  /** What may, at most. */
  readonly planned: number
  /** What would, if this link bore anything. */
  readonly wished: number
}

/**
 * How well media gets through, as people see it: the worst of delay, loss, and the share of what is wished that can be sent. That nobody moves in a
 * picture, so that little of it is sent, or that nothing is wished at all, is no fault of the link.
 */
export const rateLink = (
  { rttMs, loss, isLimiting }: LinkEstimate,
  { sent, planned, wished }: VideoBitrates,
): LinkQuality => {
  const reached = isLimiting ? Math.min(sent, planned) : planned
  const missing = wished > 0 ? 1 - reached / wished : 0
  const rated = [
    rate(rttMs ?? 0, RTT_MS),
    rate(loss ?? 0, LOSS),
    rate(missing, { fair: 1 - REACHED.fair, poor: 1 - REACHED.poor }),
  ]
  return (['poor', 'fair'] as const).find((quality) => rated.includes(quality)) ?? 'good'
}
