import type { Raw } from './journal.js'
import { createEntry } from './log-entries.js'
import type { LogEntry, Logger } from './log-entry.js'

/**
 * Makes entries of what happens: for the application's own logger, and as lines for what `setting` names. That reads as in
 * the package `debug`: names with `*` for anything, apart by commas or spaces, and `-` before those that are left out.
 */
export const openLogOutput = (
  group: number,
  logger: Logger | null,
  setting: string,
  writeLine: (line: string) => void,
): ((raw: Raw) => void) => {
  const named = readSetting(setting)
  let lastMs: number | null = null
  return (raw) => {
    const entry = createEntry(group, raw)
    if (logger !== null) guard(() => logger(entry))
    if (!named(`skein:${entry.room}`)) return
    const sinceMs = entry.timeMs - (lastMs ?? entry.timeMs)
    lastMs = entry.timeMs
    guard(() => {
      writeLine(`${formatEntry(entry)} +${Math.round(sinceMs)}ms`)
    })
  }
}

const readSetting = (setting: string): ((name: string) => boolean) => {
  const patterns = setting.split(/[\s,]+/).map((text) => {
    const isLeftOut = text.startsWith('-')
    const source = text.slice(isLeftOut ? 1 : 0).replace(/[^\w*]/g, '\\$&')
    return { isLeftOut, pattern: new RegExp(`^${source.replace(/\*+/g, '.*')}$`) }
  })
  const isNamed = (name: string, leftOut: boolean): boolean =>
    patterns.some(({ isLeftOut, pattern }) => isLeftOut === leftOut && pattern.test(name))
  return (name) => isNamed(name, false) && !isNamed(name, true)
}

/** Whoever fails to log has nobody to tell, and is nobody's trouble but its own. */
const guard = (run: () => unknown): void => {
  try {
    const result = run()
    if (result instanceof Promise) result.catch(() => undefined)
  } catch {
    // As above.
  }
}

const formatEntry = ({ timeMs: _, group, room, level, event, ...fields }: LogEntry): string => {
  const told = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`)
  return [`skein:${room}`, `#${group}`, ...(/^[we]/.test(level) ? [level] : []), event, ...told].join(' ')
}
