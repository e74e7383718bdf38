import { SkeinError } from '../errors.js'
import type { Platform } from '../platform/platform.js'
import type { Log, LogFields, LogLevel } from '../util/log.js'
import type { CoreEvents } from './group-core.js'
import type { Logger, LogRoom } from './log-entry.js'

/** Of each: enough to see how a group came together, or did not. */
const MAX_HAPPENINGS = 100
const MAX_ERRORS = 20
/** What is told before its output is there. */
const MAX_WAITING = 500

/** A setting that names skein, or may: the output knows for certain. */
const MAY_BE_MEANT = /(?:^|[\s,])(?:skein|s?k?e?i?\*)/

/** Events that are rare, and so are kept for a report. */
const NOTED: ReadonlySet<keyof CoreEvents> = new Set([
  'identified',
  'state:change',
  'signaling:change',
  'member:join',
  'member:leave',
  'link:change',
  'delivery:fail',
  'identity:change',
])

/** An event of the group's, with its payload as listeners are given it. */
export type RawEvent = {
  [K in keyof CoreEvents]: { readonly name: K; readonly payload: CoreEvents[K] }
}[keyof CoreEvents]

/** What happened, as it was handed in: nothing of it may be shown before `log-entries.ts` has made an entry of it. */
export type Raw = { readonly timeMs: number } & (
  | RawEvent
  | {
      readonly name: null
      readonly room: LogRoom
      readonly level: LogLevel
      readonly event: string
      readonly fields: LogFields | undefined
    }
)

/** Groups of this page or process, in the order in which they were made. */
let groups = 0

/**
 * What one group tells of itself: to `DEBUG` or `localStorage.debug`, to the option `logger`, and, of what is rare, to
 * itself, for a report. While neither of the two listens, `logOf` gives no log, and rooms have nothing to do. What makes
 * entries and writes them is loaded only for somebody who listens.
 */
export class Journal {
  /** Newest last. */
  readonly happenings: Raw[] = []
  readonly errors: Raw[] = []
  readonly group = ++groups
  readonly #now: () => number
  /** `null` while nobody listens. */
  #write: ((raw: Raw) => void) | null = null

  constructor(logger: Logger | null, platform: Pick<Platform, 'now' | 'debugSetting' | 'writeDebug'>) {
    this.#now = () => platform.now()
    const setting = platform.debugSetting()
    if (logger === null && !MAY_BE_MEANT.test(setting)) return
    const waiting: Raw[] = []
    this.#write = (raw) => {
      if (waiting.length < MAX_WAITING) waiting.push(raw)
    }
    import('./log-output.js')
      .then(({ openLogOutput }) => {
        const write = openLogOutput(this.group, logger, setting, (line) => platform.writeDebug(line))
        // Whatever is told meanwhile by who is told comes last, too.
        for (const raw of waiting) write(raw)
        this.#write = write
      })
      .catch(() => {
        this.#write = () => undefined
      })
  }

  /** The log of a room; `undefined` while nobody listens. */
  logOf(room: LogRoom): Log | undefined {
    if (this.#write === null) return undefined
    return (level, event, fields) => {
      this.#write?.({ timeMs: this.#now(), name: null, room, level, event, fields })
    }
  }

  /** What is kept for a report, whether or not anybody listens: only what is rare. */
  note(room: LogRoom, level: LogLevel, event: string, fields?: LogFields): void {
    this.#keep(this.happenings, MAX_HAPPENINGS, { timeMs: this.#now(), name: null, room, level, event, fields })
  }

  /** Before the application is told of it. */
  event<K extends keyof CoreEvents>(name: K, payload: CoreEvents[K]): void {
    if (this.#write === null && !NOTED.has(name)) return
    const raw = { timeMs: this.#now(), name, payload } as Raw
    if (NOTED.has(name)) this.#keep(this.happenings, MAX_HAPPENINGS, raw)
    else this.#write?.(raw)
  }

  error(error: unknown): void {
    // Not the error itself, which may hold on to anything.
    const { name, message } = error instanceof Error ? error : { name: typeof error, message: '' }
    const fields = error instanceof SkeinError ? { code: error.code, action: message } : { type: name }
    const raw: Raw = { timeMs: this.#now(), name: null, room: 'group', level: 'error', event: 'error', fields }
    this.#keep(this.errors, MAX_ERRORS, raw)
  }

  #keep(list: Raw[], most: number, raw: Raw): void {
    list.push(raw)
    if (list.length > most) list.shift()
    this.#write?.(raw)
  }
}

/** Tells that something has begun, and what becomes of it. */
export const follow = (log: Log | undefined, what: string, fields: LogFields, outcome: PromiseLike<unknown>): void => {
  if (log === undefined) return
  log('info', `${what}:begin`, fields)
  outcome.then(
    () => log('info', `${what}:done`, fields),
    (error: unknown) => {
      log('warn', `${what}:failed`, { ...fields, code: error instanceof SkeinError ? error.code : 'none' })
    },
  )
}
