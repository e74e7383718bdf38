import type { Binding, Lane } from '../protocol/carrier.js'
import type { Opening } from '../protocol/streams.js'

/** Names one carrier for its whole life; the engine hands them out, never twice. */
export type CarrierId = number

/** `all` or a member's id. */
export type Audience = string

/**
 * How a carrier is closed: at once, after what is written has gone out, when the other side does, which has said that it is
 * about to, or at once for what the other side has sent, and saying so where the carrier can.
 */
export type Closing = 'now' | 'drained' | 'by-other' | 'misconduct'

/** What happens to the engine. It learns of the world through these alone. */
export type EngineEvent =
  /** Begin: dial the signaling server, if there is one. */
  | { readonly type: 'start' }
  /** A carrier that the engine asked for is open. `binding` is present on links whose transport has certificates. */
  | {
      readonly type: 'carrier:open'
      readonly carrier: CarrierId
      readonly room: Readonly<Record<Lane, number>>
      readonly binding: Binding | null
    }
  /** A socket that was not asked for leads to another member, who will say which. The carrier is one of `newCarrier`. */
  | { readonly type: 'carrier:arrived'; readonly carrier: CarrierId; readonly room: number }
  /** Gone, or never came up. `code` is the close code of a signaling socket. */
  | { readonly type: 'carrier:closed'; readonly carrier: CarrierId; readonly code?: number; readonly reason: string }
  | { readonly type: 'carrier:bytes'; readonly carrier: CarrierId; readonly lane: Lane; readonly bytes: Uint8Array }
  /** `bytes` may be written now, counting all that was written before. */
  | {
      readonly type: 'carrier:room'
      readonly carrier: CarrierId
      readonly lane: Lane
      readonly bytes: number
      /** What of it may be taken by what can wait; all of it by default. */
      readonly bulk?: number
    }
  /** A link's own description or a later candidate is ready; opaque to the engine. */
  | {
      readonly type: 'link:signal'
      readonly carrier: CarrierId
      readonly kind: 'description' | 'candidate'
      readonly bytes: Uint8Array
    }
  /**
   * The application sends. The engine owns `bytes` from here on. `submission` names it in `admitted` and `failed`, or, with
   * `confirm`, in `reported`.
   */
  | {
      readonly type: 'submit'
      readonly submission: number
      readonly to: Audience
      readonly kind: MessageKind
      readonly bytes: Uint8Array
      readonly confirm?: boolean
      /** One that is open, or the message stream. */
      readonly stream?: number
      /** Nothing follows on that stream. */
      readonly end?: boolean
    }
  /** The application sends on a stream that promises nothing: what there is no room for now is lost, or replaced. */
  | { readonly type: 'post'; readonly stream: number; readonly to: Audience; readonly bytes: Uint8Array }
  /**
   * I am going to send on this stream. Its id is at least `FIRST_STREAM`, and was never used before. `isWatched`: `acknowledged` tells of it.
   */
  | { readonly type: 'stream:open'; readonly opening: Opening; readonly isWatched?: boolean }
  /** The application takes no more of a member's stream for now, or goes on. */
  | { readonly type: 'stream:pause'; readonly from: string; readonly stream: number; readonly isPaused: boolean }
  /** I send nothing more on this stream; whoever knows of it was sent its end. */
  | { readonly type: 'stream:close'; readonly stream: number }
  /** Gives up what is not acknowledged of one of my streams. */
  | { readonly type: 'stream:cut'; readonly stream: number }
  /** The device says that the network or the page is back: waits end now, and so does being suspended. */
  | { readonly type: 'hint'; readonly hint: 'online' | 'resumed' }
  /**
   * The page is put away and may come back: says goodbye for a while, closes everything and holds still until a hint.
   * Only once joined.
   */
  | { readonly type: 'suspend' }
  /** Leave: say goodbye. With `now`, nothing is waited for; else unacknowledged messages get a moment first. */
  | { readonly type: 'leave'; readonly now: boolean }
  /** The time that `wake` asked for has come. */
  | { readonly type: 'timer' }

/** Why a member did not get a message, or not for certain. */
export interface DeliveryFailure {
  readonly id: string
  readonly code: 'member-left' | 'member-stalled' | 'stream-refused' | 'closed'
  /** Some of it was on its way: it was delivered once or not at all. Otherwise not at all. */
  readonly maybeDelivered: boolean
}

/** What became of a message, member by member. */
export interface DeliveryReport {
  /** Ids of those whose SDK has handed it to the application. */
  readonly delivered: readonly string[]
  readonly failed: readonly DeliveryFailure[]
}

export type MessageKind = 'text' | 'binary'

export interface Delivery {
  readonly from: string
  readonly to: 'all' | 'me'
  /** The sender's name for it; the message stream is 0. */
  readonly stream: number
  readonly kind: MessageKind
  /** The stream has ended with it. */
  readonly end: boolean
  readonly bytes: Uint8Array
}

/** A member has acknowledged more of one of my streams, or will be sent no more of it. */
export interface Acknowledged {
  readonly stream: number
  /** The member. */
  readonly id: string
  /** What it has not acknowledged, be it on its way or not: its bytes, and 64 for each message. */
  readonly bytes: number
}

/** What the engine asks of the world. Calls are made during `step` and must not call back into it. */
export interface Effects {
  /** Dial the signaling server, by the host's list. */
  openServer(carrier: CarrierId): void
  /** Begin a link to a member; `remote` is its description when it is the one that offers. */
  openLink(carrier: CarrierId, memberId: string, remote: Uint8Array | null): void
  /** This member is about to begin a link with me. Only a hint: it may not, and others may without one. */
  expectLink(memberId: string): void
  /** Open a socket to a member, by an address of its card. */
  dialLink(carrier: CarrierId, address: string): void
  /** Hand a remote description or candidate to a link. */
  signalLink(carrier: CarrierId, bytes: Uint8Array): void
  /**
   * Never beyond the room reported, but for a goodbye. What is kept of the bytes is copied: on links that take frames as they are, the next one
   * is written in their place. A sealed one, as all on sockets are, is nobody else's.
   */
  write(carrier: CarrierId, lane: Lane, bytes: Uint8Array): void
  /** The engine forgets the carrier at once. */
  close(carrier: CarrierId, how: Closing): void
  /** The link over this carrier is bound to this member. Of several with it the newest is to carry what belongs to a link. */
  linkBound(carrier: CarrierId, memberId: string): void
  deliver(message: Delivery): void
  /** A member is going to send on a stream of its own; before anything is delivered of that. */
  streamOpened(opened: { readonly from: string; readonly opening: Opening }): void
  /** Of streams that are watched. */
  acknowledged(acknowledged: Acknowledged): void
  /** This submission is in every recipient's window: its `send` resolves. */
  admitted(submission: number): void
  /** Everyone whom this submission was for has it, or will never have it. */
  reported(submission: number, report: DeliveryReport): void
  /** This submission was for a member alone that left or stalled before there was room for it. */
  failed(submission: number, failure: DeliveryFailure): void
  emit(notice: EngineNotice): void
  /** Send a `timer` event at this time; a time not after now means as soon as the current task's calls are done. */
  wake(atMs: number): void
}

export type LeaveReason = 'goodbye' | 'timeout' | 'replaced' | 'removed'

/** What the engine tells its owner. */
export type EngineNotice =
  /** `join()` may resolve: the group is empty, or a first link is bound and its roster confirmed or waited for. */
  | { readonly type: 'joined' }
  | { readonly type: 'member:join'; readonly id: string }
  | { readonly type: 'member:leave'; readonly id: string; readonly reason: LeaveReason }
  | { readonly type: 'member:update'; readonly id: string }
  /** So many messages to this member that nobody wanted a report of may not have been delivered. */
  | {
      readonly type: 'delivery:fail'
      readonly id: string
      readonly stream: number
      readonly code: DeliveryFailure['code']
      readonly count: number
    }
  | { readonly type: 'path:change'; readonly id: string; readonly path: Path; readonly previous: Path }
  /** One of us does not let the other in, each time that it comes to that; `isNews` unless it has before. */
  | { readonly type: 'refused'; readonly id: string; readonly by: 'me' | 'them'; readonly isNews: boolean }
  /** Everybody that I was introduced to has refused, or I them: `join()` is to fail. */
  | { readonly type: 'rejected' }
  | { readonly type: 'signaling:change'; readonly state: SignalingState; readonly reason: string }
  /** Goodbyes are written and every carrier is closed or draining; no effect follows. */
  | { readonly type: 'left' }

export type SignalingState = 'connecting' | 'open' | 'closed'

/** How a member is reached now, and through whom. */
export interface Path {
  readonly kind: 'direct' | 'relayed' | 'none'
  readonly via: readonly string[]
}
