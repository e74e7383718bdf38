import { cac } from 'cac'
import { adversaryKinds } from './adversaries.js'
import { runLargeGroup } from './large-group.js'
import { drawPlan, type Plan, type PlanOptions } from './plan.js'
import { runMany } from './run-many.js'
import { describeFailure, summarize } from './run-seeds.js'
import { runPlan } from './scenario.js'
import { ruleBrokenBy, shrink } from './shrink.js'
import { runStalls, runStallSeeds } from './stalls.js'

interface Options {
  readonly seed?: number
  readonly trace?: boolean
  readonly shrink?: boolean
  readonly from: number
  readonly seeds: number
  readonly stalls?: boolean
  readonly large?: number
  readonly adversary?: string
}

const cli = cac('sim')
cli
  .command('', 'Run simulated worlds: one seed, or many')
  .option('--seed <n>', 'Run this seed alone')
  .option('--trace', 'With --seed: print every event with its virtual time')
  .option(
    '--shrink',
    'With --seed that breaks a rule: print the least of it that does, as an entry of regressions.json',
  )
  .option('--from <n>', 'The first of many seeds', { default: 1 })
  .option('--seeds <n>', 'How many seeds', { default: 100 })
  .option('--stalls', 'With --seeds, --from or --seed: half an hour of stalling links in each')
  .option(
    '--large <members>',
    'One group of so many, with 12 links each, that sends to all and in which some come and go',
  )
  .option('--adversary <kind>', `In every world: ${adversaryKinds.join(', ')}`)
  .action(async (options: Options) => {
    if (options.large !== undefined) {
      runLarge(options.large)
      return
    }
    if (options.stalls === true) {
      runStalling(options)
      return
    }
    const kind = adversaryKinds.find((known) => known === options.adversary)
    const planOptions = kind === undefined ? {} : { adversary: kind }
    if (options.seed === undefined) {
      await runAll(options, planOptions)
      return
    }
    const plan = drawPlan(options.seed, planOptions)
    if (options.shrink === true) printShrunk(plan)
    else runOne(plan, options.trace === true)
  })
cli.help()
cli.parse()

function runLarge(members: number): void {
  const startMs = performance.now()
  const report = runLargeGroup({ members, maxLinks: 12, broadcasts: 10, churn: 20 })
  console.log(report)
  console.log(`${((performance.now() - startMs) / 1000).toFixed(0)} s`)
  process.exitCode = report.missing > 0 || report.mostCopies > 4 || report.mostLinks > 12 ? 1 : 0
}

function runStalling(options: Options): void {
  if (options.seed !== undefined) {
    console.log(runStalls(options.seed, options.trace === true ? (line) => console.log(line) : null))
    return
  }
  const { reports, text } = runStallSeeds(options.from, options.seeds)
  console.log(text)
  process.exitCode = reports.some(({ falseLeaves }) => falseLeaves > 0) ? 1 : 0
}

async function runAll({ from, seeds }: Options, options: PlanOptions): Promise<void> {
  const startMs = performance.now()
  const seconds = () => ((performance.now() - startMs) / 1000).toFixed(1)
  const { reports, failures } = await runMany({ from, count: seeds, options }, (done, failed) => {
    for (const { text } of failed) console.log(text)
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${seeds}, ${seconds()} s `)
  })
  console.log(summarize(reports))
  console.log(`${failures.length} failed; ${seconds()} s`)
  process.exitCode = failures.length > 0 ? 1 : 0
}

function runOne(plan: Plan, isTraced: boolean): void {
  try {
    console.log(runPlan(plan, { print: isTraced ? (line) => console.log(line) : null }))
  } catch (error) {
    console.log(describeFailure(plan.seed, error))
    process.exitCode = 1
  }
}

function printShrunk(plan: Plan): void {
  const smallest = shrink(plan)
  const rule = ruleBrokenBy(smallest)
  console.log(JSON.stringify({ name: `seed ${plan.seed}: ${rule ?? 'breaks no rule'}`, plan: smallest }))
  process.exitCode = rule === null ? 0 : 1
}
