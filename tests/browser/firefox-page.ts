/**
 * Pages of Firefox with as much of the face of playwright's as tests of both browsers use. There is no CDP in Firefox:
 * nothing here takes a page offline, freezes or crashes it.
 */
import type { Browser as Firefox, BrowserContext, Page as FirefoxPage } from 'puppeteer-core'
import type { JSHandle, Page } from 'playwright'

/** What can be done with a page of either browser. */
export type TestPage = Pick<Page, 'evaluate' | 'evaluateHandle' | 'goto' | 'reload' | 'close'>

/** What can be done with an object in a page of either browser. */
export type TestHandle<T> = Pick<JSHandle<T>, 'evaluate'>

/** The functions that tests hand over run in a page: all that matters here is that they and one argument get there. */
type InPage = (...given: readonly unknown[]) => unknown

const adapt = (page: FirefoxPage): TestPage => {
  const evaluateHandle = async (run: InPage, given?: unknown): Promise<TestHandle<unknown>> => {
    const handle = await page.evaluateHandle(run, given)
    const evaluate = (runOn: InPage, argument?: unknown): Promise<unknown> => handle.evaluate(runOn, argument)
    return { evaluate }
  }
  const adapted = {
    evaluate: (run: InPage, given?: unknown) => page.evaluate(run, given),
    evaluateHandle,
    goto: (url: string) => page.goto(url),
    reload: () => page.reload(),
    close: () => page.close(),
  }
  return adapted as unknown as TestPage
}

/** A page in a context of its own, which shares nothing with those of other pages. */
export const openFirefoxPage = async (
  firefox: Firefox,
  url: string,
): Promise<{ readonly page: TestPage; readonly context: BrowserContext }> => {
  const context = await firefox.createBrowserContext()
  const page = await context.newPage()
  await page.goto(url)
  return { page: adapt(page), context }
}
