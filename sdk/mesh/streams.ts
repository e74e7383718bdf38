import type { STREAM_KIND, StreamMode } from '../protocol/streams.js'
import type { DeliveryReport } from './events.js'

/**
 * What the rooms above the engine are given of a group: streams of one kind each, beside the messages that `send` sends.
 * They know nothing of joins, links or engines; a stream that is theirs is opened anew in every join when it is first used.
 */
export type StreamKind = (typeof STREAM_KIND)[keyof typeof STREAM_KIND]

/** `all`, or a member's id. */
export type StreamAudience = string

export interface StreamSendOptions {
  readonly signal?: AbortSignal | undefined
  /** Resolve with what became of it, recipient by recipient, and not when it has found room. */
  readonly confirm?: boolean
  /** Nothing follows: the stream is over for whoever this is for. */
  readonly end?: boolean
}

/** A stream of mine. Its messages reach each recipient once, in the order sent, to all and to one included. */
export interface OwnStream {
  /**
   * Resolves once every recipient's window has taken it, with `confirm` once each has it or never will. The bytes are the
   * stream's from here on. Rejects `not-joined`, `member-unknown`, and of what is for one member `member-left`,
   * `member-stalled` and `stream-refused`; with the signal's reason when that aborts: the message goes on its way all the same.
   */
  send(to: StreamAudience, bytes: Uint8Array, options?: StreamSendOptions): Promise<DeliveryReport | undefined>
  /**
   * In modes that are not reliable: sends what there is room for now, and nothing is told of the rest. Without effect while
   * the group is not joined.
   */
  post(to: StreamAudience, bytes: Uint8Array): void
  /** Gives up what nobody has acknowledged yet: those who wait for room are let through. */
  cut(): void
  /**
   * Nothing more is sent on it: what is on its way still arrives. Whoever was sent anything must have been sent the end. Idempotent;
   * a stream that is not closed takes memory for as long as the group is joined.
   */
  close(): void
}

/** A stream of another member, from its first message to its last or until that member leaves. */
export interface MemberStream {
  /** The member's id. */
  readonly from: string
  readonly name: string
  readonly mode: StreamMode
  /** Whether messages may come. While they may not, at most a window of them follows, and their sender waits. */
  pause(isPaused: boolean): void
}

export interface StreamMessage {
  readonly to: 'all' | 'me'
  readonly bytes: Uint8Array
  /** The stream is over with it. */
  readonly end: boolean
}

/** Reads what one stream of another member brings. Must not throw. */
export interface StreamReader {
  message(message: StreamMessage): void
  /** Its member has left, or this join is over, before the stream was. Nothing follows. */
  lost(): void
}

/**
 * Told of a stream of mine when a member has acknowledged more of it: `bytes` are what that member has not acknowledged, be it on its way
 * or not, with 64 for each message. May be behind what was sent in the same task.
 */
export type AcknowledgedListener = (id: string, bytes: number) => void

export interface StreamHub {
  /** Those that are here, mine first; empty while the group is not joined. */
  readonly members: readonly string[]
  /** Empty before the first join. */
  readonly myId: string
  /** Throws `not-joined`, as `send` would reject. `action` begins its text: "file could not be sent". */
  assertJoined(action: string): void
  /** A stream of mine. `name`: at most 64 bytes in UTF-8, told to whoever is sent anything on it. */
  own(kind: StreamKind, mode: StreamMode, name: string, acknowledged?: AcknowledgedListener): OwnStream
  /**
   * Who reads streams of that kind which are opened from now on: one at a time. `null` lets what comes on one go by. The result
   * ends that; what is being read still is. Throws a `TypeError` when the kind has a reader.
   */
  read(kind: StreamKind, accept: (stream: MemberStream) => StreamReader | null): () => void
  /** Called when a member is here, or has left. Returns a function that ends that. */
  onMember(listener: (change: { readonly id: string; readonly isHere: boolean }) => void): () => void
  /** Tells the application of what nobody waits for; never throws. */
  report(error: unknown): void
}

/** What a group gives to rooms that an application loads by themselves. */
export interface StreamHome {
  /** Calls back once with the streams of a group: when its first join has loaded them, or at once after that. The result takes it back. */
  onStreams(use: (hub: StreamHub) => void): () => void
}

const homes = new WeakMap<object, StreamHome>()

/** Once, of a group that is being made. */
export const registerStreams = (group: object, home: StreamHome): void => {
  homes.set(group, home)
}

/** Throws a `TypeError` for what is no `WebGroup` of this copy of the library. */
export const streamsOf = (group: object): StreamHome => {
  const home = homes.get(group)
  if (home === undefined) throw new TypeError('expected a WebGroup')
  return home
}
