/**
 * How a stream is carried. Messages and what is in bulk reach everybody once and in order; what is in bulk lets all else go
 * before it, comes in pieces of at most 64,512 bytes, and waits for its recipient without end. The other two promise
 * nothing: of `LATEST`, what is not sent yet when something newer comes never is.
 */
export const STREAM_MODE = { MESSAGES: 0, BULK: 1, UNRELIABLE: 2, LATEST: 3 } as const

export type StreamMode = (typeof STREAM_MODE)[keyof typeof STREAM_MODE]

export const isStreamMode = (mode: number): mode is StreamMode => mode <= STREAM_MODE.LATEST

/** Whether what is sent on it is kept until it is acknowledged. */
export const isReliable = (mode: StreamMode): boolean => mode === STREAM_MODE.MESSAGES || mode === STREAM_MODE.BULK

/** Who reads a stream. Of the engine, it decides which of two limits the stream counts for. */
export const STREAM_KIND = {
  CHANNEL: 1,
  PRESENCE: 2,
  TRANSFER: 3,
  FILE: 4,
  DUPLEX: 5,
  LOG_HELLO: 6,
  LOG: 7,
  MEDIA: 8,
} as const

/** Whether applications open as many of these as they like; of all other kinds a member has one or two. */
export const isOpenedFreely = (kind: number): boolean =>
  kind === STREAM_KIND.CHANNEL || kind === STREAM_KIND.FILE || kind === STREAM_KIND.DUPLEX

/** What is sent by `send`: open from the start, both ways. */
export const MESSAGE_STREAM = 0
/** Below this, ids are kept for streams that need no opening. */
export const FIRST_STREAM = 16

/** Says what a stream is. Its id is of its sender's choice, the same towards everyone, and never used twice. */
export interface Opening {
  readonly stream: number
  /** One of `STREAM_KIND`, or of a later version. */
  readonly kind: number
  readonly mode: StreamMode
  /** At most 64 bytes in UTF-8. */
  readonly name: string
}
