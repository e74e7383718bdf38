import type { Path, SignalingState } from '../mesh/events.js'
import type { EngineStats } from '../mesh/options.js'
import type { Join } from './join.js'
import type { WebGroupState } from './lifecycle.js'

/** Live figures of a group at one moment. Plain data without keys, profiles or messages. */
export interface GroupStats {
  readonly state: WebGroupState
  readonly signalingState: SignalingState
  readonly myId: string
  readonly peers: readonly PeerStats[]
  /** Counted since this join began; `null` when there is none. */
  readonly totals: EngineStats | null
}

export interface PeerStats {
  readonly id: string
  readonly path: Path['kind']
  readonly via: readonly string[]
  /** Newest round-trip time, in milliseconds; `null` until measured. */
  readonly rttMs: number | null
}

export const createStats = (state: WebGroupState, signalingState: SignalingState, join: Join | null): GroupStats => {
  const engine = join?.engine ?? null
  const peers = (engine?.members() ?? []).flatMap((id): PeerStats[] => {
    const view = engine?.peer(id)
    return view ? [{ id, path: view.path.kind, via: [...view.path.via], rttMs: view.rttMs }] : []
  })
  return { state, signalingState, myId: join?.id ?? '', peers, totals: engine ? { ...engine.stats() } : null }
}
