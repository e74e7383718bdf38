import { checkParts } from './parts.js'
import { run } from './run.js'

/** How one part of the check or of the tests went. */
export interface PartResult {
  readonly part: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
}

/** Runs one npm script as one test. */
export const runScript = async (part: string, script: string): Promise<PartResult> => {
  console.log(`\n── ${part}`)
  const begun = performance.now()
  const passed = (await run('npm', ['run', '--silent', script])) === 0
  const seconds = (performance.now() - begun) / 1000
  console.log(`── ${part}: ${passed ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s`)
  return { part, passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, seconds }
}

/** The build comes first: package lint and sizes look at dist/. */
export const runChecks = async (): Promise<PartResult[]> => {
  const results = [await runScript('build', 'build')]
  for (const part of checkParts) results.push(await runScript(`check ${part}`, `check:${part}`))
  return results
}
