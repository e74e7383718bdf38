/** Pages that have `skein/log` as `logs`. */
import type { BrowserContext, Page } from 'playwright'
import type * as logs from '../../sdk/log/index.js'

declare global {
  interface Window {
    logs: typeof logs
  }
}

/** Of pages that `servePages` serves. */
export const openLogPage = async (context: BrowserContext, url: string): Promise<Page> => {
  const page = await context.newPage()
  await giveLogs(page, url)
  return page
}

export const giveLogs = async (page: Page, url: string): Promise<void> => {
  await page.goto(`${url}/page/blank.html`)
  await page.addScriptTag({
    type: 'module',
    content: `import * as logs from '/dist/browser/log.js'; window.logs = logs`,
  })
  // A module that imports is run after its tag has been added.
  await page.waitForFunction(() => 'logs' in window)
}
