/** The one error that escapes a decoder: the bytes are not a frame of this protocol. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  /** What is wrong with the bytes, in a few words, fit to be shown to whoever sent them. */
  readonly reason: string

  constructor(reason: string, options?: { cause?: unknown }) {
    super(`cannot decode frame: ${reason}`, options)
    this.reason = reason
  }
}
