/** What the other side sent cannot be what an honest one would send here. */
export class InvitationError extends Error {
  override readonly name = 'InvitationError'
  readonly reason: 'damaged' | 'forged' | 'other-identity'

  constructor(reason: 'damaged' | 'forged' | 'other-identity', options?: { cause?: unknown }) {
    super(`invitation failed: ${reason}`, options)
    this.reason = reason
  }
}
