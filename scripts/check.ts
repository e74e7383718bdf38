/** `npm run check`: builds, then runs every `check:*` script to its end, and fails when one of them did. */
import { runChecks } from './run-checks.js'

const failed = (await runChecks()).filter((result) => result.failed > 0)
console.log(failed.length === 0 ? 'check: all passed' : `check: failed: ${failed.map(({ part }) => part).join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
