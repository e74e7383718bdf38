import { cac } from 'cac'
import { runSeed } from './scenario.js'
import { describeFailure, runSeeds, summarize } from './run-seeds.js'

const cli = cac('sim')
cli
  .command('', 'Run simulated worlds: one seed, or many')
  .option('--seed <n>', 'Run this seed alone')
  .option('--trace', 'With --seed: print every event with its virtual time')
  .option('--from <n>', 'The first of many seeds', { default: 1 })
  .option('--seeds <n>', 'How many seeds', { default: 100 })
  .action((options: { seed?: number; trace?: boolean; from: number; seeds: number }) => {
    if (options.seed !== undefined) {
      runOne(options.seed, options.trace === true)
      return
    }
    const startMs = performance.now()
    const { reports, failures } = runSeeds(options.from, options.seeds)
    for (const failure of failures) console.log(failure.text)
    console.log(summarize(reports))
    console.log(`${failures.length} failed; ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
    process.exitCode = failures.length > 0 ? 1 : 0
  })
cli.help()
cli.parse()

function runOne(seed: number, trace: boolean): void {
  try {
    console.log(runSeed(seed, trace ? (line) => console.log(line) : null))
  } catch (error) {
    console.log(describeFailure(seed, error))
    process.exitCode = 1
  }
}
