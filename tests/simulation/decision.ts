import type { StreamMode } from '../../sdk/protocol/streams.js'
import type { InterferenceShape } from './interference.js'
import type { CutKind } from './network.js'

/** One thing that happens to a world. `which` picks among what there is by then: at least 0 and below 1. */
export type Decision = { readonly atMs: number } & (Work | Fault)

export type Work =
  /** Two places that cannot link; `known` when both know that. */
  | { readonly type: 'apart'; readonly a: number; readonly b: number; readonly isKnown: boolean }
  | { readonly type: 'together'; readonly a: number; readonly b: number }
  | {
      readonly type: 'join'
      readonly place: number
      readonly bot: boolean
      readonly relay: boolean
      readonly isDialable: boolean
      readonly dials: boolean
      /** By a member that is there, over a socket; `false` for whoever joins by the server alone. */
      readonly isInvited: boolean
      readonly server: boolean
      readonly clockMs: number
    }
  | {
      readonly type: 'send'
      readonly place: number
      /** To one of those who are here, or `null` for all. */
      readonly which: number | null
      readonly sizes: readonly number[]
      readonly isText: boolean
      readonly confirm: boolean
    }
  /** Datagrams, one after the other. */
  | {
      readonly type: 'post'
      readonly place: number
      /** To one of those who are here, or `null` for all. */
      readonly which: number | null
      readonly count: number
      readonly everyMs: number
      readonly size: number
      readonly onlyNewest: boolean
    }
  | { readonly type: 'hint'; readonly place: number; readonly hint: 'online' | 'resumed' }

export type Fault =
  | { readonly type: 'server'; readonly how: 'drain' | 'kill'; readonly forMs: number }
  /** A link holds what it carries. */
  | { readonly type: 'stall'; readonly which: number; readonly forMs: number }
  /** What a link is given meanwhile arrives so much later. */
  | { readonly type: 'lag'; readonly which: number; readonly byMs: number; readonly forMs: number }
  | { readonly type: 'cut'; readonly which: number; readonly kind: CutKind; readonly blockedMs: number }
  /** Nothing gets from these places to the others, or back, or neither. */
  | {
      readonly type: 'partition'
      readonly places: readonly number[]
      readonly way: 'both' | 'out' | 'in'
      readonly forMs: number
    }
  /** The network of a place is gone: links hold what they carry, and none come up. */
  | { readonly type: 'outage'; readonly place: number; readonly forMs: number }
  | {
      readonly type: 'sleep'
      readonly place: number
      readonly how: 'suspend' | 'freeze'
      readonly forMs: number
      readonly hint: 'online' | 'resumed'
    }
  | { readonly type: 'clock'; readonly place: number; readonly byMs: number }
  /** A page takes one event every so many milliseconds. */
  | { readonly type: 'slow'; readonly place: number; readonly everyMs: number; readonly forMs: number }
  /** More is sent to one member than a window holds, in one message or in several. */
  | {
      readonly type: 'fill'
      readonly place: number
      readonly which: number
      readonly bytes: number
      readonly isOne: boolean
    }
  /** More streams are opened to one member than it takes. */
  | {
      readonly type: 'open'
      readonly place: number
      readonly which: number
      readonly count: number
      readonly mode: StreamMode
      readonly endAfterMs: number
    }
  /** A reader takes no more of a stream for a while: of one member, or of all who are here (`null`), who send on it right before. */
  | {
      readonly type: 'pause'
      readonly place: number
      readonly which: number | null
      readonly stream: number
      readonly bytes: number
      /** As few messages as may be. */
      readonly isOne: boolean
      /** Once so much of it has come; 0 for at once. */
      readonly afterShare: number
      readonly forMs: number
    }
  | { readonly type: 'relay'; readonly place: number; readonly shape: InterferenceShape; readonly forMs: number }
  | {
      readonly type: 'churn'
      readonly place: number
      readonly how: 'leave' | 'leave now' | 'crash'
      readonly noticedMs: number
      readonly backAfterMs: number | null
      readonly sameIdentity: boolean
    }

const work: ReadonlySet<Decision['type']> = new Set(['apart', 'together', 'join', 'send', 'post', 'hint'])

export const isFault = (decision: Decision): boolean => !work.has(decision.type)

/** The places that it takes; a world without one of them does without the decision. */
export const placesOf = (decision: Decision): readonly number[] => {
  if ('place' in decision) return [decision.place]
  if ('a' in decision) return [decision.a, decision.b]
  return decision.type === 'partition' ? decision.places : []
}
