import type { MemberMedia } from '../media/index.js'
import type { Engine } from '../mesh/engine.js'
import type { Path, SignalingState } from '../mesh/events.js'
import type { EngineStats } from '../mesh/options.js'
import type { WebGroupState } from './lifecycle.js'

/** Live figures of a group at one moment. Plain data without keys, profiles or messages. */
export interface GroupStats {
  readonly state: WebGroupState
  readonly signalingState: SignalingState
  readonly myId: string
  readonly peers: readonly PeerStats[]
  /** Counted since this join began; `null` when there is none. */
  readonly totals: EngineStats | null
  /** Of the members with whom media go either way, once that was measured. */
  readonly media: readonly MemberMedia[]
}

export interface PeerStats {
  readonly id: string
  readonly path: Path['kind']
  readonly via: readonly string[]
  /** Newest round-trip time, in milliseconds; `null` until measured. */
  readonly rttMs: number | null
  /** The way through other members that would be taken next, and its own round-trip time; `null` where there is none. */
  readonly spare: { readonly via: readonly string[]; readonly rttMs: number | null } | null
}

/** What the engine knows, once there is one. */
export const createEngineStats = (engine: Engine): Pick<GroupStats, 'peers' | 'totals'> => {
  const peers = engine.members().flatMap((id): PeerStats[] => {
    const view = engine.peer(id)
    const path = engine.path(id)
    if (!view || !path) return []
    const spare = path.spare && { via: [...path.spare.via], rttMs: path.spare.rttMs }
    return [{ id, path: view.path.kind, via: [...view.path.via], rttMs: path.rttMs, spare }]
  })
  return { peers, totals: { ...engine.stats() } }
}
