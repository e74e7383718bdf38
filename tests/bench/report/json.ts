import { cpus } from 'node:os'
import { cellOf, isReached, type Result } from '../results.js'
import type { Side } from '../sides/side.js'

interface Circumstances {
  readonly browserVersion: string
  readonly rounds: number
}

/** Everything that was measured, raw values included, and where. */
export const createReport = (
  results: readonly Result[],
  sides: readonly Side[],
  { browserVersion, rounds }: Circumstances,
): unknown => ({
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
