import type { FigureId, Reading, Row } from './figures/figure.js'
import type { SideName } from './sides/side.js'

/** What was read for one row: by side, one reading for each round, or why there is none. */
export interface RowResult {
  readonly row: Row
  readonly readings: Readonly<Partial<Record<SideName, string | readonly Reading[]>>>
}

export interface Result {
  readonly figure: FigureId
  readonly rows: readonly RowResult[]
}

export type Cell =
  | {
      readonly kind: 'value'
      readonly median: number
      readonly ratio: number | null
      readonly values: readonly number[]
    }
  | { readonly kind: 'none'; readonly reason: string }

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2
}

/** The values of the way that is best, where a side was measured in several. */
const bestWay = (ways: readonly (readonly number[])[], better: Row['better']): readonly number[] =>
  ways.reduce((best, way) =>
    (better === 'more' ? median(way) > median(best) : median(way) < median(best)) ? way : best,
  )

const valuesOf = (
  given: string | readonly Reading[] | undefined,
  better: Row['better'],
): readonly number[] | string => {
  if (given === undefined || given.length === 0) return 'not measured'
  if (typeof given === 'string') return given
  const reason = given.find((reading) => typeof reading === 'string')
  if (reason !== undefined) return reason
  const rounds = (given as readonly (number | readonly number[])[]).map((reading) => [reading].flat())
  return bestWay(
    (rounds[0] ?? []).map((_, way) => rounds.map((round) => round[way] ?? NaN)),
    better,
  )
}

/** One cell of the table: the median of the rounds, and its ratio to that of the reference. */
export const cellOf = ({ row, readings }: RowResult, side: SideName): Cell => {
  const values = valuesOf(readings[side], row.better)
  if (typeof values === 'string') return { kind: 'none', reason: values }
  const reference = valuesOf(readings[row.reference ?? 'bare'], row.better)
  const value = median(values)
  const ratio = typeof reference === 'string' || median(reference) === 0 ? null : value / median(reference)
  return { kind: 'value', median: value, ratio, values }
}

/** Peers are all but the bare channel and skein. */
const bestPeer = (result: RowResult): number | null => {
  const names = (Object.keys(result.readings) as SideName[]).filter((name) => name !== 'bare' && name !== 'skein')
  const medians = names
    .map((name) => cellOf(result, name))
    .flatMap((cell) => (cell.kind === 'value' ? [cell.median] : []))
  if (medians.length === 0) return null
  return result.row.better === 'more' ? Math.max(...medians) : Math.min(...medians)
}

/** Whether skein has reached what it is to; `null` when there is nothing to reach or it was not measured. */
export const isReached = (result: RowResult): boolean | null => {
  const { goal, better } = result.row
  const cell = cellOf(result, 'skein')
  if (goal === undefined || cell.kind === 'none') return null
  const best = bestPeer(result)
  const measured = {
    ratio: cell.ratio,
    best: best === null ? null : cell.median / best,
    value: cell.median,
  }[goal.of]
  if (measured === null) return null
  return better === 'more' ? measured >= goal.limit : measured <= goal.limit
}
