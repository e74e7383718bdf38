import { cellOf, isReached, type Cell, type Result, type RowResult } from '../results.js'
import { formatNumber } from './format-number.js'
import type { Side } from '../sides/side.js'

const goalText = (result: RowResult): string => {
  const { goal, better } = result.row
  if (goal === undefined) return ''
  const reached = isReached(result)
  const mark = reached === null ? '' : reached ? ' ok' : ' MISSED'
  const unit = { ratio: 'x', best: 'x best peer', value: '' }[goal.of]
  return `${better === 'more' ? '>=' : '<='} ${goal.limit}${unit}${mark}`
}

/** For the terminal: a line for each row, a column for each side, ratios in brackets, what is missing in footnotes; nothing for a side that a row is not about. */
export const createTable = (results: readonly Result[], sides: readonly Side[]): string => {
  const notes: string[] = []
  const cellText = (side: Side, cell: Cell): string => {
    if (cell.kind === 'value') {
      return `${formatNumber(cell.median)}${cell.ratio === null ? '' : ` (${cell.ratio.toFixed(2)})`}`
    }
    const note = `${side.title}: ${cell.reason}`
    if (!notes.includes(note)) notes.push(note)
    return `- [${notes.indexOf(note) + 1}]`
  }
  const lines = results.flatMap(({ rows }) =>
    rows.map((result) => [
      `${result.row.title}, ${result.row.unit}`,
      ...sides.map((side) => (side.name in result.readings ? cellText(side, cellOf(result, side.name)) : '')),
      goalText(result),
    ]),
  )
  const table = [['', ...sides.map(({ title }) => title), 'goal'], ...lines]
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)))
  const format = (line: readonly string[]): string =>
    line
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  ')
  return [...table.map(format), '', ...notes.map((note, index) => `[${index + 1}] ${note}`)].join('\n')
}
