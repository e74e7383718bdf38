import { SkeinError, type SkeinErrorCode } from '../errors.js'
import type { StreamHub } from '../mesh/streams.js'

/** "file could not be sent", "duplex could not be opened": how the text of an error begins. */
export type Action = string

const quoted = (reason: string): string => (reason === '' ? '' : `: "${reason}"`)
const withReason = (reason: string): { reason?: string } => (reason === '' ? {} : { reason })

export const memberUnknown = (action: Action, id: string): SkeinError =>
  new SkeinError('member-unknown', `${action}: "${id}" is not another member of the group`)

export const memberLeft = (action: Action, id: string): SkeinError =>
  new SkeinError('member-left', `${action}: "${id}" has left`)

export const groupLeft = (action: Action): SkeinError => new SkeinError('closed', `${action}: the group was left`)

/** Of a message on a stream, by the code that the engine gives. */
export const undelivered = (id: string, code: SkeinErrorCode): SkeinError => {
  const why = code === 'stream-refused' ? 'takes no more streams' : 'has not got it'
  return new SkeinError(code, `message could not be sent: "${id}" ${why}`)
}

/** A stream of this member is over before its end: it has left, or I have. */
export const streamLost = (hub: Pick<StreamHub, 'members'>, action: Action, id: string): SkeinError =>
  hub.members.length === 0 ? groupLeft(action) : memberLeft(action, id)

export const cancelledByMe = (action: Action, reason: string): SkeinError =>
  new SkeinError('transfer-cancelled', `${action}: it was cancelled here${quoted(reason)}`, {
    by: 'me',
    ...withReason(reason),
  })

export const cancelledBy = (action: Action, id: string, reason: string): SkeinError =>
  new SkeinError('transfer-cancelled', `${action}: "${id}" has cancelled it${quoted(reason)}`, {
    by: 'them',
    ...withReason(reason),
  })

export const declined = (action: Action, what: string, reason = ''): SkeinError =>
  new SkeinError('file-declined', `${action}: ${what}${quoted(reason)}`, withReason(reason))

export const corrupt = (action: Action, what: string): SkeinError =>
  new SkeinError('file-corrupt', `${action}: ${what}`)

/** As `error` is, or, if it is no error of skein's, with this code and `error` as its cause. */
export const asSkeinError = (action: Action, code: SkeinErrorCode, error: unknown): SkeinError =>
  error instanceof SkeinError ? error : new SkeinError(code, action, { cause: error })

const untold: Partial<Record<SkeinErrorCode, string>> = {
  // Its engine does that, and its application hears nothing of it.
  'stream-refused': 'too many streams',
  'member-stalled': 'nothing was taken for too long',
}

/** What the other side is told of an error that it cannot know of; empty for all others. */
export const untoldText = (error: unknown): string => (error instanceof SkeinError && untold[error.code]) || ''
