import { cac } from 'cac'
import { adversaryKinds } from './adversaries.js'
import { runSeed, type RunOptions } from './scenario.js'
import { describeFailure, runSeeds, summarize } from './run-seeds.js'

interface Options {
  readonly seed?: number
  readonly trace?: boolean
  readonly from: number
  readonly seeds: number
  readonly adversary?: string
}

const cli = cac('sim')
cli
  .command('', 'Run simulated worlds: one seed, or many')
  .option('--seed <n>', 'Run this seed alone')
  .option('--trace', 'With --seed: print every event with its virtual time')
  .option('--from <n>', 'The first of many seeds', { default: 1 })
  .option('--seeds <n>', 'How many seeds', { default: 100 })
  .option('--adversary <kind>', `In every world: ${adversaryKinds.join(', ')}`)
  .action((options: Options) => {
    const kind = adversaryKinds.find((known) => known === options.adversary)
    const runOptions = kind === undefined ? {} : { adversary: kind }
    if (options.seed !== undefined) {
      runOne(options.seed, { ...runOptions, print: options.trace === true ? (line) => console.log(line) : null })
      return
    }
    const startMs = performance.now()
    const { reports, failures } = runSeeds(options.from, options.seeds, runOptions)
    for (const failure of failures) console.log(failure.text)
    console.log(summarize(reports))
    console.log(`${failures.length} failed; ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
    process.exitCode = failures.length > 0 ? 1 : 0
  })
cli.help()
cli.parse()

function runOne(seed: number, options: RunOptions): void {
  try {
    console.log(runSeed(seed, options))
  } catch (error) {
    console.log(describeFailure(seed, error))
    process.exitCode = 1
  }
}
