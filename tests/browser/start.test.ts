import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { setup, useBrowser } from './support.js'

useBrowser()

const environment = {
  ...process.env,
  SKEIN_PORT: '0',
  SKEIN_BOT_PORT: '0',
  SKEIN_ARCHIVE_PORT: '0',
  SKEIN_DEMO_PORT: '0',
}

/** `npm start` without npm, which would take the signals for itself. */
const start = (env: NodeJS.ProcessEnv): { child: ChildProcess; output: () => string } => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/start.ts'], { env })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, output: () => text }
}

const startDemos = async (): Promise<{ child: ChildProcess; chat: string; scriptTag: string; signaling: string }> => {
  const { child, output } = start(environment)
  await expect.poll(output, { timeout: 90_000, interval: 50 }).toContain('Ctrl-C')
  const find = (pattern: RegExp): string => pattern.exec(output())?.[0] ?? ''
  return {
    child,
    chat: find(/http:\S+\/2-chat\//),
    scriptTag: find(/http:\S+\/1-script-tag\//),
    signaling: find(/ws:\S+/),
  }
}

const childrenOf = async (pid: number): Promise<string> => {
  try {
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim()
  } catch {
    return ''
  }
}

it('npm start serves a chat in which two pages talk, and ctrl-C ends all of it', async () => {
  const { openPage } = await setup()
  const { child, chat, signaling } = await startDemos()
  const ada = await openPage({ url: chat })
  await ada.getByLabel('Your name').fill('Ada')
  await ada.getByRole('button', { name: 'Join' }).click()
  await ada.getByText('Nobody else is here yet').waitFor()
  const bob = await openPage({ url: ada.url() })
  await bob.getByLabel('Your name').fill('Bob')
  await bob.getByLabel('Your name').press('Enter')
  await bob.getByText('Connected with one other').waitFor()
  await ada.getByRole('listitem').filter({ hasText: 'Bob' }).getByText('direct').waitFor()
  await bob.getByLabel('Message', { exact: true }).fill('hello from Bob')
  await bob.getByLabel('Message', { exact: true }).press('Enter')
  await ada.getByRole('log').getByText('hello from Bob').waitFor()
  await ada.getByLabel('Message', { exact: true }).fill('hello from Ada')
  await ada.getByRole('button', { name: 'Send' }).click()
  await bob.getByRole('log').getByText('hello from Ada').waitFor()

  const children = (await childrenOf(child.pid ?? 0)).split(' ').filter((pid) => pid !== '')
  const exited = once(child, 'exit')
  child.kill('SIGINT')
  expect(await exited).toEqual([0, null])
  for (const pid of children) expect(() => process.kill(Number(pid), 0)).toThrow()
  for (const url of [chat, signaling.replace('ws', 'http')]) await expect(fetch(url)).rejects.toThrow()
})

it('the script-tag demo works as npm start serves it, and SIGTERM ends all of it', async () => {
  const { openPage } = await setup()
  const { child, scriptTag } = await startDemos()
  const ada = await openPage({ url: scriptTag })
  await ada.getByText('joined').waitFor()
  const bob = await openPage({ url: ada.url() })
  await bob.getByText('joined').waitFor()
  await bob.getByPlaceholder('Say something').fill('hi')
  await bob.getByPlaceholder('Say something').press('Enter')
  await ada.getByText(/^.{4}: hi$/).waitFor()
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

it.each(['SKEIN_PORT', 'SKEIN_BOT_PORT', 'SKEIN_ARCHIVE_PORT', 'SKEIN_DEMO_PORT'])(
  'npm start says so when the port of %s is taken, and leaves nothing running',
  async (variable) => {
    const other = createServer()
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    onTestFinished(() => {
      other.close()
    })
    const port = String((other.address() as AddressInfo).port)
    const { child, output } = start({ ...environment, [variable]: port })
    // Whatever it has started holds this pipe open: it closes when the last of them is gone.
    expect((await once(child, 'close'))[0]).toBe(1)
    expect(output()).toMatch(/port is in use/)
    expect(output()).toContain(port)
  },
)
