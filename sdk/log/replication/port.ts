/** Where a peer is reached, as far as whoever made the way to it knows. */
export type PeerPath = 'direct' | 'relayed'

/** The way to one peer for one log: whole frames, each once and in order, until it is closed. */
export interface LogPort {
  /** Who the peer is: what it does wrong on one log counts for all of them. */
  readonly peerId: string
  /** 32 bytes that this device and the peer have agreed on, and that neither has with anybody else. */
  readonly binding: Uint8Array
  /** Which of the two this device is: one side has `true`, the other `false`. */
  readonly isFirst: boolean
  readonly path: () => PeerPath
  /** One frame, which these are the parts of. Resolves when there is room for more. What is sent on a way that is closed goes nowhere. */
  send(...frame: readonly Uint8Array[]): Promise<void>
  /** Nothing more is sent. Idempotent. */
  close(): void
}

/** What replication needs of the machine. */
export interface Timing {
  now(): number
  setTimer(ms: number, run: () => void): () => void
}
