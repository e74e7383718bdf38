import type { Muted, OutgoingStream } from './outgoing-stream.js'

/** A stream of another member, from `stream:add` to `stream:remove`; the same object in all of its events. */
export interface RemoteStream {
  /** The member's id. */
  readonly from: string
  /**
   * The same for its whole life: tracks are exchanged in it when their member replaces, adds or removes some, and when
   * the link is another. They may be stopped here; the member is not told.
   */
  readonly stream: MediaStream
  /** What the member says of it; frozen. */
  readonly metadata: unknown
  /** Of which its member sends nothing now. */
  readonly muted: Muted
  /**
   * Plays it in this element, in place of what was attached there; in as many as you like. Its member sends no video that nobody sees, and none
   * larger than it is seen: from the first call on, videos count as shown where an element with them is in the window of a page in front. Without effect
   * once the stream is removed. Throws a `TypeError` for what is no media element.
   */
  readonly attach: (element: HTMLMediaElement) => void
  /** Takes it out of this element, or of all. A stream that is removed is taken out by itself. */
  readonly detach: (element?: HTMLMediaElement) => void
}

export interface StreamRemoved extends Pick<RemoteStream, 'from' | 'stream' | 'metadata'> {
  /** `removed`: by its member; `left`: its member has left; `unreachable`: no link that carries media leads there any more. */
  readonly reason: 'removed' | 'left' | 'unreachable'
}

/** A member has a stream for me, and no link that could bring it. */
export interface StreamUnavailable {
  readonly from: string
  readonly metadata: unknown
  /** The member is reached through others, who would see what they pass on, or over a socket. */
  readonly reason: 'relayed'
  /** What helps: a TURN server among the `iceServers` of both. */
  readonly hint: 'turn'
}

/** A track of mine has ended by itself: its device is gone, or somebody ended the sharing of a screen. */
export interface StreamLost {
  readonly stream: OutgoingStream
  readonly track: MediaStreamTrack
}
