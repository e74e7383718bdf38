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
export const startBot = async (port: number): Promise<StartedBot | null> => {
  if (!existsSync(program)) return null
  const child = spawn(process.execPath, [program, 'echo', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
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
