import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'

export interface StartedBot {
  readonly url: string
  close(): Promise<void>
}

const program = 'dist/node/bots-cli.js'

/** Starts the echo bot on this port, 0 for a free one. `null` when this build has no bots. */
export const startBot = (port: number): Promise<StartedBot | null> => start(['echo', '--port', String(port)])

/** Starts the archive on this port, with what it keeps in this folder. `null` when this build has no bots. */
export const startArchive = (port: number, folder: string): Promise<StartedBot | null> =>
  start(['archive', '--port', String(port), '--dir', folder])

const start = async (args: readonly string[]): Promise<StartedBot | null> => {
  if (!existsSync(program)) return null
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /wss?:\/\/\S+/.exec(line)?.[0]
    if (url === undefined) continue
    return {
      url,
      close: async () => {
        child.kill('SIGTERM')
        await exited
      },
    }
  }
  throw new Error('the bot ended before it said where it is')
}
