import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** `skein-signaling` as it is installed, in a process of its own. */
export interface SignalingProcess {
  readonly url: string
  readonly httpUrl: string
  /** Ends it without a word to anyone. */
  kill(): Promise<void>
  /** Starts it again on the port that it had. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const start = async (args: readonly string[]): Promise<{ child: ChildProcess; url: string }> => {
  const child = spawn(process.execPath, ['dist/signaling/cli.js', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /ws:\/\/\S+/.exec(line)?.[0]
    if (url !== undefined) return { child, url }
  }
  throw new Error('the signaling server ended before it said where it is')
}

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

export const startSignaling = async (args: readonly string[] = []): Promise<SignalingProcess> => {
  const first = await start(['--port', '0', ...args])
  let { child } = first
  return {
    url: first.url,
    httpUrl: first.url.replace(/^ws/, 'http'),
    kill: () => end(child, 'SIGKILL'),
    restart: async () => {
      child = (await start(['--port', new URL(first.url).port, ...args])).child
    },
    stop: () => end(child, 'SIGTERM'),
  }
}
