import type { Binding } from '../protocol/carrier.js'

export type TrackKind = 'audio' | 'video'

export interface MediaPortHandlers {
  onText(text: string): void
  /** The link is gone, by whosever doing. Nothing follows. */
  onClose(): void
}

/**
 * What a link that can carry media is to whoever takes that up: the connection that it runs over, and a way to agree on
 * what that is to carry. Calls back in tasks or microtasks of their own.
 */
export interface MediaPort {
  readonly connection: RTCPeerConnection
  /** Whether this side made the first offer, and so makes all of them. */
  readonly initiator: boolean
  /** The certificates of which the members have made sure. Every later description names the same. */
  readonly binding: Binding
  readonly isClosed: boolean
  /** Hands over what has arrived before. Once; calls `onClose` when the link is gone already. */
  take(handlers: MediaPortHandlers): void
  /** In order with all that is written reliably. Without effect once the link is closing. */
  send(text: string): void
  /** The other side broke the rules, or the engine failed: closes the link, whose owner hears the reason. */
  fail(reason: string): void
  /** One without tracks, of the engine that the connection is of. */
  createStream(): MediaStream
}

/**
 * Tracks to and from one member, over one link. A track of mine goes by a number that is its *label* at both ends, and
 * so does one of theirs; which of the connection's senders carries it may change when it was stopped.
 */
export interface MediaLink {
  /**
   * Sends this track under this label, from when there is room on the connection, in place of the one that went by the
   * label before. With `null` the label is kept and nothing is sent. Resolves when the engine has taken it, or once the
   * link is gone; rejects with what the engine says of a track that it cannot send.
   */
  send(label: number, kind: TrackKind, track: MediaStreamTrack | null): Promise<void>
  /** The label is free. */
  stop(label: number): void
  /** What arrives under a label of theirs; `null` when nothing can. The link's own: hand out clones. */
  track(label: number): MediaStreamTrack | null
  /** What carries this label of mine; `null` while there is no room for it. How it encodes is the caller's. */
  sender(label: number): RTCRtpSender | null
  createStream(): MediaStream
  stats(): Promise<RTCStatsReport>
  /** Nothing more is sent, and nobody called. */
  release(): void
}

export interface MediaLinkHandlers {
  /** What `track` gives for some label is another. */
  onTracks(): void
  onClose(): void
}
