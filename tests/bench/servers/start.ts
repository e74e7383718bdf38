import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

export interface Server {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** No process of the bench takes nearly as long to say what is waited for. */
const LIMIT_MS = 60_000

/**
 * Starts a process and resolves with what `find` makes of the first line in which it finds anything. Rejects when the
 * process ends before, which it is made to after a minute. `onLine` is told all that it says, from then on too.
 */
export const startProcess = async <T>(
  args: readonly string[],
  find: (line: string) => T | undefined,
  { env = {}, onLine }: { readonly env?: NodeJS.ProcessEnv; readonly onLine?: (line: string) => void } = {},
): Promise<{ readonly found: T; readonly stop: () => Promise<void> }> => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const exited = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  const timer = setTimeout(() => void stop(), LIMIT_MS)
  const lines = createInterface({ input: child.stdout })
  if (onLine !== undefined) lines.on('line', onLine)
  const first = new Promise<T | undefined>((resolve, reject) => {
    lines.on('line', (line) => {
      try {
        const result = find(line)
        if (result !== undefined) resolve(result)
      } catch (error) {
        reject(error)
      }
    })
    lines.on('close', () => resolve(undefined))
  })
  const found = await first.finally(() => clearTimeout(timer))
  if (found === undefined) throw new Error(`a process of the bench ended before it was ready: ${args.join(' ')}`)
  return { found, stop }
}

/** Arguments that run a TypeScript file of this folder in Node. */
export const typescript = (file: string): string[] => ['--import', 'tsx', resolve(import.meta.dirname, '..', file)]

const findUrl = (line: string): string | undefined => /ws:\/\/\S+/.exec(line)?.[0]

const start = async (args: readonly string[]): Promise<Server> => {
  const { found, stop } = await startProcess(args, findUrl)
  return { url: found, stop }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export const startRelay = (): Promise<Server> => start(typescript('servers/relay.ts'))
export const startTopics = (): Promise<Server> => start(typescript('servers/topics.ts'))
export const startPeerJsServer = (): Promise<Server> => start(typescript('servers/peerjs.ts'))
export const startSkeinSignaling = (): Promise<Server> => start(['dist/signaling/cli.js', '--port', '0'])

/** It cannot be told to take any port. */
export const startYWebrtcServer = async (): Promise<Server> => {
  const port = await freePort()
  const isUp = (line: string): true | undefined => line.includes('running') || undefined
  const { stop } = await startProcess(['node_modules/y-webrtc/bin/server.js'], isUp, {
    env: { PORT: String(port) },
  })
  return { url: `ws://127.0.0.1:${port}`, stop }
}

/** Runs a process until it prints `word` and what it has measured, as JSON. */
export const measureIn = async <T>(word: string, args: readonly string[]): Promise<T> => {
  const { found, stop } = await startProcess(args, (line) =>
    line.startsWith(`${word} `) ? (JSON.parse(line.slice(word.length + 1)) as T) : undefined,
  )
  await stop()
  return found
}
