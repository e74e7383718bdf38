/** The notebook of the demos as people use it. */
import type { BrowserContext, Page } from 'playwright'

/** A page that opens the notebook behind this link, by name where this browser does not know one yet. */
export const openNotebook = async (
  context: BrowserContext,
  url: string,
  { name, color }: { readonly name?: string; readonly color?: string } = {},
): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(url)
  if (color !== undefined) await page.getByRole('radio', { name: color }).check({ force: true })
  if (name !== undefined) {
    await page.getByLabel('Your name').fill(name)
    await page.getByLabel('Your name').press('Enter')
  }
  await page.getByLabel('Note', { exact: true }).and(page.locator(':enabled')).waitFor()
  return page
}

export const write = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel('Note', { exact: true }).fill(text)
  await page.getByLabel('Note', { exact: true }).press('Enter')
}

/** The texts of all notes, in the order of the page. */
export const notesOn = (page: Page): Promise<string[]> => page.locator('.note-text').allTextContents()

/** What each member has, as the picture says it, with the squares that are filled: `Ada: Bob 2 of 3, 2 filled`. */
export const keepingOn = (page: Page): Promise<string[]> =>
  page
    .locator('.strip')
    .evaluateAll((strips) =>
      strips.map(
        (strip) =>
          `${strip.closest('.chapter')?.querySelector('h3')?.textContent ?? ''}: ` +
          `${strip.querySelector('.strip-name')?.textContent ?? ''} ${strip.querySelector('.strip-count')?.textContent ?? ''}, ` +
          `${strip.querySelectorAll('.cells .here').length} filled`,
      ),
    )
