import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright'
import type * as skein from 'skein'
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

it('Q1: pages of a script tag see each other, and fetch what carries media when it is used first', async () => {
  const { signaling, openPage, key } = await setup()
  const begin = async () => {
    const { origin } = new URL((await openPage()).url())
    const page = await openPage({ url: `${origin}/page/blank.html` })
    const fetched: string[] = []
    page.on('request', (request) => fetched.push(new URL(request.url()).pathname))
    await page.addScriptTag({ url: '/dist/skein.global.js' })
    await page.evaluate(
      async ([url, groupKey]) => {
        const { Skein } = window as unknown as { readonly Skein: typeof skein }
        const group = new Skein.WebGroup({ signaling: url })
        window.waitForStream = () => {
          window.seenStream = new Promise((resolve) => group.on('stream:add', resolve))
        }
        window.showStream = (stream) => group.addStream(stream).ready
        await group.join(groupKey)
      },
      [signaling.url, key] as const,
    )
    const wait = () => page.evaluate(() => window.waitForStream?.())
    const show = () =>
      page.evaluate(async () => window.showStream?.(await navigator.mediaDevices.getUserMedia({ video: true })))
    const see = () =>
      page.evaluate(async () => {
        const video = Object.assign(document.createElement('video'), { muted: true })
        video.srcObject = (await window.seenStream)?.stream ?? null
        document.body.append(video)
        await video.play()
        return video.videoWidth
      })
    return { wait, show, see, fetched: () => fetched.filter((path) => path.includes('media')) }
  }
  const [ada, bob] = [await begin(), await begin()]
  expect([...ada.fetched(), ...bob.fetched()]).toEqual([])
  // From here on it would be fetched with the next link.
  for (const page of [ada, bob]) await page.wait()
  await ada.show()
  expect(await bob.see()).toBeGreaterThan(0)
  await bob.show()
  expect(await ada.see()).toBeGreaterThan(0)
  expect([ada.fetched(), bob.fetched()]).toEqual([['/dist/skein-media.global.js'], ['/dist/skein-media.global.js']])
})

declare global {
  interface Window {
    waitForStream?: () => void
    seenStream?: Promise<skein.RemoteStream>
    showStream?: (stream: MediaStream) => Promise<void>
  }
}
