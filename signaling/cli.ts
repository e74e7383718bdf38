#!/usr/bin/env node
import { cac } from 'cac'
import { createSignaling, type Signaling, type SignalingServer } from './server.js'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

interface Flags {
  readonly port?: string[]
  readonly host?: string[]
  readonly origin?: string[]
}

const fail = (code: number, error: unknown): never => {
  process.stderr.write(`skein-signaling: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(code)
}

const missingValue = () => new RangeError('a flag is missing its value')

/** A flag's value as text, which the parser may have taken for a number; `true` is one without any. */
const text = (value: unknown): string => {
  if (value === true) throw missingValue()
  return String(value)
}

/** The one value of a flag that may be given once; the environment stands in for a flag not given. */
const single = (name: string, given: string[] | undefined, fallback: string | undefined): string | undefined => {
  if (given === undefined) return fallback === '' ? undefined : fallback
  if (given.length > 1) throw new RangeError(`--${name} was given more than once`)
  return given[0]
}

const configure = (flags: Flags): Signaling => {
  const port = single('port', flags.port, process.env.SKEIN_PORT)
  const host = single('host', flags.host, process.env.SKEIN_HOST)
  if (port !== undefined && !/^\d{1,5}$/.test(port)) {
    throw new RangeError(`cannot listen on port ${JSON.stringify(port)}: expected a whole number from 0 to 65535`)
  }
  const origins = flags.origin ?? (process.env.SKEIN_ORIGINS ?? '').split(',').map((origin) => origin.trim())
  return createSignaling({
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(host === undefined ? {} : { host }),
    origins: origins.filter((origin) => origin !== ''),
  })
}

const run = async (signaling: Signaling): Promise<void> => {
  let server: SignalingServer
  try {
    server = await signaling.listen()
  } catch (error) {
    return fail(EXIT_FAILED, error)
  }
  // Once each: a second ctrl-C ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)))
  }
  process.stdout.write(`skein signaling at ${server.url}\n`)
}

const cli = cac('skein-signaling')
cli
  .command('', 'Start a signaling server')
  .option('--port <number>', 'Port to listen on, 0 for a free one (SKEIN_PORT) (default: 8787)', { type: [text] })
  .option('--host <address>', 'Address to listen on (SKEIN_HOST) (default: 127.0.0.1)', { type: [text] })
  .option(
    '--origin <origin>',
    'Admit pages of this origin; repeatable; null, or * for all (SKEIN_ORIGINS, by commas)',
    {
      type: [text],
    },
  )
  .action((flags: Flags) => configure(flags))
cli.help()

let signaling: Signaling | undefined
try {
  // The parser takes an empty value for the number 0, and 0 is an address too: that of all interfaces.
  if (process.argv.slice(2).some((argument) => argument === '' || argument.endsWith('='))) throw missingValue()
  cli.parse(process.argv, { run: false })
  signaling = cli.runMatchedCommand() as Signaling | undefined
} catch (error) {
  fail(EXIT_USAGE, error)
}
// Nothing to run after --help.
if (signaling !== undefined) await run(signaling)
