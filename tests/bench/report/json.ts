import { cpus } from 'node:os'
import type { Figure } from '../figures/figure.js'
import { cellOf, isReached, type Result, type RowResult } from '../results.js'
import type { Side } from '../sides/side.js'

export interface Measured {
  readonly results: readonly Result[]
  readonly browserVersion: string
  readonly rounds: number
}

/** What is read again of what `createReport` writes. */
interface Report {
  readonly machine: { readonly chromium: string }
  readonly rounds: number
  readonly figures: readonly { readonly id: string; readonly raw: RowResult['readings'] }[]
}

/** Everything that was measured, raw values included, and where. */
export const createReport = ({ results, browserVersion, rounds }: Measured, sides: readonly Side[]): unknown => ({
  date: new Date().toISOString(),
  machine: { node: process.version, chromium: browserVersion, cpus: cpus().length, cpu: cpus()[0]?.model },
  rounds,
  figures: results.flatMap(({ figure, rows }) =>
    rows.map((result) => ({
      figure,
      ...result.row,
      reference: result.row.reference ?? 'bare',
      reached: isReached(result),
      sides: Object.fromEntries(sides.map(({ name }) => [name, cellOf(result, name)])),
      raw: result.readings,
    })),
  ),
})

/** Puts together what several runs have measured: a row is of one run, the last that has it, so that its ratios are too. */
export const readReport = (texts: readonly string[], figures: readonly Figure[]): Measured => {
  const reports = texts.map((text) => JSON.parse(text) as Report)
  const readings = new Map(reports.flatMap((report) => report.figures).map(({ id, raw }) => [id, raw]))
  const results = figures.map(({ id, rows }) => ({
    figure: id,
    rows: rows.flatMap((row) => {
      const raw = readings.get(row.id)
      return raw === undefined ? [] : [{ row, readings: raw }]
    }),
  }))
  return {
    results: results.filter(({ rows }) => rows.length > 0),
    browserVersion: reports.at(-1)?.machine.chromium ?? '',
    rounds: Math.min(...reports.map(({ rounds }) => rounds)),
  }
}
