import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { createSignaling } from '../../../signaling/index.js'
import { TestClient } from './server-client.js'

const path = fileURLToPath(new URL('../../../signaling/cli.ts', import.meta.url))
const running = new Set<ReturnType<typeof run>>()

const run = (args: string[], env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], { env: { ...process.env, ...env } })
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
  const url = async () => {
    await Promise.race([firstLine, exit])
    const found = /^skein signaling at (ws:\S+)\n$/.exec(output.out)?.[1]
    if (found === undefined) throw new Error(`no URL in ${JSON.stringify(output)}`)
    return found
  }
  const command = { child, output, exit, url }
  running.add(command)
  return command
}

afterEach(async () => {
  for (const { child, exit } of running) {
    child.kill('SIGKILL')
    await exit
  }
  running.clear()
})

describe('skein-signaling', { timeout: 20_000 }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'serves on a free port until %s, then lets clients go and exits 0',
    async (signal) => {
      const { child, exit, output, url } = run(['--port', '0', '--origin', 'https://a.example', '--origin', 'null'])
      const client = await TestClient.dial(await url(), { headers: { Origin: 'null' } })
      await client.join()
      await expect(TestClient.dial(await url(), { headers: { Origin: 'https://b.example' } })).rejects.toThrow('403')
      child.kill(signal)
      expect((await client.closed).code).toBe(1012)
      expect(await exit).toBe(0)
      expect(output.error).toBe('')
    },
  )

  it('takes its settings from the environment, where flags do not say otherwise', async () => {
    const env = { SKEIN_PORT: '1', SKEIN_HOST: 'localhost', SKEIN_ORIGINS: 'https://a.example, https://b.example' }
    const { url } = run(['--port', '0'], env)
    expect(await url()).toMatch(/^ws:\/\/localhost:\d+$/)
    const client = await TestClient.dial(await url(), { headers: { Origin: 'https://b.example' } })
    client.socket.close()
  })

  it('exits 1 on a busy port', async () => {
    const server = await createSignaling({ port: 0 }).listen()
    const { exit, output } = run(['--port', String(server.port)])
    expect(await exit).toBe(1)
    expect(output).toEqual({
      out: '',
      error: `skein-signaling: cannot listen on 127.0.0.1:${server.port}: the port is in use\n`,
    })
    await server.close()
  })

  it.each([
    [['--bogus']],
    [['--port', 'many']],
    [['--port', '70000']],
    [['--port']],
    [['--port', '1', '--port', '2']],
    [['--host', '']],
    [['--host=']],
    [['--origin', 'example']],
    [['surplus']],
  ])('exits 2 with one plain line for %j', async (args) => {
    const { exit, output } = run(args)
    expect(await exit).toBe(2)
    expect(output.out).toBe('')
    expect(output.error).toMatch(/^skein-signaling: [^\n]+\n$/)
  })

  it('explains itself and exits 0', async () => {
    const { exit, output } = run(['--help'])
    expect(await exit).toBe(0)
    for (const flag of ['--port', '--host', '--origin']) expect(output.out).toContain(flag)
  })
})
