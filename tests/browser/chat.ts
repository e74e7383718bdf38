/** The chat of the demos as people use it: pages that open its link, and what they see. */
import type { Browser, BrowserContextOptions, Page } from 'playwright'

export interface Guest {
  readonly name: string
  /** As the form calls it. */
  readonly color?: string
  readonly options?: BrowserContextOptions
  /** Runs in the page before anything of its own. */
  readonly before?: string
}

/** A page on this link, before any name is given. Its context is its own, and closed with the browser. */
export const openChat = async (
  browser: Browser,
  url: string,
  { options, before }: Partial<Guest> = {},
): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  if (before !== undefined) await context.addInitScript(before)
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** Joins by name, as someone does who was sent the link. */
export const joinChat = async (browser: Browser, url: string, guest: Guest): Promise<Page> => {
  const page = await openChat(browser, url, guest)
  if (guest.color !== undefined) await page.getByRole('radio', { name: guest.color }).check({ force: true })
  await page.getByLabel('Your name').fill(guest.name)
  await page.getByLabel('Your name').press('Enter')
  await page.getByLabel('Message', { exact: true }).and(page.locator(':enabled')).waitFor()
  return page
}

export const say = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.getByLabel('Message', { exact: true }).press('Enter')
}

/**
 * A script for `Guest.before`: once `window.isBlind` is set, WebRTC connections made from then on find no way to anyone.
 * Who comes later is reached through those that the page is connected with already.
 */
export const canGoBlind = `
  const Native = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Native {
    constructor(configuration) {
      super(window.isBlind ? { ...configuration, iceTransportPolicy: 'relay' } : configuration)
    }
  }
`

export const goBlind = (page: Page): Promise<unknown> => page.evaluate('window.isBlind = true')
