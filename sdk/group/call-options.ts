import { parseGroupKey } from '../crypto/index.js'
import { checkBoolean, checkFields, checkSignal, checkWhole } from './checks.js'

/** What the calls of a group take beside their arguments. */

export interface JoinOptions {
  /** Ends the attempt: the promise rejects with the signal's reason, and nothing stays open. */
  readonly signal?: AbortSignal | undefined
  /**
   * How long to try, in milliseconds.
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined
}

export interface SendOptions {
  /**
   * Ends the waiting for room, not the message: once handed over it is sent all the same, since those after it are
   * counted from it. A signal that was aborted before the call keeps the message from being sent.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Whether to wait until each recipient's SDK has handed the message to the application.
   * @default false
   */
  readonly confirm?: boolean | undefined
}

/** {@link SendOptions}, checked. */
export const readSendCall = (action: string, options: SendOptions) => {
  const { signal, confirm } = checkFields(action, 'options', options, ['signal', 'confirm'])
  return {
    signal: checkSignal(action, signal),
    confirm: confirm === undefined ? false : checkBoolean(action, 'confirm', confirm),
  }
}

export interface InviteOptions {
  /** Ends the wait: the promise rejects with the signal's reason. The bot may come all the same. */
  readonly signal?: AbortSignal | undefined
}

/** What a join was called with, checked; `given` is `null` when that was no key. */
export const readJoinCall = (action: string, key: string | undefined, options: JoinOptions) => {
  const given = key === undefined ? null : { key, groupKey: parseGroupKey(key) }
  const fields = checkFields(action, 'options', options, ['signal', 'timeoutMs'])
  const { timeoutMs = 30_000 } = fields
  const limits = [1, 2 ** 31 - 1] as const
  return {
    given,
    signal: checkSignal(action, fields.signal),
    timeoutMs: checkWhole(action, 'timeoutMs', timeoutMs, ...limits),
  }
}
