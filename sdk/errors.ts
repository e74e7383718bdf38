/** Every code a {@link SkeinError} can carry. The list is closed; README names cause and remedy of each. */
export type SkeinErrorCode =
  | 'not-joined'
  | 'join-timeout'
  | 'signaling-missing'
  | 'signaling-unreachable'
  | 'signaling-refused'
  | 'peers-unreachable'
  | 'already-joined'
  | 'auth-rejected'
  | 'version-mismatch'
  | 'member-unknown'
  | 'member-left'
  | 'member-stalled'
  | 'stream-refused'
  | 'message-too-large'
  | 'file-declined'
  | 'file-corrupt'
  | 'transfer-cancelled'
  | 'duplex-refused'
  | 'invite-failed'
  | 'insecure-url'
  | 'media-denied'
  | 'media-missing'
  | 'media-busy'
  | 'media-unsupported'
  | 'engine-missing'
  | 'storage-failed'
  | 'storage-full'
  | 'storage-lost'
  | 'storage-blocked'
  | 'block-missing'
  | 'block-timeout'
  | 'block-unavailable'
  | 'block-too-large'
  | 'log-read-only'
  | 'log-forked'
  | 'log-restored'
  | 'log-damaged'
  | 'encryption-key-wrong'
  | 'passphrase-wrong'
  | 'member-unnamed'
  | 'value-invalid'
  | 'no-handler'
  | 'handler-failed'
  | 'busy'
  | 'answer-streamed'
  | 'request-timeout'
  | 'closed'

/**
 * What skein rejects with when something other than the caller's arguments is at fault.
 * (Bad arguments are `TypeError` or `RangeError`; an abort rejects with the signal's own reason.)
 */
export class SkeinError extends Error {
  override readonly name = 'SkeinError'
  /** A fact that a caller can act on. */
  readonly code: SkeinErrorCode
  /**
   * Of a message whose recipient left or stalled first: whether it got the message all the same (once, or not at all). Absent where
   * that is no question.
   */
  declare readonly maybeDelivered?: boolean
  /** Of a transfer that was cancelled: on which side. Absent from all else. */
  declare readonly by?: 'me' | 'them'
  /** Of what the other side declined or cancelled: its own words, at most 512 bytes in UTF-8. Absent when it gave none. */
  declare readonly reason?: string

  /** Of a request that failed: whether its handler may have run all the same (once, or not at all). Absent elsewhere. */
  declare readonly maybeRan?: boolean

  constructor(
    code: SkeinErrorCode,
    message: string,
    options?: { cause?: unknown; maybeDelivered?: boolean; maybeRan?: boolean; by?: 'me' | 'them'; reason?: string },
  ) {
    super(message, options)
    this.code = code
    if (options?.maybeDelivered !== undefined) this.maybeDelivered = options.maybeDelivered
    if (options?.maybeRan !== undefined) this.maybeRan = options.maybeRan
    if (options?.by !== undefined) this.by = options.by
    if (options?.reason !== undefined) this.reason = options.reason
  }
}
