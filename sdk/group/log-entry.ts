import type { LogLevel } from '../util/log.js'

export type { LogLevel } from '../util/log.js'

/**
 * Who tells: the group itself, its sockets to signaling servers, the engine (`mesh`: set-up, sessions, paths, silence),
 * links, channels and presence, files and duplexes, media, logs. `DEBUG` and `localStorage.debug` call them `skein:group` and so on.
 */
export type LogRoom = 'group' | 'signaling' | 'mesh' | 'link' | 'channel' | 'transfer' | 'media' | 'log'

/**
 * One thing that a group has done or met with, as the option `logger` is given it. Plain, frozen, ready for JSON.
 *
 * Beside what stands here an entry has fields of its own, by its `event`: ids of members (their first 6 characters), codes, numbers and
 * words of skein's. Never in it: keys, secrets, tokens, messages, values, presence, profiles, names of files, session descriptions,
 * addresses; of URLs no more than the host. The name of a channel is shown, as it is a name in your code. Which events there
 * are, and with which fields, may change with any version.
 */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly timeMs: number
  /** Which group of this page or process: 1 is the first that was made. */
  readonly group: number
  readonly room: LogRoom
  /**
   * `debug`: a step on the way; `info`: a move of the group, a link or a member; `warn`: trouble that was dealt with;
   * `error`: what the event `error` tells, too.
   */
  readonly level: LogLevel
  readonly event: string
  readonly [field: string]: string | number | boolean | null | readonly string[]
}

/**
 * Takes log entries, one after the other as they happen; quick, since the group waits for it. What it throws is dropped: a
 * logger disturbs nobody.
 */
export type Logger = (entry: LogEntry) => void
