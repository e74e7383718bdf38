import { checkParts } from './parts.js'
import { run, runQuietly } from './run.js'

/** How one part of the check or of the tests went. */
export interface PartResult {
  readonly part: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
}

/** Most checks keep one core busy. */
const AT_ONCE = 2

const resultOf = (part: string, passed: boolean, begun: number): PartResult => {
  const seconds = (performance.now() - begun) / 1000
  console.log(`── ${part}: ${passed ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s`)
  return { part, passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, seconds }
}

/** Runs one npm script as one test. */
export const runScript = async (part: string, script: string): Promise<PartResult> => {
  console.log(`\n── ${part}`)
  const begun = performance.now()
  return resultOf(part, (await run('npm', ['run', '--silent', script])) === 0, begun)
}

/** The same beside others: what it prints comes whole, when it is through. */
const runCheck = async (name: string): Promise<PartResult> => {
  const begun = performance.now()
  const { code, output } = await runQuietly('npm', ['run', '--silent', `check:${name}`])
  console.log(`\n── check ${name}\n${output}`)
  return resultOf(`check ${name}`, code === 0, begun)
}

/** The build comes first: package lint and sizes look at dist/. */
export const runChecks = async (): Promise<PartResult[]> => {
  const built = await runScript('build', 'build')
  const waiting = [...checkParts]
  const results: PartResult[] = []
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await runCheck(next))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return [built, ...results]
}
