import type { SharedAction } from '../../protocol/shared-entry.js'

/** What a log has seen of others, by their names, and what it says. */
export interface WriterEntry {
  readonly seen: readonly { readonly writer: string; readonly length: number }[]
  readonly action: SharedAction
  /** Of `authorize` and `revoke`: whom. */
  readonly whom: string
}

/** An entry at its place among those of all writers. */
export interface OrderedEntry {
  readonly writer: string
  /** In its writer's log. */
  readonly index: number
  /** Greater than that of all that its writer had seen. */
  readonly time: number
  readonly entry: WriterEntry
}

/** One who may write, or could. */
export interface Right {
  readonly isAdmin: boolean
  /** Entries from this one on do not count; Infinity for who may write. */
  readonly end: number
}

export interface Order {
  /** All entries that count, in one order for all that have the same logs. */
  readonly entries: readonly OrderedEntry[]
  /** All that ever had the right, by name. */
  readonly rights: ReadonlyMap<string, Right>
  /** Of each log, how many of its entries have a place: those before which all is here that their writer had seen. */
  readonly lengths: ReadonlyMap<string, number>
}

type Logs = ReadonlyMap<string, readonly WriterEntry[]>

/**
 * Merges the logs of all writers. Each entry comes behind all that its writer had seen; which of two that knew nothing of each other
 * comes first is the same everywhere. The founder may write from the start, for good, and let others in; whoever is let in as an admin, too. A
 * revocation counts from what it says on, also for what its author had not seen; of two that revoke each other the first in order counts.
 */
export const orderOf = (logs: Logs, founder: string): Order => {
  const { placed, lengths } = place(logs)
  placed.sort((one, other) => one.time - other.time || compare(one.writer, other.writer) || one.index - other.index)
  // Each round fixes one revocation for good, so that it ends.
  const ends = new Map<string, number>()
  for (;;) {
    const walk = walkThrough(placed, founder, ends)
    if (walk.revoked === null) return { entries: walk.entries, rights: walk.rights, lengths }
    ends.set(walk.revoked.writer, walk.revoked.end)
  }
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** The times of all entries that have one. */
const place = (logs: Logs): { readonly placed: OrderedEntry[]; readonly lengths: ReadonlyMap<string, number> } => {
  const times = new Map([...logs.keys()].map((writer): [string, number[]] => [writer, []]))
  const placed: OrderedEntry[] = []
  for (let isMore = true; isMore;) {
    isMore = false
    for (const [writer, entries] of logs) {
      const mine = times.get(writer) as number[]
      for (let entry = entries[mine.length]; entry !== undefined; entry = entries[mine.length]) {
        const time = timeOf(entry, mine, times)
        if (time === null) break
        placed.push({ writer, index: mine.length, time, entry })
        mine.push(time)
        isMore = true
      }
    }
  }
  return { placed, lengths: new Map([...times].map(([writer, { length }]) => [writer, length])) }
}

/** `null` while something is missing that it had seen. */
const timeOf = (
  { seen }: WriterEntry,
  mine: readonly number[],
  times: ReadonlyMap<string, readonly number[]>,
): number | null => {
  let time = mine.at(-1) ?? 0
  for (const { writer, length } of seen) {
    const theirs = times.get(writer)?.[length - 1]
    if (theirs === undefined) return null
    time = Math.max(time, theirs)
  }
  return time + 1
}

interface Walk {
  readonly entries: readonly OrderedEntry[]
  readonly rights: ReadonlyMap<string, Right>
  /** The first revocation that was not fixed before. */
  readonly revoked: { readonly writer: string; readonly end: number } | null
}

const walkThrough = (placed: readonly OrderedEntry[], founder: string, ends: ReadonlyMap<string, number>): Walk => {
  const endOf = (writer: string): number => ends.get(writer) ?? Infinity
  const rights = new Map<string, Right>([[founder, { isAdmin: true, end: endOf(founder) }]])
  const entries: OrderedEntry[] = []
  for (const each of placed) {
    const right = rights.get(each.writer)
    if (right === undefined || each.index >= right.end) continue
    entries.push(each)
    const { action, whom } = each.entry
    if (action.type === 'value' || !right.isAdmin) continue
    const other = rights.get(whom)
    if (action.type === 'revoke') {
      if (other === undefined || whom === founder || ends.has(whom)) continue
      return { entries, rights, revoked: { writer: whom, end: action.length } }
    }
    rights.set(whom, { isAdmin: action.isAdmin || (other?.isAdmin ?? false), end: endOf(whom) })
  }
  return { entries, rights, revoked: null }
}
