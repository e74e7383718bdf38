/**
 * Whoever leaves the `members` of another is owed nothing any more, so an engine that lets everybody go at the first
 * trouble would keep the guarantee. Here each of those partings is held against what was done to the two.
 */
import type { History } from './history.js'

/**
 * A time in which a member may not have been reached, or may not have reached others: frozen, cut off from all, or its
 * path led over a link or a member that was no more, until that was noticed.
 */
export interface Trouble {
  /** `null` when it may have been anybody's. */
  readonly id: string | null
  readonly fromMs: number
  readonly untilMs: number
}

export interface Parting {
  readonly witness: string
  readonly id: string
  readonly reason: string
  readonly atMs: number
}

/** No member is let go that was silent for less; a busy machine makes silences longer than they were meant to be. */
const SILENT_MS = 8_000
/** Both sides are to notice within this. */
const NOTICE_MS = 30_000
/** Troubles that follow each other so closely are one: nothing gets through in between. */
const GAP_MS = 1_000

export const partingsIn = (histories: readonly History[]): readonly Parting[] =>
  histories.flatMap(({ id: witness, entries }) =>
    entries.flatMap((entry) =>
      entry.type === 'leave' ? [{ witness, id: entry.id, reason: entry.reason, atMs: entry.atMs }] : [],
    ),
  )

/**
 * Those of members that are still there and were in no trouble for long enough, and those that are said to break the
 * protocol, which none of them does.
 */
export const withoutCause = (histories: readonly History[], troubles: readonly Trouble[]): readonly Parting[] => {
  const ended = new Map(histories.map(({ id, endedAtMs }) => [id, endedAtMs ?? Infinity]))
  return partingsIn(histories).filter(({ witness, id, reason, atMs }) => {
    if (reason === 'removed') return true
    const isOver = (ended.get(id) ?? 0) <= atMs
    if (isOver || reason === 'goodbye') return !isOver
    const theirs = troubles.filter((one) => one.id === witness || one.id === id || one.id === null)
    return !merge(theirs).some(
      ({ fromMs, untilMs }) => untilMs - fromMs >= SILENT_MS && fromMs <= atMs && atMs <= untilMs + NOTICE_MS,
    )
  })
}

type Time = Pick<Trouble, 'fromMs' | 'untilMs'>

const merge = (troubles: readonly Time[]): readonly Time[] => {
  const merged: { readonly fromMs: number; untilMs: number }[] = []
  for (const { fromMs, untilMs } of [...troubles].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1)
    if (last === undefined || fromMs > last.untilMs + GAP_MS) merged.push({ fromMs, untilMs })
    else last.untilMs = Math.max(last.untilMs, untilMs)
  }
  return merged
}

/** Whether everyone who is still there has everyone else, and nobody else. */
export const allAgree = (histories: readonly History[]): boolean => {
  const here = histories.filter(({ endedAtMs }) => endedAtMs === null)
  return here.every(({ id, entries }) => {
    const members = new Set<string>([id])
    for (const entry of entries) {
      if (entry.type === 'join') members.add(entry.id)
      if (entry.type === 'leave') members.delete(entry.id)
    }
    return members.size === here.length && here.every((other) => members.has(other.id))
  })
}
