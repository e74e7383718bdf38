/** `npm run chaos -- --minutes 20 --seed 7`: the same as in the tests, for longer. */
import { writeFile } from 'node:fs/promises'
import { cac } from 'cac'
import { complaintsOf, summarize } from './report.js'
import { runChaos } from './run.js'

interface Options {
  readonly minutes: number
  readonly seed?: number
  readonly links: number
  readonly save?: string
}

const cli = cac('npm run chaos --')
cli
  .command('', 'Does to pages and bots what a seed says, and counts every message')
  .option('--minutes <n>', 'How long things go wrong', { default: 1 })
  .option('--seed <n>', 'What happens to whom and when; another one each time when not given')
  .option('--links <n>', 'How many each member may have; fewer than 7 make the mesh partial', { default: 32 })
  .option('--save <file>', 'Writes all that the members reported into a JSON file')
  .action(async ({ minutes, seed = Date.now() % 1_000_000, links, save }: Options) => {
    console.log(`seed ${seed}`)
    const lengthMs = Math.round(minutes * 60_000)
    const outcome = await runChaos({ seed, lengthMs, maxLinks: links, print: (line) => console.log(line) })
    if (save !== undefined) await writeFile(save, JSON.stringify(outcome))
    const complaints = complaintsOf(outcome)
    for (const complaint of complaints) console.log(complaint)
    console.log(`\n${summarize(outcome)}`)
    process.exitCode = complaints.length > 0 ? 1 : 0
  })
cli.help()
cli.parse()
