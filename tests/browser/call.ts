/** The call of the demos as people use it. */
import type { BrowserContext, Page } from 'playwright'

/** A page that is in the call behind this link, under this name. */
export const joinCall = async (
  context: BrowserContext,
  url: string,
  { name, color }: { readonly name: string; readonly color?: string },
): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(url)
  if (color !== undefined) await page.getByRole('radio', { name: color }).check({ force: true })
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Your name').press('Enter')
  await page.locator('#room').getByText('You', { exact: true }).waitFor()
  return page
}

/** The picture of this member, or `Screen of …`. */
export const tile = (page: Page, name: string) =>
  page.locator('.tile').filter({ has: page.locator('.tile-name').getByText(name, { exact: true }) })

/** Resolves when so many more frames of it were shown. */
export const seesMoving = (page: Page, name: string, frames = 5): Promise<void> =>
  tile(page, name)
    .locator('video')
    .evaluate(async (video: HTMLVideoElement, count) => {
      for (let seen = 0; seen < count; seen++) {
        await new Promise((resolve) => video.requestVideoFrameCallback(resolve))
      }
      if (video.videoWidth === 0) throw new Error('the picture has no size')
    }, frames)
