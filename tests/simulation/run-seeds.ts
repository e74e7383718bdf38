import { adversaryKinds } from './adversaries.js'
import { runSeed, type Report, type RunOptions } from './scenario.js'

export interface Failure {
  readonly seed: number
  readonly text: string
}

export interface RunResult {
  readonly reports: Report[]
  readonly failures: Failure[]
}

/** Runs the seeds one after another; a failing one does not stop the others. */
export const runSeeds = (from: number, count: number, options: RunOptions = {}): RunResult => {
  const reports: Report[] = []
  const failures: Failure[] = []
  for (let seed = from; seed < from + count; seed++) {
    try {
      reports.push(runSeed(seed, options))
    } catch (error) {
      failures.push({ seed, text: describeFailure(seed, error) })
    }
  }
  return { reports, failures }
}

export const describeFailure = (seed: number, error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  const cause = error instanceof Error && error.cause instanceof Error ? `\n${error.cause.stack ?? ''}` : ''
  return `seed ${seed}: ${message}\n  replay: npm run sim -- --seed ${seed} --trace${cause}`
}

/** One line of sums over many runs. */
export const summarize = (reports: readonly Report[]): string => {
  const sum = (pick: (report: Report) => number) => reports.reduce((total, report) => total + pick(report), 0)
  const agreed = reports.map((report) => report.agreedAfterMs).sort((a, b) => a - b)
  const adversaries = adversaryKinds.map(
    (kind) => `${reports.filter(({ adversary }) => adversary === kind).length} ${kind}`,
  )
  const faults = faultCounts(reports)
  return [
    `${reports.length} runs of ${Math.round(sum((report) => report.virtualMs) / 1000)} virtual seconds`,
    `${sum((report) => report.members)} members`,
    `${sum((report) => report.events)} events`,
    `${sum((report) => report.deliveries)} deliveries of ${(sum((report) => report.bytesDelivered) / 1e6).toFixed(0)} MB`,
    `${sum((report) => report.datagrams)} datagrams of ${sum((report) => report.posted)} posted`,
    `${sum((report) => report.outcomes)} outcomes`,
    `${totalFaults(reports)} faults: ${[...faults].map(([type, count]) => `${count} ${type}`).join(', ')}`,
    `adversaries: ${adversaries.join(', ')}`,
    `${sum((report) => report.relayedPairs)} relayed pairs at the end`,
    `agreed after ${agreed[agreed.length >> 1] ?? 0} ms (median), ${agreed.at(-1) ?? 0} ms (slowest)`,
  ].join('; ')
}

export const faultCounts = (reports: readonly Report[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const { faults } of reports) {
    for (const [type, count] of Object.entries(faults)) counts.set(type, (counts.get(type) ?? 0) + count)
  }
  return counts
}

export const totalFaults = (reports: readonly Report[]): number =>
  [...faultCounts(reports).values()].reduce((total, count) => total + count, 0)
