import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { serveDemos, type Demos } from '../../scripts/serve-demos.js'
import { startArchive, type StartedBot } from '../../scripts/start-bot.js'
import { launchShell } from '../support/chromium.js'
import { findBarriers } from './barriers.js'
import { keepingOn, notesOn, openNotebook, write } from './notebook.js'
import { startSignaling, type SignalingProcess } from './signaling-process.js'

const phone = { viewport: { width: 360, height: 740 } }

let browser: Browser
let demos: Demos
let signaling: SignalingProcess
let archive: StartedBot
let folder: string

beforeAll(async () => {
  signaling = await startSignaling()
  folder = await mkdtemp(join(tmpdir(), 'skein-notebook-'))
  const started = await startArchive(0, folder)
  if (started === null) throw new Error('this build has no bots')
  archive = started
  ;[browser, demos] = await Promise.all([
    launchShell(),
    serveDemos({ port: 0, signalingUrl: signaling.url, botUrl: '', archiveUrl: archive.url }),
  ])
})
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
})
afterAll(async () => {
  await Promise.all([browser.close(), demos.close(), signaling.stop(), archive.close()])
  await rm(folder, { recursive: true, force: true })
})

const notebookUrl = (): string => `${demos.url}/3-notebook/`

/** Somebody's browser, which keeps what its pages keep. */
const openBrowser = (options: BrowserContextOptions = {}): Promise<BrowserContext> =>
  browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })

/** As patient as playwright is, on a machine that is busy with other things. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 60_000, interval: 50 })

/** Two pages of two browsers in one notebook. */
const openTwo = async () => {
  const browsers = [await openBrowser(), await openBrowser()] as const
  const ada = await openNotebook(browsers[0], notebookUrl(), { name: 'Ada', color: 'madder' })
  const bob = await openNotebook(browsers[1], ada.url(), { name: 'Bob', color: 'woad' })
  for (const page of [ada, bob]) await page.getByText('Connected with one other').waitFor()
  return { browsers, ada, bob }
}

const inviteArchive = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Invite the archive' }).click()
  await page.locator('#members').getByText('Archive').waitFor()
}

describe('the notebook', () => {
  it('shows what everyone writes, in the order of time, and who has which of it', async () => {
    const { ada, bob } = await openTwo()
    await write(ada, 'one <b>goose</b>')
    await bob.locator('.note-text').getByText('one <b>goose</b>').waitFor()
    await write(bob, 'two, see https://example.org/x.')
    await ada.getByRole('link', { name: 'https://example.org/x' }).waitFor()
    await write(ada, 'three')
    for (const page of [ada, bob]) {
      await eventually(() => notesOn(page)).toEqual(['one <b>goose</b>', 'two, see https://example.org/x.', 'three'])
    }
    await eventually(() => keepingOn(ada)).toEqual([
      'Ada (you): This device all, 2 filled',
      'Ada (you): Bob all, 2 filled',
      'Bob: This device all, 1 filled',
      'Bob: Bob all, 1 filled',
    ])
    await ada.getByText('This device has all 3 notes, and so has Bob.').waitFor()
    expect(await ada.locator('.note').first().locator('.note-head').textContent()).toMatch(/^Ada \(you\) \d/)
    await bob.close()
    await ada.getByText('This device has all 3 notes, and nobody else who is here.').waitFor()
  })

  it('is there again after a reload, all of it, with nobody else here and the server away', async () => {
    const { browsers, ada, bob } = await openTwo()
    await write(ada, 'from Ada')
    await write(bob, 'from Bob')
    for (const page of [ada, bob]) await eventually(() => notesOn(page)).toHaveLength(2)
    const before = await notesOn(ada)
    await bob.close()
    const { host } = new URL(signaling.url)
    await ada.routeWebSocket(
      (url) => url.host === host,
      (socket) => void socket.close(),
    )
    await ada.reload()
    await eventually(() => notesOn(ada)).toEqual(before)
    await write(ada, 'and more')
    await eventually(() => notesOn(ada)).toEqual([...before, 'and more'])
    const url = ada.url()
    await ada.close()
    // What was written while he was away, from the one who has it.
    const again = await openNotebook(browsers[0], url)
    const back = await openNotebook(browsers[1], url)
    await eventually(() => notesOn(back)).toEqual([...before, 'and more'])
    await again.close()
  })

  it('comes back from the archive when every page was closed, for someone who was never there', async () => {
    const { browsers, ada, bob } = await openTwo()
    await inviteArchive(ada)
    for (let number = 0; number < 30; number++) await write(ada, `Ada ${number}`)
    await write(bob, 'and Bob')
    await ada.getByText('This device has all 31 notes, and so have Bob and Archive.').waitFor({ timeout: 60_000 })
    const [url, all] = [ada.url(), await notesOn(ada)]
    await Promise.all(browsers.map((context) => context.close()))
    const carol = await openNotebook(await openBrowser(), url, { name: 'Carol' })
    expect(await notesOn(carol)).toEqual([])
    await inviteArchive(carol)
    await eventually(() => notesOn(carol)).toEqual(all)
    await eventually(() => keepingOn(carol)).toEqual([
      expect.stringMatching(/^(Ada|Bob): This device all/),
      expect.stringMatching(/^(Ada|Bob): Archive all/),
      expect.stringMatching(/^(Ada|Bob): This device all/),
      expect.stringMatching(/^(Ada|Bob): Archive all/),
    ])
  })

  it('works by keyboard alone', async () => {
    const page = await (await openBrowser()).newPage()
    await page.goto(notebookUrl())
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id ?? '')
    const tabTo = async (id: string): Promise<void> => {
      for (let i = 0; i < 30 && (await focused()) !== id; i += 1) await page.keyboard.press('Tab')
      expect(await focused()).toBe(id)
    }
    await page.keyboard.type('Ada')
    await page.keyboard.press('Enter')
    await eventually(focused).toBe('text')
    await page.keyboard.type('one')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('two')
    await page.keyboard.press('Enter')
    await eventually(() => notesOn(page)).toEqual(['one\ntwo'])
    await tabTo('scroller')
    await tabTo('invite')
    await page.keyboard.press('Enter')
    await page.locator('#members').getByText('Archive').waitFor()
    await eventually(focused).toBe('keeping-title')
    await tabTo('rename')
    await page.keyboard.press('Enter')
    await eventually(focused).toBe('name')
    await page.keyboard.type('Ada the Second')
    await page.keyboard.press('Enter')
    await page.locator('#members').getByText('Ada the Second').waitFor()
    await eventually(() => notesOn(page)).toEqual(['one\ntwo'])
  })
})

describe('axe-core finds nothing', () => {
  it.each([
    { name: 'in light', options: { colorScheme: 'light' } },
    { name: 'in dark', options: { colorScheme: 'dark' } },
    { name: 'at phone width', options: { ...phone, colorScheme: 'dark' } },
  ] as const)('$name: welcome, empty, notes, copies', async ({ options }) => {
    const context = await openBrowser(options)
    const first = await context.newPage()
    await first.goto(notebookUrl())
    expect(await findBarriers(first)).toEqual([])
    await first.close()
    const ada = await openNotebook(context, notebookUrl(), { name: 'Ada' })
    await ada.getByText('Nobody else is here yet').waitFor()
    expect(await findBarriers(ada)).toEqual([])
    await write(ada, 'hello')
    const bob = await openNotebook(await openBrowser(), ada.url(), { name: 'Bob' })
    await write(bob, 'see https://example.org/')
    await eventually(() => notesOn(ada)).toHaveLength(2)
    await inviteArchive(bob)
    await ada.getByText('and so have Bob and Archive').waitFor({ state: 'attached' })
    expect(await findBarriers(ada)).toEqual([])
    if ('viewport' in options) {
      await ada.getByRole('button', { name: /Who is here/ }).click()
      await ada.getByRole('heading', { name: 'Who has which notes' }).waitFor()
      expect(await findBarriers(ada)).toEqual([])
    }
    // Nothing sticks out at the side, whatever the width.
    expect(await ada.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  })
})

describe('plain words', () => {
  it('without a database: said before, and notes go to the others all the same', async () => {
    const context = await openBrowser()
    await context.addInitScript(`Object.defineProperty(window, 'indexedDB', { get() { return undefined } })`)
    const page = await context.newPage()
    await page.goto(notebookUrl())
    await page.getByText('your notes are gone when you close the page').waitFor()
    await page.getByLabel('Your name').fill('Ada')
    await page.getByLabel('Your name').press('Enter')
    await write(page, 'kept by others')
    const bob = await openNotebook(await openBrowser(), page.url(), { name: 'Bob' })
    await bob.locator('.note-text').getByText('kept by others').waitFor()
  })

  it('where the device is full: the note comes back, with the reason', async () => {
    const context = await openBrowser()
    const page = await openNotebook(context, notebookUrl(), { name: 'Ada' })
    await write(page, 'the first')
    await eventually(() => notesOn(page)).toEqual(['the first'])
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('no room', 'QuotaExceededError')
      }
    })
    await write(page, 'too much')
    await page.getByRole('alert').getByText('This device has no room for it.').waitFor()
    expect(await page.getByLabel('Note', { exact: true }).inputValue()).toBe('too much')
    expect(await notesOn(page)).toEqual(['the first'])
    expect(await findBarriers(page)).toEqual([])
  })
})
