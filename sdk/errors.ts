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
  | 'message-too-large'
  | 'invite-failed'
  | 'insecure-url'
  | 'engine-missing'
  | 'storage-failed'
  | 'passphrase-wrong'
  | 'member-unnamed'
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

  constructor(code: SkeinErrorCode, message: string, options?: { cause?: unknown; maybeDelivered?: boolean }) {
    super(message, options)
    this.code = code
    if (options?.maybeDelivered !== undefined) this.maybeDelivered = options.maybeDelivered
  }
}
