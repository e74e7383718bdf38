import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nextEvent, waitUntil } from '../group/setup.js'
import { startCommand as run } from './command.js'
import { setupBots } from './setup.js'

describe('skein-bot', { timeout: 30_000 }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('echo answers until %s, then says goodbye and exits 0', async (signal) => {
    const { join: joinGroup } = await setupBots()
    const { child, exit, output, url } = run(['echo', '--port', '0'])
    const ada = await joinGroup()
    const id = await ada.invite(await url())
    const heard = nextEvent(ada, 'message')
    await ada.send('hello')
    expect(await heard).toEqual({ from: id, data: 'hello', to: 'all' })
    const left = nextEvent(ada, 'member:leave')
    child.kill(signal)
    expect(await left).toEqual({ id, reason: 'goodbye' })
    expect(await exit).toBe(0)
    expect(output.error).toBe('')
  })

  it('relay says nothing, and is found through its own signaling server', async () => {
    const { join: joinGroup, signaling } = await setupBots()
    const { url, child, exit } = run(['relay', '--port=0', '--signaling', signaling.url])
    const ada = await joinGroup()
    const id = await ada.invite(await url())
    const bob = await joinGroup(ada.key)
    await waitUntil(bob, () => bob.peers.some((peer) => peer.id === id && peer.bot))
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
  })

  it('takes its settings from the environment, where flags do not say otherwise', async () => {
    const env = { SKEIN_BOT_PORT: '1', SKEIN_BOT_HOST: 'localhost', SKEIN_BOT_URL: 'ws://localhost:9/bot' }
    const { url } = run(['echo', '--port', '0'], env)
    expect(await url()).toMatch(/^ws:\/\/localhost:9\/bot#/)
  })

  it('is the same bot at each start with an identity that has a name', async () => {
    const home = await mkdtemp(join(tmpdir(), 'skein-bot-'))
    onTestFinished(() => rm(home, { recursive: true, force: true }))
    const identityOf = async (args: string[], env: Record<string, string> = {}) => {
      const { url, child, exit } = run(['echo', '--port', '0', ...args], { SKEIN_HOME: home, ...env })
      const [, identity] = (await url()).split('#')
      child.kill('SIGTERM')
      await exit
      return identity
    }
    const first = await identityOf(['--identity', 'echo of the house'])
    expect(await identityOf([], { SKEIN_BOT_IDENTITY: 'echo of the house' })).toBe(first)
    expect(await identityOf(['--identity', 'another'])).not.toBe(first)
    expect(await identityOf([])).not.toBe(first)
  })

  it('exits 1 when its archive cannot be kept', async () => {
    const { exit, output } = run(['archive', '--port', '0'], { SKEIN_BOT_DIR: '/dev/null/archive' })
    expect(await exit).toBe(1)
    expect(output.error).toMatch(/^skein-bot: cannot keep an archive in [^\n]+\n$/)
  })

  it('exits 1 when what is recorded cannot be kept', async () => {
    const { exit, output } = run(['record', '--port', '0', '--dir', '/dev/null/recordings'])
    expect(await exit).toBe(1)
    expect(output.error).toMatch(/^skein-bot: cannot keep recordings in [^\n]+\n$/)
  })

  it('exits 1 when its identity cannot be kept', async () => {
    const { exit, output } = run(['echo', '--port', '0', '--identity', 'ada'], { SKEIN_HOME: '/dev/null' })
    expect(await exit).toBe(1)
    expect(output.error).toMatch(/^skein-bot: identity could not be loaded: [^\n]+\n$/)
  })

  it('tells a browser what it is', async () => {
    const { url } = run(['echo', '--port', '0'])
    const response = await fetch((await url()).replace('ws:', 'http:'))
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('echo')])
  })

  it('exits 1 on a busy port', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { exit, output } = run(['echo', '--port', String(port)])
    expect(await exit).toBe(1)
    expect(output).toEqual({
      out: '',
      error: `skein-bot: cannot listen on 127.0.0.1:${port}: the port is in use\n`,
    })
    server.close()
  })

  it.each([
    [[]],
    [['parrot']],
    [['constructor']],
    [['echo', 'relay']],
    [['echo', '--bogus']],
    [['echo', '--port', 'many']],
    [['echo', '--port', '70000']],
    [['echo', '--port']],
    [['echo', '--port', '1', '--port', '2']],
    [['echo', '--host=']],
    [['echo', '--url', 'bots.example']],
    [['echo', '--identity', 'x'.repeat(65)]],
    [['echo', '--identity']],
    [['archive']],
    [['archive', '--dir']],
    [['record']],
    [['record', '--dir=']],
    [['echo', '--dir', 'folder']],
    [['echo', '--signaling', 'ws://signal.example']],
  ])('exits 2 with one plain line for %j', async (args) => {
    const { exit, output } = run(args)
    expect(await exit).toBe(2)
    expect(output.out).toBe('')
    expect(output.error).toMatch(/^skein-bot: [^\n]+\n$/)
  })

  it('explains itself and exits 0', async () => {
    const { exit, output } = run(['--help'])
    expect(await exit).toBe(0)
    for (const flag of [
      'echo',
      'relay',
      'archive',
      'record',
      '--port',
      '--host',
      '--url',
      '--signaling',
      '--identity',
      '--dir',
      '--stay',
    ]) {
      expect(output.out).toContain(flag)
    }
  })
})
