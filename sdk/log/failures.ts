import { SkeinError } from '../errors.js'

export const damaged = (what: string, cause?: unknown): SkeinError =>
  new SkeinError('log-damaged', `log is damaged: ${what}`, { cause })

export const blockMissing = (index: number): SkeinError =>
  new SkeinError('block-missing', `block could not be read: "${index}" is not on this device`)

export const byteUnknown = (index: number): SkeinError =>
  new SkeinError('block-missing', `byte could not be found: "${index}" before it never was on this device`)

export const blockTimeout = (index: number, timeoutMs: number): SkeinError =>
  new SkeinError('block-timeout', `block could not be read: nobody had "${index}" within ${timeoutMs} ms`)

export const blockUnavailable = (index: number): SkeinError =>
  new SkeinError('block-unavailable', `block could not be read: no peer of the log has "${index}"`)

export const readOnly = (): SkeinError =>
  new SkeinError('log-read-only', 'log could not be appended to: its writer is another device')

export const restored = (): SkeinError =>
  new SkeinError(
    'log-restored',
    'log could not be appended to: others may have more of it than this device, and recover() comes first',
  )

export const forked = (): SkeinError =>
  new SkeinError('log-forked', 'log could not be appended to: its writer has signed two histories')

export const wrongKey = (action: string, why: string): SkeinError =>
  new SkeinError('encryption-key-wrong', `${action}: ${why}`)

export const logClosed = (): SkeinError => new SkeinError('closed', 'log could not be used: it was closed')

export const storeClosed = (): SkeinError => new SkeinError('closed', 'store could not be used: it was closed')

export const storeReadOnly = (action: string): SkeinError =>
  new SkeinError('log-read-only', `${action}: the store is of another device`)

export const blockTooLarge = (bytes: number, most: number): SkeinError =>
  new SkeinError(
    'block-too-large',
    `log could not be appended to: a value has ${bytes} bytes, and a block takes ${most}`,
  )

export const isClosed = (error: unknown): boolean => error instanceof SkeinError && error.code === 'closed'

/** The same for somebody else: nobody may share one. */
export const again = (error: unknown): unknown =>
  error instanceof SkeinError ? new SkeinError(error.code, error.message, { cause: error.cause }) : error
