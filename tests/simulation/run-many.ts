import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Failure, RunResult } from './run-seeds.js'
import type { Report, RunOptions } from './scenario.js'

/** What a process is asked to run, one piece after another. */
export interface Piece {
  readonly from: number
  readonly count: number
  readonly options: RunOptions
}

const SEEDS_PER_PIECE = 20

/** Runs seeds on all cores. Reports come in the order in which they are done. */
export const runMany = async (
  { from, count, options }: Piece,
  onProgress: (done: number, failures: readonly Failure[]) => void,
): Promise<RunResult> => {
  const reports: Report[] = []
  const failures: Failure[] = []
  let next = from
  let done = 0
  const feed = (child: ChildProcess): void => {
    const left = from + count - next
    if (left <= 0) {
      child.disconnect()
      return
    }
    const piece: Piece = { from: next, count: Math.min(SEEDS_PER_PIECE, left), options }
    next += piece.count
    child.send(piece)
  }
  const runProcess = async (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(new URL('./seed-process.ts', import.meta.url)))
      child.on('message', (result: RunResult) => {
        reports.push(...result.reports)
        failures.push(...result.failures)
        done += result.reports.length + result.failures.length
        onProgress(done, result.failures)
        feed(child)
      })
      child.on('error', reject)
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process ended with ${String(code)}`))))
      feed(child)
    })
  await Promise.all(Array.from({ length: availableParallelism() }, runProcess))
  return { reports, failures }
}
