/** `npm run bench`: skein, its peers and the bare channel, side by side in one run. README.md names the flags. */
import { readFile, writeFile } from 'node:fs/promises'
import { cac } from 'cac'
import { groups } from './figures/figure.js'
import { figures } from './figures/index.js'
import { createReport, readReport, type Measured } from './report/json.js'
import { createTable } from './report/table.js'
import { isPartOf, runBench } from './run.js'
import { sides } from './sides/index.js'
import { isOnSlowLink, runOnSlowLink } from './slow-link.js'
import { World } from './world.js'

const fail = (message: string): never => {
  process.stderr.write(`bench cannot be run: ${message}\n`)
  process.exit(2)
}

/** Those that a flag names by commas, in our order; all when it is not given. */
const choose = <T>(flag: string, given: unknown, all: readonly T[], nameOf: (one: T) => string): readonly T[] => {
  if (given === undefined) return all
  if (typeof given !== 'string') return fail(`${flag} needs names`)
  const names = given.split(',')
  const unknown = names.find((name) => !all.some((one) => nameOf(one) === name))
  if (unknown !== undefined) fail(`${flag} knows no "${unknown}", only ${all.map(nameOf).join(', ')}`)
  return all.filter((one) => names.includes(nameOf(one)))
}

const cli = cac('npm run bench --')
cli.usage(`[groups]\n\nGroups of figures: ${groups.join(', ')} (default: mesh, or all with --only)`)
cli.option('--rounds <number>', 'How often each side is measured, medians count', { default: 5 })
cli.option('--only <names>', `Figures, by commas: ${figures.map(({ id }) => id).join(', ')}`)
cli.option('--sides <names>', `Sides, by commas: ${sides.map(({ name }) => name).join(', ')}`)
cli.option('--link <rate>', 'Over one link of such a rate, as 10mbit (Linux, as root)')
cli.option('--long', 'With the figures that take minutes')
cli.option('--from <files>', 'Shows what such runs have written by --json, by commas, and measures nothing')
cli.option('--json', 'Prints JSON with all values, the table on stderr')
cli.option('--picture <file>', 'Writes the figures as bars into an SVG file')
cli.help()
const { args, options } = cli.parse()

const flags = ['--', 'h', 'help', 'rounds', 'only', 'sides', 'link', 'long', 'from', 'json', 'picture']
const unknown = Object.keys(options).find((name) => !flags.includes(name))
if (unknown !== undefined) fail(`there is no option "${unknown}"`)

const link: unknown = options['link']
if (typeof link === 'string' && !isOnSlowLink()) {
  process.exitCode = await runOnSlowLink(link)
} else if (options['help'] !== true) {
  const rounds = Number(options['rounds'])
  if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds is not a whole number from 1')
  const long = options['long'] === true
  const given = args.length > 0 ? args.join(',') : options['only'] === undefined ? 'mesh' : undefined
  const chosenGroups = choose('it', given, groups, (group) => group)
  const chosenFigures = choose('--only', options['only'], figures, ({ id }) => id).filter(
    (figure) => chosenGroups.includes(figure.group ?? 'mesh') && (long || figure.long !== true),
  )
  const chosenSides = choose('--sides', options['sides'], sides, ({ name }) => name).filter((side) =>
    chosenFigures.some((figure) => isPartOf(side, figure)),
  )
  const measure = async (): Promise<Measured> => {
    const world = await World.open()
    const { browserVersion } = world
    const results = await runBench(world, {
      figures: chosenFigures,
      sides: chosenSides,
      rounds,
      onProgress: (line) => process.stderr.write(`${line}\n`),
    }).finally(() => world.close())
    return { results, browserVersion, rounds }
  }
  const from: unknown = options['from']
  const measured =
    typeof from === 'string'
      ? readReport(await Promise.all(from.split(',').map((file) => readFile(file, 'utf8'))), chosenFigures)
      : await measure()
  const { results, browserVersion } = measured

  const picture: unknown = options['picture']
  if (typeof picture === 'string') {
    const { createPicture } = await import('./report/picture.js')
    await writeFile(picture, createPicture(results, chosenSides))
  }
  const table = `
Medians of ${measured.rounds} rounds in Chromium ${browserVersion}, Node ${process.version}; in brackets the ratio to the bare channel,
in Node to simple-peer, of logs to the storage without them, in Node to hypercore.

${createTable(results, chosenSides)}
`
  if (options['json'] === true) {
    process.stderr.write(table)
    console.log(JSON.stringify(createReport(measured, chosenSides), null, 2))
  } else console.log(table)
}
