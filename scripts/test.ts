/**
 * `npm test`: everything that CI runs. Each part of the check counts as one test; the rest is read from the reports of
 * vitest. Ends with the time of each part and one line `N passed, N failed`.
 *
 * `npm test -- unit browser` runs only these parts (`check` is one of them), `--long` lengthens the tests that have a
 * long form, and other arguments go to vitest.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testParts, type TestPart } from './parts.js'
import { runChecks, runScript, type PartResult } from './run-checks.js'
import { run } from './run.js'

/** As much of vitest's JSON report as is counted here. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

const readReport = async (path: string): Promise<Report | null> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Report
  } catch {
    return null
  }
}

const runVitest = async (part: TestPart, folder: string, env: NodeJS.ProcessEnv): Promise<PartResult> => {
  console.log(`\n── ${part}`)
  const begun = performance.now()
  const path = join(folder, `${part}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`]
  const code = await run('vitest', ['run', '--project', part, ...reporters, ...vitestArguments], env)
  const seconds = (performance.now() - begun) / 1000
  const report = await readReport(path)
  const passed = report?.numPassedTests ?? 0
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
  // A file that could not be loaded has no tests to count, but has failed.
  const broken = report?.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  const counted = (report?.numFailedTests ?? 0) + (broken?.length ?? 0)
  // So has a run with an error outside of any test, or without a report.
  const failed = counted === 0 && code !== 0 ? 1 : counted
  return { part, passed, failed, skipped, seconds }
}

const parts: readonly string[] = ['check', ...testParts]
const given = process.argv.slice(2)
const chosen = given.filter((argument) => parts.includes(argument))
const vitestArguments = given.filter((argument) => !parts.includes(argument) && argument !== '--long')
const env = given.includes('--long') ? { SKEIN_LONG: '1' } : {}
const wanted = (part: string): boolean => chosen.length === 0 || chosen.includes(part)

const results: PartResult[] = []
if (wanted('check')) results.push(...(await runChecks()))
else if (['package', 'browser', 'alone', 'chaos'].some(wanted)) results.push(await runScript('build', 'build'))

const folder = await mkdtemp(join(tmpdir(), 'skein-reports-'))
try {
  for (const part of testParts) if (wanted(part)) results.push(await runVitest(part, folder, env))
} finally {
  await rm(folder, { recursive: true, force: true })
}

const sum = (key: 'passed' | 'failed' | 'skipped'): number => results.reduce((total, row) => total + row[key], 0)
console.log('')
for (const { part, passed, failed, skipped, seconds } of results) {
  const counts = `${String(passed)} passed, ${String(failed)} failed${skipped > 0 ? `, ${String(skipped)} skipped` : ''}`
  console.log(`${part.padEnd(16)} ${seconds.toFixed(1).padStart(7)} s   ${counts}`)
}
console.log(`\n${String(sum('passed'))} passed, ${String(sum('failed'))} failed`)
process.exitCode = sum('failed') === 0 ? 0 : 1
