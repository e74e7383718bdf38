import type { Core } from './core.js'

/** What an engine keeps in memory, each at its largest: none of it may grow with what others do. */
export interface EngineHoldings {
  readonly peers: number
  /** Every carrier to a member, from the moment it is asked for. */
  readonly links: number
  /** Of one control queue. */
  readonly controlBytes: number
  /** What came from one neighbor and waits to be passed on. */
  readonly forwardedBytes: number
  /** Towards one member on one stream. */
  readonly unacknowledgedBytes: number
  /** Of unfinished messages of all members. */
  readonly reassemblyBytes: number
  /** Opened by me or towards me, and not over, beside the message streams. */
  readonly streams: number
}

export const countHoldings = ({ peers, links }: Core): EngineHoldings => {
  let controlBytes = 0
  let forwardedBytes = 0
  let unacknowledgedBytes = 0
  let reassemblyBytes = 0
  let open = 0
  for (const { controlBytes: control, streams, forwardedBytes: forwarded } of peers.values()) {
    controlBytes = Math.max(controlBytes, control)
    forwardedBytes = Math.max(forwardedBytes, forwarded)
    for (const { outbox } of streams?.outs ?? []) {
      unacknowledgedBytes = Math.max(unacknowledgedBytes, outbox.unacknowledgedBytes)
    }
    reassemblyBytes += streams?.heldBytes ?? 0
    open += streams === null ? 0 : streams.outs.length - 1 + streams.openCount
  }
  for (const { control } of links.values()) controlBytes = Math.max(controlBytes, control.bytes)
  return {
    peers: peers.size,
    links: links.size,
    controlBytes,
    forwardedBytes,
    unacknowledgedBytes,
    reassemblyBytes,
    streams: open,
  }
}
