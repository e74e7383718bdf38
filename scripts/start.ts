/**
 * `npm start`: builds what is missing or out of date, starts a signaling server, the echo bot, the archive and the demos, and
 * prints their links. Ctrl-C stops all. Ports: `--port`, `--bot-port`, `--archive-port` and `--demo-port`, or SKEIN_PORT,
 * SKEIN_BOT_PORT, SKEIN_ARCHIVE_PORT and SKEIN_DEMO_PORT; 0 takes a free one. All is in memory, but for what the archive keeps: that is
 * in a temporary folder which is removed at the end, or in that of `--archive-dir` or SKEIN_ARCHIVE_DIR, which stays.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cac } from 'cac'
import { run } from './run.js'
import { serveDemos } from './serve-demos.js'
import { startArchive, startBot } from './start-bot.js'

const HOST = '127.0.0.1'

const fail = (message: string): never => {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

const readPort = (flag: string, given: unknown, variable: string, fallback: string): number => {
  const text =
    typeof given === 'number' || typeof given === 'string' ? String(given) : (process.env[variable] ?? fallback)
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    fail(`cannot start: ${flag} is "${text}", not a port from 0 to 65535`)
  }
  return Number(text)
}

const newest = async (folder: string): Promise<number> => {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const times = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).mtimeMs),
  )
  return Math.max(0, ...times)
}

/** The declarations come last of all in a build, so without them there was none, or not to its end. */
const isBuilt = async (): Promise<boolean> => {
  if (!existsSync('dist/skein.global.js') || !existsSync('dist/types')) return false
  const { mtimeMs: builtMs } = await stat('dist/skein.global.js')
  return (await Promise.all(['sdk', 'signaling', 'bots'].map(newest))).every((changedMs) => changedMs <= builtMs)
}

const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'the port is in use' : (error as Error).message

const cli = cac('npm start --')
cli.option('--port <number>', 'Port of the signaling server, 0 for a free one (SKEIN_PORT) (default: 8787)')
cli.option('--bot-port <number>', 'Port of the echo bot, 0 for a free one (SKEIN_BOT_PORT) (default: 9000)')
cli.option('--archive-port <number>', 'Port of the archive, 0 for a free one (SKEIN_ARCHIVE_PORT) (default: 9001)')
cli.option(
  '--archive-dir <folder>',
  'Where the archive keeps notebooks (SKEIN_ARCHIVE_DIR) (default: until it is stopped)',
)
cli.option('--demo-port <number>', 'Port of the demos, 0 for a free one (SKEIN_DEMO_PORT) (default: 5173)')
cli.help()
const { options } = cli.parse()
const known = ['--', 'h', 'help', 'port', 'botPort', 'archivePort', 'archiveDir', 'demoPort']
const unknown = Object.keys(options).find((name) => !known.includes(name))
if (unknown !== undefined) fail(`cannot start: there is no option "${unknown}"`)

if (options['help'] !== true) {
  const port = readPort('--port', options['port'], 'SKEIN_PORT', '8787')
  const botPort = readPort('--bot-port', options['botPort'], 'SKEIN_BOT_PORT', '9000')
  const archivePort = readPort('--archive-port', options['archivePort'], 'SKEIN_ARCHIVE_PORT', '9001')
  const givenDir: unknown = options['archiveDir'] ?? process.env.SKEIN_ARCHIVE_DIR
  if (givenDir === true) fail('cannot start: --archive-dir is missing its value')
  const demoPort = readPort('--demo-port', options['demoPort'], 'SKEIN_DEMO_PORT', '5173')
  if (!(await isBuilt())) {
    console.log('building skein …')
    if ((await run('npm', ['run', '--silent', 'build'])) !== 0) fail('cannot start: the build failed')
  }
  let temporary: string | null = null
  const open: { close(): Promise<void> }[] = []
  const closeAll = async (): Promise<void> => {
    await Promise.all(open.map((one) => one.close()))
    if (temporary !== null) await rm(temporary, { recursive: true, force: true })
  }
  /** What is started already would go on by itself. */
  const orGiveUp = async <Value>(what: string, flag: string, starting: Promise<Value>): Promise<Value> => {
    try {
      return await starting
    } catch (error) {
      await closeAll()
      return fail(`cannot start ${what}: ${reasonOf(error)} (${flag})`)
    }
  }
  const { createSignaling } = await import('skein/signaling')
  const listening = createSignaling({ port, host: HOST, origins: ['null'] }).listen()
  const signaling = await orGiveUp('the signaling server', '--port', listening)
  open.push(signaling)
  const bot = await orGiveUp('the bot', '--bot-port', startBot(botPort))
  if (bot) open.push(bot)
  const isKept = (typeof givenDir === 'string' || typeof givenDir === 'number') && givenDir !== ''
  temporary = isKept ? null : await mkdtemp(join(tmpdir(), 'skein-archive-'))
  const archiveDir = temporary ?? String(givenDir)
  const archive = await orGiveUp('the archive', '--archive-port', startArchive(archivePort, archiveDir))
  if (archive) open.push(archive)
  const serving = serveDemos({
    port: demoPort,
    signalingUrl: `ws://localhost:${signaling.port}`,
    botUrl: bot?.url ?? '',
    archiveUrl: archive?.url ?? '',
  })
  const demos = await orGiveUp('the demos', `--demo-port ${demoPort}`, serving)
  open.push(demos)
  const stop = async (): Promise<void> => {
    await closeAll()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())

  console.log(`
  chat         ${demos.url}/2-chat/
  notebook     ${demos.url}/3-notebook/
  call         ${demos.url}/4-call/
  script tag   ${demos.url}/1-script-tag/
  signaling    ${signaling.url}
  echo bot     ${bot?.url ?? 'none: this build has no bots'}
  archive      ${archive?.url ?? 'none: this build has no bots'}
               keeps notebooks in ${archiveDir}${isKept ? '' : ', until it is stopped (--archive-dir for longer)'}

  Open a link in two windows. Ctrl-C stops everything.
`)
}
