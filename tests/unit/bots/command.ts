import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const path = fileURLToPath(new URL('../../../bots/cli.ts', import.meta.url))

/** `skein-bot` as a process, in a group of its own; killed when the test is over. */
export const startCommand = (args: readonly string[], env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    env: { ...process.env, ...env },
    detached: true,
  })
  const output = { out: '', error: '' }
  let printed: () => void = () => {}
  const firstLine = new Promise<void>((resolve) => (printed = resolve))
  child.stdout.on('data', (data) => {
    output.out += String(data)
    if (output.out.includes('\n')) printed()
  })
  child.stderr.on('data', (data) => (output.error += String(data)))
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  // A child that ends without a word must fail the test at once, not by its timeout.
  const url = async (): Promise<string> => {
    await Promise.race([firstLine, exit])
    const found = /^skein (?:echo|relay|archive|record) bot at (ws:\S+#[\w-]{43})\n$/.exec(output.out)?.[1]
    if (found === undefined) throw new Error(`no URL in ${JSON.stringify(output)}`)
    return found
  }
  /** Without a warning, with all that it started. */
  const kill = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, 'SIGKILL')
    }
    await exit
  }
  onTestFinished(kill)
  return { child, output, exit, url, kill }
}
