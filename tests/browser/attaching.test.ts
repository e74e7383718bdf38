import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { launchChromium } from '../support/chromium.js'
import { bundlePage } from './bundle-page.js'
import { expectVisibility, useTabs } from './page-life.js'
import { servePages } from './serve-pages.js'

let browser: Browser
let pages: Awaited<ReturnType<typeof servePages>>
let code: string

beforeAll(async () => {
  ;[browser, pages, code] = await Promise.all([launchChromium(), servePages(), bundlePage('attaching.ts')])
})
afterAll(() => Promise.all([browser.close(), pages.close()]))

const openPage = async (): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await page.goto(`${pages.url}/page/index.html`)
  await page.addScriptTag({ content: code })
  return page
}

/** A page with a fake camera in an element of this style. */
const openAttached = async (style: string, page?: Page): Promise<Page> => {
  const home = page ?? (await openPage())
  await home.evaluate(async (css) => {
    const { Attaching, addVideo, openFake, untilPlaying } = window.tools
    window.attaching = new Attaching()
    window.stream = await openFake({ video: { width: 640, height: 480 } })
    window.elements = [addVideo(css)]
    const [video] = window.elements
    if (video === undefined) throw new Error('no element')
    window.attaching.attachments.attach(window.stream, video)
    await untilPlaying(video)
  }, style)
  return home
}

const untilWish = (page: Page, shown: boolean, maxHeight: number | null = null): Promise<void> =>
  page.evaluate(([isShown, height]) => window.attaching.untilWish(isShown, height), [shown, maxHeight] as const)

describe('a stream in an element', () => {
  it('plays there without a word of the application, in its place on phones too', async () => {
    const page = await openAttached('width: 320px; height: 240px')
    const seen = await page.evaluate(() => {
      const [video] = window.elements
      return [video?.srcObject === window.stream, video?.playsInline, video?.paused, video?.muted]
    })
    expect(seen).toEqual([true, true, false, false])
  })

  it('counts as shown while it was never attached', async () => {
    const page = await openPage()
    const wish = await page.evaluate(() => new window.tools.Attaching().attachments.wishOf(new MediaStream()))
    expect(wish).toEqual({ shown: true, maxHeight: null })
  })

  it('is wished as high as it is there, and higher as soon as it grows', async () => {
    const page = await openAttached('width: 240px; height: 180px')
    await untilWish(page, true, 180)
    await page.evaluate(() => Object.assign(window.elements[0]?.style ?? {}, { width: '640px', height: '480px' }))
    await untilWish(page, true, 540)
  })

  it('is wished as high as the picture, where its place leaves bars', async () => {
    const page = await openAttached('width: 160px; height: 500px')
    await untilWish(page, true, 135)
    await page.evaluate(() => Object.assign(window.elements[0]?.style ?? {}, { objectFit: 'cover' }))
    await page.evaluate(() => Object.assign(window.elements[0]?.style ?? {}, { height: '501px' }))
    await untilWish(page, true, 540)
  })

  it('is wished as high as the largest of several, and is not shown after it was taken out of all', async () => {
    const page = await openAttached('width: 120px; height: 90px')
    await untilWish(page, true, 90)
    await page.evaluate(() => {
      const large = window.tools.addVideo('width: 480px; height: 360px')
      window.elements.push(large)
      window.attaching.attachments.attach(window.stream, large)
    })
    await untilWish(page, true, 360)
    await page.evaluate(() => window.attaching.attachments.detach(window.stream, window.elements[1]))
    await untilWish(page, true, 90)
    await page.evaluate(() => window.attaching.attachments.detach(window.stream))
    await untilWish(page, false)
    const sources = await page.evaluate(() => window.elements.map(({ srcObject }) => srcObject))
    expect(sources).toEqual([null, null])
  })

  it('is not shown while it is scrolled away, not displayed, or not in the document, and is shown again at once', async () => {
    const page = await openAttached('width: 240px; height: 180px')
    await untilWish(page, true, 180)
    const ways: readonly (readonly [() => void, () => void])[] = [
      [() => document.body.style.setProperty('padding-top', '3000px'), () => scrollTo(0, 3_000)],
      [
        () => window.elements[0]?.style.setProperty('display', 'none'),
        () => window.elements[0]?.style.setProperty('display', 'block'),
      ],
      [() => window.elements[0]?.remove(), () => document.body.append(...window.elements)],
    ]
    for (const [hide, show] of ways) {
      await page.evaluate(hide)
      await untilWish(page, false)
      await page.evaluate(show)
      await untilWish(page, true, 180)
    }
  })

  it('is still shown after it was gone for less than a second', async () => {
    const page = await openPage()
    const told = await page.evaluate(async () => {
      const { Attaching, addVideo, createTimers, openFake } = window.tools
      const timers = createTimers()
      const { attachments, wishes } = new Attaching(timers)
      const video = addVideo('width: 240px; height: 180px')
      attachments.attach(await openFake(), video)
      await timers.untilWaiting(1)
      video.style.display = 'none'
      await new Promise(requestAnimationFrame)
      timers.fire()
      video.style.display = 'block'
      await timers.untilWaiting(0)
      while (wishes.at(-1)?.maxHeight !== 180) await new Promise(requestAnimationFrame)
      const before = wishes.length
      video.style.display = 'none'
      await timers.untilWaiting(1)
      video.style.display = 'block'
      await timers.untilWaiting(0)
      const none = wishes.slice(before)
      video.style.display = 'none'
      await timers.untilWaiting(1)
      timers.fire()
      return { none, then: wishes.slice(before) }
    })
    expect(told).toEqual({ none: [], then: [{ shown: false, maxHeight: null }] })
  })

  it('is not shown on a page behind another, and is when that is in front again', async () => {
    const tabs = await useTabs()
    const { page } = await tabs.open(`${pages.url}/page/index.html`)
    await page.addScriptTag({ content: code })
    await openAttached('width: 240px; height: 180px', page)
    await untilWish(page, true, 180)
    await tabs.open(`${pages.url}/page/blank.html`)
    await expectVisibility(page, 'hidden')
    await untilWish(page, false)
    await page.bringToFront()
    await untilWish(page, true, 180)
  })

  it('is heard and not seen in an audio element', async () => {
    const page = await openPage()
    const wish = await page.evaluate(async () => {
      const attaching = new window.tools.Attaching()
      const stream = await window.tools.openFake()
      attaching.attachments.attach(stream, new Audio())
      await attaching.untilWish(false, null)
      return attaching.attachments.wishOf(stream)
    })
    expect(wish).toEqual({ shown: false, maxHeight: null })
  })

  it('makes way for another one in the same element', async () => {
    const page = await openAttached('width: 240px; height: 180px')
    const seen = await page.evaluate(async () => {
      const { attachments } = window.attaching
      const other = await window.tools.openFake({ video: true })
      const [video] = window.elements
      if (video === undefined) throw new Error('no element')
      attachments.attach(other, video)
      await window.attaching.until(() => !attachments.wishOf(window.stream).shown)
      attachments.detach(window.stream)
      return video.srcObject === other
    })
    expect(seen).toBe(true)
  })

  it('is a TypeError for what is no media element', async () => {
    const page = await openPage()
    const names = await page.evaluate(() => {
      const { attachments } = new window.tools.Attaching()
      return [null, {}, document.createElement('div')].map((element) => {
        try {
          attachments.attach(new MediaStream(), element as HTMLVideoElement)
          return 'none'
        } catch (error) {
          return (error as Error).name
        }
      })
    })
    expect(names).toEqual(['TypeError', 'TypeError', 'TypeError'])
  })

  it('keeps neither elements nor streams once it is over', async () => {
    const page = await openAttached('width: 240px; height: 180px')
    const cdp = await page.context().newCDPSession(page)
    await page.evaluate(() => {
      const [video] = window.elements.splice(0)
      if (video === undefined) throw new Error('no element')
      window.weak = new WeakRef(video)
      window.attaching.attachments.forget(window.stream)
      for (const track of window.stream.getTracks()) track.stop()
      video.remove()
    })
    await expect
      .poll(
        async () => {
          await cdp.send('HeapProfiler.collectGarbage')
          return page.evaluate(() => window.weak.deref() === undefined)
        },
        { timeout: 20_000 },
      )
      .toBe(true)
  })
})

describe('sound on a page that nobody has touched', () => {
  it('is told of once, the picture plays all the same, and startAudio() in a click brings it', async () => {
    // As it is with a window; without one Chromium plays whatever it is given.
    const strict = await launchChromium({ args: ['--autoplay-policy=document-user-activation-required'] })
    onTestFinished(() => strict.close())
    const page = await strict.newPage()
    await page.route('**/untouched.html', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<body><script src="attaching.js"></script>' }),
    )
    await page.route('**/attaching.js', (route) => route.fulfill({ contentType: 'text/javascript', body: code }))
    // Over the console, since what is evaluated in a page counts as a touch.
    const waiting = page.waitForEvent('console', (message) => message.text() === 'waiting')
    await page.goto(`${pages.url}/untouched.html#untouched`)
    await waiting
    const telling = page.waitForEvent('console', (message) => message.text().startsWith('{'))
    await page.mouse.click(5, 5)
    expect(JSON.parse((await telling).text())).toEqual({
      byPictureAlone: 0,
      bySound: 1,
      muted: [true, true, true],
      untouched: 'media-denied',
      stillMuted: [true, true, true],
      playing: true,
      touched: 'none',
      finallyMuted: [false, false, false],
      finally: 1,
      lateMuted: false,
      afterwards: 1,
      released: true,
    })
  })
})

describe('devices of a browser', () => {
  it('are listed and opened', async () => {
    const page = await openPage()
    const found = await page.evaluate(async () => {
      const stream = await window.tools.openCamera({ video: true, audio: true })
      const kinds = stream.getTracks().map(({ kind }) => kind)
      for (const track of stream.getTracks()) track.stop()
      return { kinds, devices: await window.tools.listDevices() }
    })
    expect(found.kinds.sort()).toEqual(['audio', 'video'])
    const camera = found.devices.find(({ kind }) => kind === 'videoinput')
    expect(camera?.label).toMatch(/fake/)
    expect(camera?.id).not.toBe('')
  })

  it('include a screen, which is one of details', async () => {
    const page = await openPage()
    const found = await page.evaluate(async () => {
      const [track] = (await window.tools.openScreen()).getVideoTracks()
      if (track === undefined) throw new Error('no screen')
      const { isDetail, width } = window.tools.describeSource(track, {})
      track.stop()
      return { isDetail, isSized: width > 0 }
    })
    expect(found).toEqual({ isDetail: true, isSized: true })
  })

  it('are media-missing when none can do what was asked', async () => {
    const page = await openPage()
    const reasons = await page.evaluate(async () => {
      const { openCamera, reasonOf } = window.tools
      const impossible = { width: { min: 100_000 } }
      return [
        await reasonOf(openCamera({ video: impossible })),
        await reasonOf(openCamera({ video: { deviceId: { exact: 'gone' } } })),
        await reasonOf(openCamera({ video: true })),
      ]
    })
    expect(reasons).toEqual(['media-missing', 'media-missing', 'none'])
  })

  it('are media-denied when the user refuses, and can be had when it is allowed later', async () => {
    // Without the flag that answers for the user.
    const asking = await launchChromium({ ignoreDefaultArgs: ['--use-fake-ui-for-media-stream'] })
    onTestFinished(() => asking.close())
    const context = await asking.newContext()
    const page = await context.newPage()
    await page.goto(`${pages.url}/page/index.html`)
    await page.addScriptTag({ content: code })
    const open = () => page.evaluate(() => window.tools.reasonOf(window.tools.openCamera({ video: true })))
    await context.grantPermissions([], { origin: pages.url })
    expect(await open()).toBe('media-denied')
    await context.grantPermissions(['camera', 'microphone'], { origin: pages.url })
    expect(await open()).toBe('none')
  })

  it('are media-denied where the page may not, and for a screen without a click', async () => {
    const page = await openPage()
    await page.route('**/strict.html', (route) =>
      route.fulfill({
        contentType: 'text/html',
        headers: { 'permissions-policy': 'camera=(), display-capture=()' },
        body: '<body>',
      }),
    )
    await page.goto(`${pages.url}/strict.html`)
    await page.addScriptTag({ content: code })
    const reasons = await page.evaluate(async () => {
      const { openCamera, openScreen, reasonOf } = window.tools
      return [await reasonOf(openCamera({ video: true })), await reasonOf(openScreen())]
    })
    expect(reasons).toEqual(['media-denied', 'media-denied'])
  })

  it('are media-unsupported on a page that came over plain HTTP', async () => {
    const page = await openPage()
    await page.route('http://plain.example/**', (route) => route.fulfill({ contentType: 'text/html', body: '<body>' }))
    await page.goto('http://plain.example/')
    await page.addScriptTag({ content: code })
    const reasons = await page.evaluate(async () => {
      const { openCamera, openScreen, reasonOf, listDevices } = window.tools
      return Promise.all([openCamera({ video: true }), openScreen(), listDevices()].map(reasonOf))
    })
    expect(reasons).toEqual(Array.from({ length: 3 }, () => 'media-unsupported'))
  })
})
