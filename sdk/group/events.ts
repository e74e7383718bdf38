import type { ChannelInvalid, PresenceChange } from '../channel/index.js'
import type { RemoteStream, SpeakerChange, StreamLost, StreamRemoved, StreamUnavailable } from '../media/index.js'
import type { DuplexOpened, FileOffer } from '../transfer/index.js'
import type { DeliveryFailure, LeaveReason, Path, SignalingState } from '../mesh/events.js'
import type { StateChange } from './lifecycle.js'
import type { MessageData } from './messages.js'
import type { Peer } from './snapshots.js'

/**
 * What a group tells its listeners, in one object each.
 *
 * Member and message events come only while the group is `joined`: none before `state:change` has said so, none after
 * `leave()` was called. They come one at a time, in the order in which things happened.
 */
export interface GroupEvents {
  /**
   * Another member is here: messages can go both ways, and it is in `members` and `peers`. Fires for those found on
   * joining too, and again when a member comes back that had left by `timeout`
   * or `replaced`.
   */
  'member:join': { readonly id: string; readonly peer: Peer }
  /**
   * A member is here no more, and no longer in `members`. Fires once for each `member:join`, after the last message
   * of that member. `goodbye`: it left; `timeout`: it was silent for `lingerMs`, or it had lost touch with us and starts
   * anew; `replaced`: its identity has joined anew, as when a page that crashed is loaded again, and it did not answer within 2 s;
   * `removed`: it broke the protocol. The loss of a link is none of these (see `link:change`).
   */
  'member:leave': { readonly id: string; readonly reason: LeaveReason }
  /** A member has changed what it shows of itself, or its `verified` is another. `peer` is the new one. */
  'member:update': { readonly id: string; readonly peer: Peer }
  /**
   * A member goes by a name that was verified on this device, and has an identity that was not verified under it:
   * somebody has a new device, or poses as somebody else. `previous` is an identity that was. Fires once for each member
   * and name, after its `member:join` or `member:update`, or as soon as what is kept here has been read. Concerns names
   * stored by `verify()` alone, compared by what can be seen of them (NFKC, without invisible characters and
   * white space around); names of letters that merely look alike are not noticed.
   */
  'identity:change': {
    readonly id: string
    readonly peer: Peer
    readonly name: string
    readonly previous: string
  }
  /** A member is reached in another way, or through others, or at the moment not at all. It stays a member. */
  'link:change': {
    readonly id: string
    readonly path: Path['kind']
    /** The members that forward, nearest first; empty unless `path` is `relayed`. */
    readonly via: readonly string[]
    readonly previous: Path['kind']
  }
  /**
   * A message has arrived, whole. `to` says whether it went to all or to me alone. All listeners are given the same
   * bytes.
   */
  message: { readonly from: string; readonly data: MessageData; readonly to: 'all' | 'me' }
  /**
   * So many messages may not have been delivered to this member: those that were not sent with `confirm`. Either it left
   * first (`member-left`, before its `member:leave`), or it acknowledged nothing for `limits.stallMs` while sends waited
   * for it (`member-stalled`; it stays a member, and gets what is sent from then on).
   */
  'delivery:fail': {
    readonly id: string
    readonly code: DeliveryFailure['code']
    readonly count: number
    /** The name of the channel that they were sent on; absent of what `send` and `sendTo` sent. */
    readonly channel?: string
  }
  /**
   * A member sent something on a channel of mine that its codec cannot read, or that its `validate` refuses. Nothing else
   * comes of it: the channel goes on, and so does the member.
   */
  'channel:invalid': ChannelInvalid
  /** A member's presence is another one. `next` is `null` when it has cleared it or left; `previous` when it had none. */
  'presence:change': PresenceChange
  /**
   * A member offers a file: nothing of it is sent before `offer.accept()`. While nobody listens, files are declined. An offer
   * that is neither accepted nor rejected waits until its sender takes it back or leaves.
   */
  file: FileOffer
  /** A member has opened a duplex with me. While nobody listens, they are refused. */
  'duplex:open': DuplexOpened
  /**
   * A member has a stream for me, and all of it arrives: its tracks are in `stream`. Fires once for each stream, after the member's
   * `member:join`; for those that were there before, too.
   */
  'stream:add': RemoteStream
  /** A stream of a member has other tracks, or is muted otherwise; the payload is that of its `stream:add`. */
  'stream:update': RemoteStream
  /**
   * A stream of a member is gone; its tracks have ended. Comes before the member's `member:leave`. One that was `unreachable` is
   * added again when there is a link again, as another one.
   */
  'stream:remove': StreamRemoved
  /**
   * A member has a stream for me that cannot come: for 3 s there has been no WebRTC link with it, and nothing of media is ever sent through
   * others. Messages go on. `stream:add` follows if there is a link later.
   */
  'stream:unavailable': StreamUnavailable
  /** A track of one of my streams has ended by itself. Nothing is sent of it until it is replaced or removed. */
  'stream:lost': StreamLost
  /**
   * Another of the members whose audio comes speaks, or nobody does any more: one at a time, kept through breaths, coughs and short interruptions. Levels
   * are looked at five times a second, from at most a second after somebody listens.
   */
  'speaker:change': SpeakerChange
  /**
   * The browser refuses sound in an element that a stream was attached to, as nobody has touched the page: it plays without. Once, until
   * `group.startAudio()`, called by what a click does, has helped.
   */
  'audio:blocked': Readonly<Record<string, never>>
  /**
   * The group has changed its state; `group.state` is `next` already. `reason` says why: `join`, `joined`, `leave`,
   * `left`, the code of the error that ended a join, `aborted`, `lost` (with `autoRejoin: false`), `pagehide`, or
   * `failure` when an `error` event tells more.
   */
  'state:change': StateChange
  /**
   * The connection to the signaling server has changed its state. A group needs it to grow, not to talk. `reason` is
   * `suspended` when the page is kept for a way back: everything is closed, and opens again when it returns.
   */
  'signaling:change': {
    readonly previous: SignalingState
    readonly next: SignalingState
    readonly reason: string
  }
  /**
   * Something failed that nobody may have been waiting for: a listener threw, or `join`, `send` or `sendTo` rejected
   * (not when its own `signal` or a `leave()` ended it); or a member and this one have no `auth` in common,
   * `auth-rejected`. Without a listener here it is logged to the console.
   */
  error: { readonly error: unknown }
}

export type GroupEventName = keyof GroupEvents

export interface ListenOptions {
  /** Removes the listener when it aborts. */
  readonly signal?: AbortSignal | undefined
  /**
   * Removes the listener when it is called first.
   * @default false
   */
  readonly once?: boolean | undefined
}

export const groupEventNames: readonly GroupEventName[] = [
  'member:join',
  'member:leave',
  'member:update',
  'identity:change',
  'link:change',
  'message',
  'delivery:fail',
  'channel:invalid',
  'presence:change',
  'file',
  'duplex:open',
  'stream:add',
  'stream:update',
  'stream:remove',
  'stream:unavailable',
  'stream:lost',
  'speaker:change',
  'audio:blocked',
  'state:change',
  'signaling:change',
  'error',
]
