#!/usr/bin/env node
import { access, constants, mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cac } from 'cac'
import { Identity } from '../sdk/index.js'
import type { WebGroupBotServer } from './bot-server.js'
import {
  createArchiveBot,
  createEchoBot,
  createRecordBot,
  createRelayBot,
  type ReadyMadeOptions,
} from './ready-made.js'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

type Maker = (options: ReadyMadeOptions, task: Task) => WebGroupBotServer

const makers = {
  echo: createEchoBot,
  relay: createRelayBot,
  archive: (options, { dir = '' }) => createArchiveBot({ ...options, dir }),
  record: (options, { dir = '' }) => createRecordBot({ ...options, dir }),
} satisfies Record<string, Maker>
type Kind = keyof typeof makers
const kinds = 'echo, relay, archive or record'
/** Those that need a folder, and what they keep in it. */
const keepers: Partial<Record<Kind, string>> = { archive: 'an archive', record: 'recordings' }

interface Flags {
  readonly port?: string[]
  readonly host?: string[]
  readonly url?: string[]
  readonly signaling?: string[]
  readonly identity?: string[]
  readonly dir?: string[]
  readonly stay?: boolean
}

interface Task {
  readonly kind: Kind
  readonly port: number
  readonly host: string
  readonly url: string
  readonly signaling: readonly string[]
  /** The name of the one to be; a fresh one without. */
  readonly identity: string | undefined
  /** Where what is kept is kept; of bots that keep something. */
  readonly dir: string | undefined
  readonly stay: boolean
}

const fail = (code: number, error: unknown): never => {
  process.stderr.write(`skein-bot: ${error instanceof Error ? error.message : String(error)}\n`)
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

const readTask = (kind: string, flags: Flags): Task => {
  if (!Object.hasOwn(makers, kind)) throw new RangeError(`there is no bot "${kind}", only ${kinds}`)
  const port = single('port', flags.port, process.env.SKEIN_BOT_PORT) ?? '9000'
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new RangeError(`cannot listen on port ${JSON.stringify(port)}: expected a whole number from 0 to 65535`)
  }
  const kept = keepers[kind as Kind]
  if (kept === undefined && flags.dir !== undefined) throw new RangeError(`--dir is for what is kept, not for ${kind}`)
  const dir = kept === undefined ? undefined : single('dir', flags.dir, process.env.SKEIN_BOT_DIR)
  if (kept !== undefined && dir === undefined) throw new RangeError(`${kind} needs --dir, a folder to keep ${kept} in`)
  const signaling = flags.signaling ?? (process.env.SKEIN_SIGNALING ?? '').split(',').map((url) => url.trim())
  return {
    kind: kind as Kind,
    port: Number(port),
    host: single('host', flags.host, process.env.SKEIN_BOT_HOST) ?? '127.0.0.1',
    url: single('url', flags.url, process.env.SKEIN_BOT_URL) ?? '',
    signaling: signaling.filter((url) => url !== ''),
    identity: single('identity', flags.identity, process.env.SKEIN_BOT_IDENTITY),
    dir,
    stay: flags.stay === true,
  }
}

const dialable = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/** A name that is none is a wrong call; what fails then is not. */
const loadIdentity = async (name: string | undefined): Promise<Identity | undefined> => {
  if (name === undefined) return undefined
  let loading: Promise<Identity>
  try {
    loading = Identity.load(name)
  } catch (error) {
    return fail(EXIT_USAGE, error)
  }
  return loading.catch((error: unknown) => fail(EXIT_FAILED, error))
}

/** What cannot be kept at all is better said now than to the first group. */
const prepareFolder = async ({ kind, dir }: Task): Promise<void> => {
  if (dir === undefined) return
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    fail(EXIT_FAILED, `cannot keep ${keepers[kind]} in ${dir}: ${(error as Error).message}`)
  }
}

const run = async (task: Task): Promise<void> => {
  const loaded = await loadIdentity(task.identity)
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
    response.end(`A skein bot (${task.kind}). Members of a group invite it by this address.\n`)
  })
  // Only now, so that what is wrong with the options is a wrong call, and nothing is open.
  const bot = ((): WebGroupBotServer => {
    const webGroupOptions = { signaling: task.signaling, identity: loaded }
    try {
      return makers[task.kind]({ server, url: task.url, leaveOnceAlone: !task.stay, webGroupOptions }, task)
    } catch (error) {
      return fail(EXIT_USAGE, error)
    }
  })()
  await prepareFolder(task)
  bot.onError = (error) => process.stderr.write(`skein-bot: ${String(error)}\n`)
  await new Promise<void>((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message
      fail(EXIT_FAILED, `cannot listen on ${task.host}:${task.port}: ${reason}`)
    })
    server.listen(task.port, task.host, resolve)
  })
  const stop = async (): Promise<void> => {
    await bot.close()
    server.close()
    server.closeAllConnections()
    process.exit(0)
  }
  // Once each: a second ctrl-C ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
  const url = task.url || `ws://${dialable(task.host)}:${(server.address() as AddressInfo).port}`
  const identity = await bot.identity.catch((error: unknown) => fail(EXIT_FAILED, error))
  process.stdout.write(`skein ${task.kind} bot at ${url}#${identity}\n`)
}

const cli = cac('skein-bot')
cli
  .command('<kind>', `Start a bot: ${kinds}`)
  .option('--port <number>', 'Port to listen on, 0 for a free one (SKEIN_BOT_PORT) (default: 9000)', { type: [text] })
  .option('--host <address>', 'Address to listen on (SKEIN_BOT_HOST) (default: 127.0.0.1)', { type: [text] })
  .option('--url <url>', 'What members dial, as they see it: wss://… (SKEIN_BOT_URL)', { type: [text] })
  .option('--signaling <url>', 'Also find members there; repeatable (SKEIN_SIGNALING, by commas)', { type: [text] })
  .option('--identity <name>', 'Be the same bot at each start: kept on this machine by name (SKEIN_BOT_IDENTITY)', {
    type: [text],
  })
  .option('--dir <folder>', 'Where an archive keeps logs, and what is recorded goes (SKEIN_BOT_DIR)', { type: [text] })
  .option('--stay', 'Stay in groups that everyone else has left')
  .action((kind: string, flags: Flags) => readTask(kind, flags))
cli.help()

let task: Task | undefined
try {
  // The parser takes an empty value for the number 0, and 0 is an address too: that of all interfaces.
  if (process.argv.slice(2).some((argument) => argument === '' || argument.endsWith('='))) throw missingValue()
  const { options, args } = cli.parse(process.argv, { run: false })
  if (args.length !== 1 && options['help'] !== true) throw new RangeError(`expected one bot: ${kinds}`)
  task = cli.runMatchedCommand() as Task | undefined
} catch (error) {
  fail(EXIT_USAGE, error)
}
// Nothing to run after --help.
if (task !== undefined) await run(task)
