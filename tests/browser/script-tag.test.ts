import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright'
import { expect, it, onTestFinished } from 'vitest'
import { setup, useBrowser } from './support.js'

useBrowser()

/** The smallest demo, made to use this signaling server. */
const readDemo = async (signalingUrl: string): Promise<string> =>
  (await readFile('demo/1-script-tag/index.html', 'utf8')).replaceAll('localhost:8787', new URL(signalingUrl).host)

const say = async (page: Page, text: string): Promise<void> => {
  await page.getByPlaceholder('Say something').fill(text)
  await page.getByPlaceholder('Say something').press('Enter')
}

it('pages of one file and one script tag talk, served by no one and opened from a file', async () => {
  const { signaling, openPage } = await setup({ signalingFlags: ['--origin', 'null'] })
  const folder = await mkdtemp(join(tmpdir(), 'skein-demo-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'index.html')
  await writeFile(file, await readDemo(signaling.url))
  const ada = await openPage({ url: pathToFileURL(file).href })
  const failures: string[] = []
  ada.on('pageerror', (error) => failures.push(error.message))
  await ada.getByText('joined').waitFor()
  const bob = await openPage({ url: ada.url() })
  await bob.getByText('joined').waitFor()
  await say(bob, 'hello')
  await ada.getByText(/^.{4}: hello$/).waitFor()
  await say(ada, 'hello yourself')
  await bob.getByText(/^.{4}: hello yourself$/).waitFor()
  expect(failures).toEqual([])
})
