/**
 * A Chromium whose tabs live as they do for a person: those behind another are hidden and slow, they can be frozen, and
 * a page that is left is kept for a way back. Playwright switches all of that off by default.
 */
import { createServer, type AddressInfo } from 'node:net'
import { chromium, type CDPSession, type Page } from 'playwright'
import { expect, onTestFinished } from 'vitest'
import { launchChromium } from '../support/chromium.js'

const removed = [
  '--disable-back-forward-cache',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
]

const findFreePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

/** A tab in front of those opened before. */
export interface Tab {
  readonly page: Page
  readonly cdp: CDPSession
}

export interface Tabs {
  readonly open: (url: string) => Promise<Tab>
}

/** All tabs are in one window. Gone when the test is. */
export const useTabs = async (): Promise<Tabs> => {
  const port = await findFreePort()
  const launched = await launchChromium({ ignoreDefaultArgs: removed, args: [`--remote-debugging-port=${port}`] })
  onTestFinished(() => launched.close())
  // In contexts of its own making Playwright has every page believe that it is in front; not so in this one.
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true })
  const [context] = browser.contexts()
  if (context === undefined) throw new Error('the browser has no window')
  return {
    open: async (url) => {
      const page = await context.newPage()
      await page.goto(url)
      await page.bringToFront()
      return { page, cdp: await context.newCDPSession(page) }
    },
  }
}

export const expectVisibility = async (page: Page, state: DocumentVisibilityState): Promise<void> => {
  await expect.poll(() => page.evaluate(() => document.visibilityState), { timeout: 5_000 }).toBe(state)
}
