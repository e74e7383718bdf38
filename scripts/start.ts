/**
 * `npm start`: builds what is missing or out of date, starts a signaling server and the demos, and prints their links.
 * Ctrl-C stops all. Ports: `--port` and `--demo-port`, or SKEIN_PORT and SKEIN_DEMO_PORT; 0 takes a free one.
 */
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { cac } from 'cac'
import { createServer as createViteServer, type Plugin } from 'vite'
import { run } from './run.js'

/** What the pages of the demo say, and what is put in its place when the server is elsewhere. */
const SIGNALING_HOST = 'localhost:8787'
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
  return (await Promise.all(['sdk', 'signaling'].map(newest))).every((changedMs) => changedMs <= builtMs)
}

const namesSignaling = (host: string): Plugin => ({
  name: 'skein:signaling-of-demos',
  transformIndexHtml: { order: 'pre', handler: (html) => html.replaceAll(SIGNALING_HOST, host) },
})

interface Demos {
  readonly url: string
  close(): Promise<void>
}

/** With an HTTP server of our own: that of Vite takes the process down itself on SIGTERM, and with an exit code. */
const startDemos = async (port: number, signalingHost: string): Promise<Demos> => {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, resolve)
  })
  const vite = await createViteServer({
    configFile: false,
    root: 'demo',
    appType: 'mpa',
    logLevel: 'warn',
    clearScreen: false,
    plugins: [namesSignaling(signalingHost)],
    server: { middlewareMode: true, hmr: { server } },
  })
  server.on('request', vite.middlewares)
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await vite.close()
      server.close()
    },
  }
}

const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'the port is in use' : (error as Error).message

const cli = cac('npm start --')
cli.option('--port <number>', 'Port of the signaling server, 0 for a free one (SKEIN_PORT) (default: 8787)')
cli.option('--demo-port <number>', 'Port of the demos, 0 for a free one (SKEIN_DEMO_PORT) (default: 5173)')
cli.help()
const { options } = cli.parse()
const unknown = Object.keys(options).find((name) => !['--', 'h', 'help', 'port', 'demoPort'].includes(name))
if (unknown !== undefined) fail(`cannot start: there is no option "${unknown}"`)

if (options['help'] !== true) {
  const port = readPort('--port', options['port'], 'SKEIN_PORT', '8787')
  const demoPort = readPort('--demo-port', options['demoPort'], 'SKEIN_DEMO_PORT', '5173')
  if (!(await isBuilt())) {
    console.log('building skein …')
    if ((await run('npm', ['run', '--silent', 'build'])) !== 0) fail('cannot start: the build failed')
  }
  const { createSignaling } = await import('skein/signaling')
  const signaling = await createSignaling({ port, host: HOST, origins: ['null'] })
    .listen()
    .catch((error: unknown) => fail(`cannot start the signaling server: ${(error as Error).message} (--port)`))
  const demos = await startDemos(demoPort, `localhost:${signaling.port}`).catch((error: unknown) =>
    fail(`cannot start the demos: ${reasonOf(error)}: ${demoPort} (--demo-port)`),
  )
  const stop = async (): Promise<void> => {
    await Promise.all([demos.close(), signaling.close()])
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())

  console.log(`
  chat         ${demos.url}/2-chat/
  script tag   ${demos.url}/1-script-tag/
  signaling    ${signaling.url}

  Open a link in two windows. Ctrl-C stops everything.
`)
}
