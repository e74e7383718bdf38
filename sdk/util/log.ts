/** How much a log entry matters: a step on the way, a move of a lifecycle, trouble that was dealt with, what an application should see. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Ids, codes, numbers and words of our own; never what an application or a member has written. `undefined` is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[] | undefined>>

/**
 * How one room tells what it does. `undefined` where nobody listens, and every call is `log?.(…)`: then nothing of it is
 * evaluated, neither its fields nor its text.
 */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void
