import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { launchShell } from '../support/chromium.js'
import { bundlePage } from './bundle-page.js'
import { servePages } from './serve-pages.js'

let browser: Browser
let pages: Awaited<ReturnType<typeof servePages>>
let code: string

beforeAll(async () => {
  ;[browser, pages, code] = await Promise.all([launchShell(), servePages(), bundlePage('sending.ts')])
})
afterAll(() => Promise.all([browser.close(), pages.close()]))

const openSending = async (): Promise<Page> => {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await page.goto(`${pages.url}/page/blank.html`)
  await page.addScriptTag({ content: code })
  await page.evaluate(async () => {
    window.sending = new window.Sending()
    await window.sending.start()
    await window.sending.wish({ shown: true, maxHeight: null })
    await window.sending.untilHeight(480)
  })
  return page
}

describe('a planned encoding in Chromium', () => {
  it('sends a video as small as it is shown, and whole again, without another negotiation', async () => {
    const page = await openSending()
    const negotiations = await page.evaluate(async () => {
      await window.sending.wish({ shown: true, maxHeight: 180 })
      await window.sending.untilHeight(180)
      await window.sending.wish({ shown: true, maxHeight: null })
      await window.sending.untilHeight(480)
      return window.sending.negotiations
    })
    expect(negotiations).toBe(0)
  })

  it('sends nothing of a video that nobody shows, and sends it as soon as it is shown', async () => {
    const page = await openSending()
    const negotiations = await page.evaluate(async () => {
      await window.sending.wish({ shown: false, maxHeight: null })
      await window.sending.untilSilent()
      await window.sending.wish({ shown: true, maxHeight: 90 })
      await window.sending.untilHeight(90)
      return window.sending.negotiations
    })
    expect(negotiations).toBe(0)
  })
})

describe('figures of a link in Chromium', () => {
  it('have an estimate, a delay, a loss, and the video that is sent', async () => {
    const page = await openSending()
    const { estimate, sent } = await page.evaluate(async () => {
      const figures = await window.sending.until(
        (each) => each.estimate.loss !== null && each.sentBitrate > 0 && each.estimate.availableBitrate !== null,
      )
      return { estimate: figures.estimate, sent: figures.sentVideos }
    })
    expect(estimate.availableBitrate).toBeGreaterThan(50_000)
    expect(estimate.rttMs).toBeGreaterThanOrEqual(0)
    expect(estimate.loss).toBeGreaterThanOrEqual(0)
    expect(sent).toMatchObject([{ width: 640, height: 480 }])
    expect(sent[0]?.frameRate).toBeGreaterThan(0)
  })
})
