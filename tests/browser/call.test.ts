import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { serveDemos, type Demos } from '../../scripts/serve-demos.js'
import { launchShell } from '../support/chromium.js'
import { findBarriers } from './barriers.js'
import { joinCall, seesMoving, tile } from './call.js'
import { canGoBlind, goBlind, say } from './chat.js'
import { startSignaling, type SignalingProcess } from './signaling-process.js'

const phone = { viewport: { width: 360, height: 740 } }
/** Slow enough for a small machine. */
const devices = '--use-fake-device-for-media-stream=fps=10'

let browser: Browser
let demos: Demos
let signaling: SignalingProcess

beforeAll(async () => {
  signaling = await startSignaling()
  ;[browser, demos] = await Promise.all([
    launchShell({ args: [devices] }),
    serveDemos({ port: 0, signalingUrl: signaling.url, botUrl: '' }),
  ])
})
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
})
afterAll(async () => {
  await Promise.all([browser.close(), demos.close(), signaling.stop()])
})

const callUrl = (): string => `${demos.url}/4-call/`

/** Small pictures, that little is done for. */
const smallPictures = `
  const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices)
  if (open) navigator.mediaDevices.getUserMedia = ({ audio, video }) =>
    open({ audio, video: video && { ...video, width: { ideal: 320 }, height: { ideal: 180 } } })
`

const openBrowser = async (options: BrowserContextOptions = {}, ...before: string[]): Promise<BrowserContext> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  for (const script of [smallPictures, ...before]) await context.addInitScript(script)
  return context
}

/** As patient as playwright is, on a machine that is busy with other things. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 60_000, interval: 50 })

const openTwo = async () => {
  const ada = await joinCall(await openBrowser(), callUrl(), { name: 'Ada', color: 'madder' })
  const bob = await joinCall(await openBrowser(), ada.url(), { name: 'Bob', color: 'woad' })
  for (const page of [ada, bob]) await page.getByText('Connected with one other').waitFor()
  return { ada, bob }
}

const control = (page: Page, name: string) => page.locator('.controls').getByRole('button', { name })

/** Opening a camera fails in this way. */
const refuses = (name: string): string => `
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '${name}'))
`

/** As browsers do with pages that nobody has touched: they play without sound alone. */
const silentUntilTouched = `
  const play = HTMLMediaElement.prototype.play
  let isTouched = false
  addEventListener('pointerdown', () => (isTouched = true), true)
  HTMLMediaElement.prototype.play = function () {
    return this.muted || isTouched ? play.call(this) : Promise.reject(new DOMException('', 'NotAllowedError'))
  }
`

/** The red one is there first. Of Chromium's own, the second gives others no pictures. */
const twoCameras = `
  const cameras = ['red', 'blue'].map((color) => ({
    kind: 'videoinput', deviceId: color, groupId: color, label: color[0].toUpperCase() + color.slice(1) + ' camera',
  }))
  navigator.mediaDevices.enumerateDevices = async () => cameras
  navigator.mediaDevices.getUserMedia = async ({ video }) => {
    const color = video?.deviceId?.exact ?? 'red'
    const canvas = document.createElement('canvas')
    const context = canvas.getContext('2d')
    const paint = () => {
      context.fillStyle = color
      context.fillRect(0, 0, canvas.width, canvas.height)
    }
    paint()
    setInterval(paint, 100)
    const stream = canvas.captureStream(10)
    stream.getTracks()[0].getSettings = () => ({ deviceId: color })
    return stream
  }
`

/** Ends what was opened last in the way that a browser does when a device is pulled out, or sharing is stopped by its own button. */
const endsByItself = `
  for (const way of ['getUserMedia', 'getDisplayMedia']) {
    const open = navigator.mediaDevices[way].bind(navigator.mediaDevices)
    navigator.mediaDevices[way] = async (wanted) => {
      const stream = await open(wanted)
      window.endVideo = () => {
        const [track] = stream.getVideoTracks()
        track.stop()
        track.dispatchEvent(new Event('ended'))
      }
      return stream
    }
  }
`

const endVideo = (page: Page): Promise<void> =>
  page.evaluate(() => (window as unknown as { endVideo(): void }).endVideo())

/** Of what is shown of this member; empty before there is a picture. */
const colourOf = (page: Page, name: string): Promise<string> =>
  tile(page, name)
    .locator('video')
    .evaluate((video: HTMLVideoElement) => {
      const context = new OffscreenCanvas(1, 1).getContext('2d')
      if (context === null || video.videoWidth === 0) return ''
      context.drawImage(video, 0, 0, 1, 1)
      const [red = 0, , blue = 0] = context.getImageData(0, 0, 1, 1).data
      return red > 150 && blue < 100 ? 'red' : blue > 150 && red < 100 ? 'blue' : ''
    })

describe('the call', () => {
  it('is made of less than 300 lines with what skein exports', async () => {
    const folder = 'demo/4-call'
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'))
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
    expect(texts.reduce((sum, text) => sum + text.split('\n').length - 1, 0)).toBeLessThan(300)
  })

  it('shows two people each other, who is muted, who has no camera on, and what they write', async () => {
    const { ada, bob } = await openTwo()
    await Promise.all([seesMoving(ada, 'Bob'), seesMoving(bob, 'Ada'), seesMoving(ada, 'You')])
    await tile(bob, 'Ada').locator('.bars').waitFor()
    await control(ada, 'Microphone').click()
    await tile(bob, 'Ada').getByText('muted').waitFor()
    await control(ada, 'Microphone').click()
    await tile(bob, 'Ada').getByText('muted').waitFor({ state: 'hidden' })
    await control(ada, 'Camera').click()
    await tile(bob, 'Ada').locator('.disc').waitFor()
    await control(ada, 'Camera').click()
    await tile(bob, 'Ada').locator('.disc').waitFor({ state: 'hidden' })
    await seesMoving(bob, 'Ada')
    await say(ada, 'hello <b>Bob</b>')
    await bob.getByRole('log').getByText('hello <b>Bob</b>').waitFor()
    await control(bob, 'Leave').click()
    await ada.getByRole('log').getByText('Bob has left').waitFor()
    expect(await tile(ada, 'Bob').count()).toBe(0)
  })

  it('lets nobody hear whose microphone was switched off before', async () => {
    const page = await (await openBrowser()).newPage()
    await page.goto(callUrl())
    const microphone = page.locator('#welcome').getByRole('button', { name: 'Microphone' })
    await microphone.and(page.locator('[aria-pressed=true]')).click()
    await microphone.and(page.locator('[aria-pressed=false]')).waitFor()
    await page.getByLabel('Your name').fill('Ada')
    await page.getByLabel('Your name').press('Enter')
    await tile(page, 'You').getByText('muted').waitFor()
    const bob = await joinCall(await openBrowser(), page.url(), { name: 'Bob' })
    await seesMoving(bob, 'Ada')
    await tile(bob, 'Ada').getByText('muted').waitFor()
  })

  it('goes on with another camera where the one before was', async () => {
    const ada = await joinCall(await openBrowser({}, twoCameras), callUrl(), { name: 'Ada' })
    const bob = await joinCall(await openBrowser({}, refuses('NotFoundError')), ada.url(), { name: 'Bob' })
    await eventually(() => colourOf(bob, 'Ada')).toBe('red')
    await ada.locator('#camera').selectOption({ label: 'Blue camera' })
    await eventually(() => colourOf(bob, 'Ada')).toBe('blue')
    await eventually(() => ada.locator('#camera option:checked').textContent()).toBe('Blue camera')
  })

  it('has a ring around whoever speaks', async () => {
    const { ada, bob } = await openTwo()
    await seesMoving(bob, 'Ada', 1)
    await control(bob, 'Microphone').click()
    // Chromium's own microphone beeps.
    await bob.locator('.tile.speaking').and(tile(bob, 'Ada')).waitFor()
    await tile(bob, 'Ada').getByText('speaking').waitFor({ state: 'attached' })
    await control(ada, 'Microphone').click()
    await bob.locator('.tile.speaking').waitFor({ state: 'detached' })
  })

  it('says that a camera was pulled out, shows the others a name in its place, and goes on with it when it is back', async () => {
    const ada = await joinCall(await openBrowser({}, endsByItself), callUrl(), { name: 'Ada' })
    const bob = await joinCall(await openBrowser(), ada.url(), { name: 'Bob' })
    await seesMoving(bob, 'Ada')
    await endVideo(ada)
    await ada.locator('#room').getByRole('alert').getByText('Your camera').waitFor()
    await Promise.all([tile(bob, 'Ada'), tile(ada, 'You')].map((shown) => shown.locator('.disc').waitFor()))
    await control(ada, 'Camera').click()
    await tile(bob, 'Ada').locator('.disc').waitFor({ state: 'hidden' })
    await seesMoving(bob, 'Ada')
  })

  it('takes a screen away from all when its owner stops it by the button of the browser', async () => {
    const ada = await joinCall(await openBrowser({}, endsByItself), callUrl(), { name: 'Ada' })
    const bob = await joinCall(await openBrowser(), ada.url(), { name: 'Bob' })
    await control(ada, 'Share screen').click()
    await seesMoving(bob, 'Screen of Ada', 1)
    await endVideo(ada)
    await Promise.all([
      tile(bob, 'Screen of Ada').waitFor({ state: 'detached' }),
      tile(ada, 'Your screen').waitFor({ state: 'detached' }),
      control(ada, 'Share screen').and(ada.locator('[aria-pressed=false]')).waitFor(),
    ])
    await seesMoving(bob, 'Ada')
  })

  it('shows three people a screen, and all of it again to one who loads the page anew', async () => {
    const { ada, bob } = await openTwo()
    const carol = await joinCall(await openBrowser(), ada.url(), { name: 'Carol' })
    await Promise.all([
      seesMoving(carol, 'Ada'),
      seesMoving(carol, 'Bob'),
      seesMoving(ada, 'Carol'),
      seesMoving(bob, 'Carol'),
    ])
    await control(ada, 'Share screen').click()
    await Promise.all([bob, carol].map((page) => seesMoving(page, 'Screen of Ada', 2)))
    await control(bob, 'Microphone').click()
    const startedAt = Date.now()
    await bob.reload()
    await Promise.all(['Ada', 'Carol', 'Screen of Ada'].map((name) => seesMoving(bob, name, 1)))
    expect(Date.now() - startedAt).toBeLessThan(15_000)
    await Promise.all([ada, carol].map((page) => seesMoving(page, 'Bob')))
    // Whoever was muted still is.
    await tile(ada, 'Bob').getByText('muted').waitFor()
    await control(ada, 'Share screen').click()
    await tile(carol, 'Screen of Ada').waitFor({ state: 'detached' })
    await seesMoving(carol, 'Ada')
  })

  it('works by keyboard alone', async () => {
    const page = await (await openBrowser()).newPage()
    await page.goto(callUrl())
    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent.trim() || '')
    const tabTo = async (id: string): Promise<void> => {
      for (let i = 0; i < 30 && (await focused()) !== id; i += 1) await page.keyboard.press('Tab')
      expect(await focused()).toBe(id)
    }
    await page.keyboard.type('Ada')
    await page.keyboard.press('Enter')
    await eventually(focused).toBe('mute')
    await control(page, 'Microphone').and(page.locator('[aria-pressed=true]')).waitFor()
    await page.keyboard.press('Space')
    await tile(page, 'You').getByText('muted').waitFor()
    await tabTo('Camera')
    await page.keyboard.press('Enter')
    await tile(page, 'You').locator('.disc').waitFor()
    await tabTo('Share screen')
    await page.keyboard.press('Enter')
    await tile(page, 'Your screen').waitFor()
    await page.keyboard.press('Enter')
    await tile(page, 'Your screen').waitFor({ state: 'detached' })
    await tabTo('text')
    await page.keyboard.type('hello')
    await page.keyboard.press('Enter')
    await page.getByRole('log').getByText('hello').waitFor()
    await tabTo('rename')
    await page.keyboard.press('Enter')
    await eventually(focused).toBe('name')
    await page.keyboard.type('Ada the Second')
    await page.keyboard.press('Enter')
    await eventually(focused).toBe('mute')
    await tabTo('leave')
    await page.keyboard.press('Enter')
    await page.getByText('You have left the call').waitFor()
    await eventually(focused).toBe('name')
    await page.keyboard.press('Enter')
    await eventually(focused).toBe('mute')
  })
})

describe('axe-core finds nothing', () => {
  it.each([
    { name: 'in light', options: { colorScheme: 'light' } },
    { name: 'at phone width, in dark', options: { ...phone, colorScheme: 'dark' } },
  ] as const)('$name: before, alone, with another one and a screen', async ({ options }) => {
    const context = await openBrowser(options)
    const first = await context.newPage()
    await first.goto(callUrl())
    await first.getByRole('button', { name: 'Camera', pressed: true }).waitFor()
    expect(await findBarriers(first)).toEqual([])
    await first.close()
    const ada = await joinCall(context, callUrl(), { name: 'Ada' })
    await ada.getByText('You are alone here').waitFor()
    expect(await findBarriers(ada)).toEqual([])
    const bob = await joinCall(await openBrowser({}, refuses('NotFoundError')), ada.url(), { name: 'Bob' })
    await control(ada, 'Share screen').click()
    await control(ada, 'Microphone').click()
    await seesMoving(bob, 'Screen of Ada', 1)
    await say(bob, 'hello')
    await ada.locator('#log').getByText('hello').waitFor({ state: 'attached' })
    for (const page of [ada, bob]) expect(await findBarriers(page)).toEqual([])
    if ('viewport' in options) {
      await ada.getByRole('button', { name: 'Chat' }).click()
      await ada.getByRole('heading', { name: 'Your devices' }).waitFor()
      expect(await findBarriers(ada)).toEqual([])
    }
    // Nothing sticks out at the side, whatever the width.
    expect(await ada.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  })
})

describe('plain words', () => {
  it.each([
    {
      why: 'refused',
      script: refuses('NotAllowedError'),
      words: 'Your camera and microphone cannot be used. This page may not',
    },
    { why: 'missing', script: refuses('NotFoundError'), words: 'There is no such device' },
    { why: 'in use', script: refuses('NotReadableError'), words: 'Another program uses it' },
    {
      why: 'unknown to the page',
      script: `Object.defineProperty(navigator, 'mediaDevices', { value: undefined })`,
      words: 'This page cannot have a camera or a microphone here.',
    },
  ])('where devices are $why, and one is in the call all the same', async ({ script, words }) => {
    const page = await (await openBrowser({}, script)).newPage()
    await page.goto(callUrl())
    await page.getByRole('alert').getByText(words).waitFor()
    await page.getByLabel('Your name').fill('Ada')
    await page.getByLabel('Your name').press('Enter')
    await page.getByText('Nobody else is here yet').waitFor()
    await tile(page, 'You').locator('.disc').waitFor()
    await page.locator('#room').getByRole('alert').getByText(words).waitFor()
  })

  it('on a button, where the browser keeps the page silent', async () => {
    const ada = await joinCall(await openBrowser(), callUrl(), { name: 'Ada' })
    const bob = await joinCall(await openBrowser({}, silentUntilTouched), ada.url(), { name: 'Bob' })
    const button = bob.getByRole('button', { name: 'Turn on the sound' })
    const isMuted = (): Promise<boolean> =>
      tile(bob, 'Ada')
        .locator('video')
        .evaluate((video: HTMLVideoElement) => video.muted)
    await button.waitFor()
    expect(await isMuted()).toBe(true)
    await button.click()
    await button.waitFor({ state: 'hidden' })
    expect(await isMuted()).toBe(false)
  })

  it('where there is no WebRTC', async () => {
    const page = await (await openBrowser({}, `delete window.RTCPeerConnection`)).newPage()
    await page.goto(callUrl())
    await page.getByText('This browser has no WebRTC').waitFor()
  })

  it('where somebody is reached through others, and what helps', async () => {
    const ada = await joinCall(await openBrowser({}, canGoBlind), callUrl(), { name: 'Ada' })
    const bob = await joinCall(await openBrowser(), ada.url(), { name: 'Bob' })
    await seesMoving(bob, 'Ada', 1)
    await goBlind(ada)
    const carol = await joinCall(await openBrowser(), ada.url(), { name: 'Carol' })
    await tile(carol, 'Ada').getByText('this one is reached through others').waitFor()
    await say(ada, 'but I can write')
    await carol.getByRole('log').getByText('but I can write').waitFor()
    expect(await findBarriers(carol)).toEqual([])
  })
})
