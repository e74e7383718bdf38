import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import decodeQR from 'qr/decode.js'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { serveDemos, type Demos } from '../../scripts/serve-demos.js'
import { startBot } from '../../scripts/start-bot.js'
import { launchShell } from '../support/chromium.js'
import { findBarriers } from './barriers.js'
import { canGoBlind, goBlind, joinChat, openChat, say, type Guest } from './chat.js'
import { startSignaling, type SignalingProcess } from './signaling-process.js'

const phone = { viewport: { width: 360, height: 740 } }
const nowhere = 'ws://localhost:9'
const MiB = 2 ** 20

let browser: Browser
let demos: Demos
let signaling: SignalingProcess

beforeAll(async () => {
  signaling = await startSignaling()
  ;[browser, demos] = await Promise.all([
    launchShell(),
    serveDemos({ port: 0, signalingUrl: signaling.url, botUrl: nowhere }),
  ])
})
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
})
afterAll(async () => {
  await Promise.all([browser.close(), demos.close(), signaling.stop()])
})

const chatUrl = (): string => `${demos.url}/2-chat/`

/** As patient as playwright is, on a machine that is busy with other things. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 30_000, interval: 50 })

/** One page after the other on the link that the first one shows, until all see each other. */
const joinAll = async (...guests: [Guest, ...Guest[]]): Promise<Page[]> => {
  const [first, ...others] = guests
  const pages = [await joinChat(browser, chatUrl(), first)]
  for (const guest of others) pages.push(await joinChat(browser, pages[0]?.url() ?? '', guest))
  for (const page of pages) await eventually(() => memberNames(page)).toHaveLength(guests.length)
  return pages
}

const memberNames = (page: Page): Promise<string[]> => page.locator('#members .member').allTextContents()

const rowOf = (page: Page, name: string) => page.locator('#members li').filter({ hasText: name })

interface DiskFile {
  readonly name: string
  readonly path: string
  readonly hash: string
}

/**
 * Bytes that differ from place to place, so that a slice lost or swapped shows. On disk: what a test hands to a page itself
 * travels as text, which takes longer than everything that these tests are about.
 */
const createFile = async (name: string, size: number, salt: number): Promise<DiskFile> => {
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i += 1) bytes[i] = (i * 31 + (i >> 9) * salt + salt) & 255
  const folder = await mkdtemp(join(tmpdir(), 'skein-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, name)
  await writeFile(path, bytes)
  return { name, path, hash: hashOf(bytes) }
}

const choose = (page: Page, ...files: DiskFile[]): Promise<void> =>
  page.locator('#file-input').setInputFiles(files.map(({ path }) => path))

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const accept = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name: `Accept ${name}`, exact: true }).click()

/** The card of a file, in the conversation. */
const cardOf = (page: Page, name: string) => page.getByRole('group', { name: `File ${name}` })

const savedHash = async (page: Page, name: string): Promise<string> => {
  const link = page.getByRole('link', { name: `Save ${name}` })
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
  expect(download.suggestedFilename()).toBe(name)
  return hashOf(await readFile(await download.path()))
}

/** Writes down every value that a progress bar shows from now on. */
const watchProgress = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const seen: number[] = ((window as { seen?: number[] }).seen = [])
    new MutationObserver(() => {
      for (const bar of document.querySelectorAll('progress')) seen.push(bar.value / bar.max)
    }).observe(document.body, { subtree: true, childList: true, attributes: true })
  })

const seenProgress = (page: Page): Promise<number[]> => page.evaluate(() => (window as { seen?: number[] }).seen ?? [])

describe('the chat', () => {
  it('is joined by the link, shows names and colours, and carries messages both ways', async () => {
    const [ada, bob] = (await joinAll({ name: 'Ada', color: 'madder' }, { name: 'Bob', color: 'woad' })) as [Page, Page]
    expect(new URL(ada.url()).hash).toMatch(/^#skein=sk1_/)
    expect(await memberNames(ada)).toEqual(['Ada', 'Bob'])
    const discColor = (page: Page, name: string): Promise<string> =>
      rowOf(page, name)
        .locator('.disc')
        .evaluate((disc) => getComputedStyle(disc).backgroundColor)
    expect(await discColor(ada, 'Bob')).toBe('rgb(42, 100, 150)')
    expect(await discColor(bob, 'Ada')).toBe('rgb(181, 56, 42)')
    await say(bob, 'hello <b>Ada</b>, see https://example.org/x.')
    await ada.getByRole('log').getByText('hello <b>Ada</b>').waitFor()
    expect(await ada.getByRole('link', { name: 'https://example.org/x' }).getAttribute('href')).toBe(
      'https://example.org/x',
    )
    await say(ada, 'thanks')
    await bob.getByRole('log').getByText('thanks').waitFor()
    await rowOf(ada, 'Bob').getByText('direct').waitFor()
    await rowOf(ada, 'Bob')
      .getByText(/^(< 1|\d+) ms$/)
      .waitFor()
  })

  it('shows who is reached through whom, and a picture that moves as members come and go', async () => {
    const [ada, bob] = (await joinAll({ name: 'Ada' }, { name: 'Bob', before: canGoBlind })) as [Page, Page]
    const drawn = async (page: Page): Promise<number[]> => [
      await page.locator('#mesh .node:not(.gone)').count(),
      await page.locator('#mesh .link:not(.gone)').count(),
      await page.locator('#mesh .relayed:not(.gone)').count(),
    ]
    await eventually(() => drawn(bob)).toEqual([2, 1, 0])
    await goBlind(bob)
    const carol = await joinChat(browser, ada.url(), { name: 'Carol' })
    await rowOf(bob, 'Carol').getByText('through Ada').waitFor()
    await rowOf(carol, 'Bob').getByText('through Ada').waitFor()
    // Ada has links to both; each of the two learns of the link that is not its own from Ada.
    await eventually(() => drawn(ada)).toEqual([3, 2, 0])
    for (const page of [bob, carol]) await eventually(() => drawn(page)).toEqual([3, 2, 1])
    await bob
      .getByRole('img', { name: 'Picture of the mesh: 3 members, 2 links. Carol is reached through Ada' })
      .waitFor()
    const placeOfBob = (): Promise<string | null> =>
      ada.locator('#mesh .node', { hasText: 'Bob' }).getAttribute('transform')
    const before = await placeOfBob()
    await say(carol, 'good bye')
    await bob.getByRole('log').getByText('good bye').waitFor()
    await carol.close({ runBeforeUnload: true })
    await ada.getByRole('log').getByText('Carol has left').waitFor()
    for (const page of [ada, bob]) await eventually(() => drawn(page)).toEqual([2, 1, 0])
    await eventually(placeOfBob).not.toBe(before)
  })

  it('has the bot come when it is invited, once, and hears it', async () => {
    const bot = await startBot(0)
    if (bot === null) throw new Error('this build has no bots')
    const ownDemos = await serveDemos({ port: 0, signalingUrl: signaling.url, botUrl: bot.url })
    try {
      const ada = await joinChat(browser, `${ownDemos.url}/2-chat/`, { name: 'Ada' })
      await ada.getByRole('button', { name: 'Invite the bot' }).click()
      await eventually(() => memberNames(ada)).toHaveLength(2)
      await rowOf(ada, 'Echo').getByText('direct').waitFor()
      await say(ada, 'is anybody there?')
      await eventually(() => ada.getByRole('log').getByText('is anybody there?').count()).toBe(2)
      const bob = await joinChat(browser, ada.url(), { name: 'Bob' })
      for (const page of [ada, bob]) await eventually(() => memberNames(page)).toHaveLength(3)
      expect(await findBarriers(ada)).toEqual([])
    } finally {
      await Promise.all([ownDemos.close(), bot.close()])
    }
  })

  it('carries files from several senders at once to those who accept, intact, with progress at both ends', async () => {
    const [ada, bob] = (await joinAll({ name: 'Ada' }, { name: 'Bob' })) as [Page, Page]
    await Promise.all([ada, bob].map(watchProgress))
    const fromAda = await Promise.all([
      createFile('one.bin', 24 * MiB + 5, 3),
      createFile('two.bin', 2 * MiB, 7),
      createFile('empty.bin', 0, 0),
    ])
    const fromBob = [await createFile('three.bin', 16 * MiB, 11)]
    await Promise.all([choose(ada, ...fromAda), choose(bob, ...fromBob)])
    await cardOf(bob, 'one.bin').getByText('24 MiB · offered by Ada').waitFor()
    await cardOf(ada, 'one.bin').getByText('24 MiB · offered to Bob').waitFor()
    // All that waits or is under way, his own offer too.
    await eventually(() => bob.locator('#files li:visible').count()).toBe(4)
    for (const { name } of fromAda) await accept(bob, name)
    await accept(ada, 'three.bin')
    for (const [page, files] of [
      [bob, fromAda],
      [ada, fromBob],
    ] as const) {
      for (const { name, hash } of files) expect(await savedHash(page, name)).toBe(hash)
    }
    await cardOf(ada, 'two.bin').getByText('2 MiB · sent to Bob').waitFor()
    for (const page of [ada, bob]) {
      const between = (await seenProgress(page)).filter((value) => value > 0 && value < 1)
      expect(new Set(between).size).toBeGreaterThan(5)
      expect(await page.locator('#files').isVisible()).toBe(false)
    }
  })

  it('takes dropped files, shows pictures, and lets no file run as part of the page', async () => {
    const [ada, bob] = (await joinAll({ name: 'Ada' }, { name: 'Bob' })) as [Page, Page]
    const drop = async (name: string, type: string, base64: string, event: string): Promise<void> => {
      await ada.evaluate(
        ([fileName, mime, text, kind]) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
          const dataTransfer = new DataTransfer()
          dataTransfer.items.add(new File([bytes], fileName, { type: mime }))
          document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }))
        },
        [name, type, base64, event] as const,
      )
    }
    const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    await drop('dot.png', 'image/png', dot, 'dragover')
    await ada.getByText('Drop to offer it to everyone here').waitFor()
    await drop('dot.png', 'image/png', dot, 'drop')
    await accept(bob, 'dot.png')
    for (const page of [ada, bob]) await page.getByRole('img', { name: 'Picture: dot.png' }).waitFor()
    expect(await savedHash(bob, 'dot.png')).toBe(hashOf(Buffer.from(dot, 'base64')))
    await drop('page.html', 'text/html', btoa('<script>alert(1)</script>'), 'drop')
    await accept(bob, 'page.html')
    const url = await bob.getByRole('link', { name: 'Save page.html' }).getAttribute('href')
    expect(await bob.evaluate(async (href) => (await (await fetch(href)).blob()).type, url ?? '')).toBe(
      'application/octet-stream',
    )
  })

  it('a file is declined, paused, and cancelled from either side, and both ends say so', async () => {
    const [ada, bob] = (await joinAll({ name: 'Ada' }, { name: 'Bob' })) as [Page, Page]
    const press = (page: Page, action: string, name: string): Promise<void> =>
      page.getByRole('button', { name: `${action} ${name}`, exact: true }).click()
    const offer = (name: string, mebibytes: number): Promise<void> =>
      ada.evaluate(
        ([fileName, size]) => {
          const dataTransfer = new DataTransfer()
          dataTransfer.items.add(new File(Array<Uint8Array<ArrayBuffer>>(size).fill(new Uint8Array(2 ** 20)), fileName))
          document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
        },
        [name, mebibytes] as [string, number],
      )
    /** What nothing carries in the time of a click. */
    const much = 100
    await offer('unwanted.bin', 1)
    await press(bob, 'Decline', 'unwanted.bin')
    await cardOf(ada, 'unwanted.bin').getByText('1 MiB · declined by Bob').waitFor()
    await cardOf(bob, 'unwanted.bin').getByText('1 MiB · declined').waitFor()
    await offer('taken back.bin', 1)
    await bob.getByRole('button', { name: 'Decline taken back.bin' }).waitFor()
    await press(ada, 'Cancel', 'taken back.bin')
    await cardOf(bob, 'taken back.bin').getByText('1 MiB · cancelled by Ada').waitFor()
    await offer('mine.bin', much)
    await accept(bob, 'mine.bin')
    await press(ada, 'Pause', 'mine.bin')
    await cardOf(ada, 'mine.bin').getByText('paused').waitFor()
    await cardOf(bob, 'mine.bin').getByText('waiting for Ada').waitFor()
    const at = await bob.getByRole('progressbar', { name: 'Receiving mine.bin' }).getAttribute('value')
    await press(ada, 'Resume', 'mine.bin')
    for (const page of [ada, bob]) {
      await cardOf(page, 'mine.bin')
        .getByText(/ a second/)
        .waitFor()
      await page.locator('.plot-line[d^="M"]').first().waitFor({ state: 'attached' })
    }
    await eventually(() => bob.getByRole('progressbar', { name: 'Receiving mine.bin' }).getAttribute('value')).not.toBe(
      at,
    )
    await press(ada, 'Cancel', 'mine.bin')
    await cardOf(ada, 'mine.bin').getByText('100 MiB · cancelled', { exact: true }).waitFor()
    await cardOf(bob, 'mine.bin').getByText('100 MiB · cancelled by Ada').waitFor()
    await offer('theirs.bin', much)
    await accept(bob, 'theirs.bin')
    await press(bob, 'Cancel', 'theirs.bin')
    await cardOf(ada, 'theirs.bin').getByText('100 MiB · cancelled by Bob').waitFor()
    await cardOf(bob, 'theirs.bin').getByText('100 MiB · cancelled', { exact: true }).waitFor()
  })

  it.each(['receives', 'sends'])(
    'a file goes on after a reload of who %s it, when it is offered again',
    async (who) => {
      const [ada, bob] = (await joinAll({ name: 'Ada' }, { name: 'Bob' })) as [Page, Page]
      const name = 'long.bin'
      // On a disk, where a file keeps its date: it is by this that it is known again.
      const file = await createFile(name, 48 * MiB, 5)
      await choose(ada, file)
      await accept(bob, name)
      const arrived = bob.getByRole('progressbar', { name: `Receiving ${name}` })
      // Of which the page that receives has kept all but a last part.
      await eventually(async () => Number(await arrived.getAttribute('value'))).toBeGreaterThan(4 * MiB)
      await ada.getByRole('button', { name: `Pause ${name}`, exact: true }).click()
      await cardOf(bob, name).getByText('waiting for Ada').waitFor()
      if (who === 'receives') {
        await bob.reload()
        await cardOf(ada, name).getByText('Bob left before it was there').waitFor()
        await eventually(() => memberNames(ada)).toEqual(['Ada', 'Bob'])
        await ada.getByRole('button', { name: `Offer again ${name}`, exact: true }).press('Enter')
      } else {
        await ada.reload()
        await cardOf(bob, name).getByText('Ada has left before it was here').waitFor()
        await eventually(() => memberNames(ada)).toEqual(['Ada', 'Bob'])
        await choose(ada, file)
      }
      const card = cardOf(bob, name).last()
      const words = card.getByText(/^48 MiB · offered by Ada, [\d.]+ MiB of it is here$/)
      const mebibytes = Number(/([\d.]+) MiB of it/.exec((await words.textContent()) ?? '')?.[1])
      expect(mebibytes).toBeGreaterThanOrEqual(3)
      expect(await findBarriers(bob)).toEqual([])
      await watchProgress(bob)
      // By keys alone, with the focus where one goes on.
      await bob.getByRole('button', { name: `Resume ${name}`, exact: true }).press('Enter')
      expect(await card.evaluate((one) => one === document.activeElement)).toBe(true)
      expect(await savedHash(bob, name)).toBe(file.hash)
      // It begins where it was, give or take what is rounded in words.
      const [first] = (await seenProgress(bob)).filter((value) => value > 0)
      expect(first).toBeGreaterThanOrEqual((mebibytes - 0.05) / 48)
    },
  )

  it('goes to those who accept, and ends with a member that leaves', async () => {
    const [ada, bob, carol] = (await joinAll({ name: 'Ada' }, { name: 'Bob' }, { name: 'Carol' })) as [Page, Page, Page]
    await choose(ada, await createFile('a.bin', 100_000, 3))
    await accept(bob, 'a.bin')
    await bob.getByRole('link', { name: 'Save a.bin' }).waitFor()
    await cardOf(ada, 'a.bin').getByText('waiting for others to accept').waitFor()
    await carol.close({ runBeforeUnload: true })
    await cardOf(ada, 'a.bin').getByText('sent to Bob; Carol left before it was there').waitFor()
    await choose(bob, await createFile('b.bin', 100_000, 3))
    await ada.getByRole('button', { name: 'Accept b.bin', exact: true }).waitFor()
    await bob.close({ runBeforeUnload: true })
    await cardOf(ada, 'b.bin').getByText('Bob has left before it was here').waitFor()
    await choose(ada, await createFile('c.bin', 10, 3))
    await ada.getByText('c.bin was not sent: nobody is here to get it').waitFor()
  })

  it('names nobody any more who left in the middle, while another one has not answered', async () => {
    const [ada, bob, carol] = (await joinAll({ name: 'Ada' }, { name: 'Bob' }, { name: 'Carol' })) as [Page, Page, Page]
    await choose(ada, await createFile('a.bin', 64 * 2 ** 20, 3))
    await carol.getByRole('button', { name: 'Accept a.bin', exact: true }).waitFor()
    await accept(bob, 'a.bin')
    const card = cardOf(ada, 'a.bin')
    await card.getByText('of 64 MiB · to Bob').waitFor()
    await bob.close({ runBeforeUnload: true })
    await card.getByText('waiting for others to accept').waitFor()
    await accept(carol, 'a.bin')
    await card.getByText('sent to Carol; Bob left before it was there').waitFor()
  })

  it('shows who is typing, until they stop or send, and says so once', async () => {
    const [ada, bob, carol] = (await joinAll({ name: 'Ada' }, { name: 'Bob' }, { name: 'Carol' })) as [Page, Page, Page]
    const line = carol.locator('.typing-shown')
    const type = (page: Page): Promise<void> =>
      page.getByLabel('Message', { exact: true }).pressSequentially('ab', { delay: 20 })
    await type(ada)
    await line.getByText('Ada is typing').waitFor()
    expect(await carol.locator('#typing [aria-live=polite]').textContent()).toBe('Ada is typing')
    await type(bob)
    await type(ada)
    await line.getByText('Ada and Bob are typing').waitFor()
    await bob.getByLabel('Message', { exact: true }).press('Enter')
    await type(ada)
    await line.getByText('Ada is typing').waitFor()
    await line.waitFor({ state: 'hidden' })
    await type(ada)
    await line.waitFor()
    // Only just now it was said that she does.
    expect(await carol.locator('#typing [aria-live=polite]').textContent()).toBe('')
    await ada.getByLabel('Message', { exact: true }).fill('')
    await line.waitFor({ state: 'hidden' })
  })

  it.each(['no-preference', 'reduce'] as const)(
    'shows where the others point, for a while, with motion: %s',
    async (reducedMotion) => {
      const [ada, bob] = (await joinAll(
        { name: 'Ada', color: 'madder' },
        { name: 'Bob', options: { ...phone, reducedMotion } },
      )) as [Page, Page]
      const board = await ada.locator('#board').boundingBox()
      if (board === null) throw new Error('there is no conversation')
      const cursor = bob.locator('.cursor')
      const point = (x: number, y: number): Promise<void> =>
        ada.mouse.move(board.x + board.width * x, board.y + board.height * y, { steps: 4 })
      const placeOfCursor = (): Promise<readonly number[]> =>
        cursor.locator('svg').evaluate((svg) => {
          const on = document.getElementById('board')?.getBoundingClientRect() ?? new DOMRect()
          const { x, y } = svg.getBoundingClientRect()
          return [(x + 2 - on.x) / on.width, (y + 2 - on.y) / on.height].map((part) => Math.round(part * 100) / 100)
        })
      await point(0.1, 0.1)
      await point(0.5, 0.25)
      await cursor.getByText('Ada').waitFor()
      await eventually(placeOfCursor).toEqual([0.5, 0.25])
      expect(await cursor.locator('span').evaluate((name) => getComputedStyle(name).backgroundColor)).toBe(
        'rgb(181, 56, 42)',
      )
      expect(await bob.getByRole('main').ariaSnapshot()).not.toMatch(/^\s*- text: Ada$/m)
      await point(0.9, 0.95)
      await eventually(placeOfCursor).toEqual([0.9, 0.95])
      expect(await findBarriers(bob)).toEqual([])
      expect(await bob.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
      await cursor.waitFor({ state: 'detached' })
      await point(0.5, 0.5)
      await cursor.getByText('Ada').waitFor()
      await ada.close({ runBeforeUnload: true })
      await cursor.waitFor({ state: 'detached' })
    },
  )

  it('works by keyboard alone', async () => {
    const page = await openChat(browser, chatUrl())
    const choosers: boolean[] = []
    page.on('filechooser', (chooser) => choosers.push(chooser.isMultiple()))
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key)
    }
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id ?? '')
    const tabTo = async (id: string): Promise<void> => {
      for (let i = 0; i < 30 && (await focused()) !== id; i += 1) await press('Tab')
      expect(await focused()).toBe(id)
    }
    await page.keyboard.type('Ada')
    await press('Tab', 'ArrowRight', 'Enter')
    await eventually(focused).toBe('text')
    await page.keyboard.type('one')
    await press('Shift+Enter')
    await page.keyboard.type('two')
    await press('Enter')
    await page.getByRole('log').getByText('one\ntwo').waitFor()
    await page.getByText('Nobody is here to read this yet').waitFor()
    await tabTo('invite')
    await press('Enter')
    await page.getByText('The bot did not come').waitFor()
    expect(await focused()).toBe('invite')
    await tabTo('open-share')
    await press('Enter')
    await eventually(focused).toBe('copy')
    await press('Enter')
    await page.getByText(/^Copied$|copy it by hand/).waitFor()
    await press('Escape')
    expect(await focused()).toBe('open-share')
    await tabTo('attach')
    await press('Enter')
    await eventually(() => choosers).toEqual([true])
    await tabTo('rename')
    await press('Enter')
    await eventually(focused).toBe('name')
    await page.keyboard.type('Ada the Second')
    await press('Enter')
    await rowOf(page, 'Ada the Second').waitFor()
    // A file is taken by key, and after each key the focus is somewhere of use.
    const bob = await joinChat(browser, page.url(), { name: 'Bob' })
    await choose(bob, await createFile('a.bin', 1000, 1))
    await page.getByRole('button', { name: 'Accept a.bin', exact: true }).waitFor()
    const label = (): Promise<string | null> =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? null)
    for (let i = 0; i < 30 && (await label()) !== 'Accept a.bin'; i += 1) await press('Tab')
    await press('Enter')
    await eventually(label).toBe('Save a.bin')
  })

  it('copies a debug report by keyboard, free of names, messages and the key, and says so', async () => {
    const [ada, bob] = (await joinAll({ name: 'Ada Lovelace' }, { name: 'Bob' })) as [Page, Page]
    await ada.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await say(bob, 'nobody else may read this')
    await ada.getByRole('log').getByText('nobody else may read this').waitFor()
    const button = ada.getByRole('button', { name: 'Copy debug report' })
    await button.focus()
    await ada.keyboard.press('Enter')
    await ada.getByRole('status').getByText('Copied').waitFor()
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
    const copied = await ada.evaluate(() => navigator.clipboard.readText())
    const report = JSON.parse(copied) as { state: string; members: unknown[]; happenings: { event: string }[] }
    expect(report).toMatchObject({ state: 'joined', members: [{ path: 'direct' }], runtime: { hasWebRtc: true } })
    expect(report.happenings.map(({ event }) => event)).toContain('member:join')
    for (const secret of ['Lovelace', 'Bob', 'nobody else', new URL(ada.url()).hash.slice('#skein='.length)]) {
      expect(copied).not.toContain(secret)
    }
  })

  it('shows the debug report, selected, where the browser does not let pages copy', async () => {
    const page = await joinChat(browser, chatUrl(), {
      name: 'Ada',
      before: 'navigator.clipboard.writeText = () => Promise.reject(new Error("no"))',
    })
    await page.getByRole('button', { name: 'Copy debug report' }).click()
    await page.getByText('copy it by hand').waitFor()
    const text = page.getByRole('textbox', { name: 'Debug report' })
    const selected = await text.evaluate((area: HTMLTextAreaElement) => [
      document.activeElement === area,
      area.value.slice(area.selectionStart, area.selectionEnd),
    ])
    expect(selected).toEqual([true, await text.inputValue()])
    expect(JSON.parse(await text.inputValue())).toMatchObject({ state: 'joined', members: [] })
    expect(await findBarriers(page)).toEqual([])
  })

  it('offers the link as a QR code that says just that', async () => {
    const page = await joinChat(browser, chatUrl(), { name: 'Ada' })
    await page.getByRole('button', { name: 'Share link', exact: true }).click()
    await page.getByRole('img', { name: 'QR code of the link' }).waitFor()
    const image = await page.locator('#qr svg').evaluate(async (svg) => {
      const size = 240
      const context = new OffscreenCanvas(size, size).getContext('2d')
      const copy = svg.cloneNode(true) as SVGSVGElement
      copy.setAttribute('width', String(size))
      copy.setAttribute('height', String(size))
      const drawn = new Image()
      drawn.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
      await drawn.decode()
      context?.drawImage(drawn, 0, 0, size, size)
      const data = context?.getImageData(0, 0, size, size).data ?? new Uint8ClampedArray()
      return {
        width: size,
        height: size,
        text: String.fromCharCode(...data.filter((_value, index) => index % 4 === 0)),
      }
    })
    const grey = Uint8Array.from(image.text, (letter) => letter.charCodeAt(0))
    const data = Uint8Array.from({ length: grey.length * 4 }, (_value, index) =>
      index % 4 === 3 ? 255 : (grey[index >> 2] ?? 0),
    )
    expect(decodeQR({ ...image, data })).toBe(page.url())
  })
})

describe('axe-core finds nothing', () => {
  it.each([
    { name: 'in light', options: { colorScheme: 'light' } },
    { name: 'in dark', options: { colorScheme: 'dark' } },
    { name: 'at phone width', options: { ...phone, colorScheme: 'dark' } },
  ] as const)('$name: welcome, conversation, members, dialog', async ({ options }) => {
    const page = await openChat(browser, chatUrl(), { options })
    expect(await findBarriers(page)).toEqual([])
    await page.getByLabel('Your name').fill('Ada')
    await page.getByRole('button', { name: 'Join' }).click()
    await page.getByText('Nobody else is here yet').waitFor()
    expect(await findBarriers(page)).toEqual([])
    const bob = await joinChat(browser, page.url(), { name: 'Bob' })
    // What is chosen before somebody is there is offered to nobody.
    await eventually(() => memberNames(bob)).toHaveLength(2)
    await choose(bob, await createFile('a.bin', 1000, 1), await createFile('b.bin', 30 * MiB, 1))
    await page.getByRole('button', { name: 'Decline b.bin' }).waitFor()
    await bob.getByLabel('Message', { exact: true }).pressSequentially('typing')
    await page.getByText('Bob is typing').first().waitFor()
    expect(await findBarriers(page)).toEqual([])
    await accept(page, 'a.bin')
    await page.getByRole('link', { name: 'Save a.bin' }).waitFor()
    await accept(page, 'b.bin')
    await bob.getByRole('button', { name: 'Pause b.bin' }).click()
    await cardOf(page, 'b.bin').getByText('waiting for Bob').waitFor()
    await say(page, 'hello')
    expect(await findBarriers(page)).toEqual([])
    if ('viewport' in options) {
      await page.getByRole('button', { name: /Who is here/ }).click()
      await page.getByRole('heading', { name: 'Who is here' }).waitFor()
      expect(await findBarriers(page)).toEqual([])
      // The conversation beneath cannot be reached meanwhile.
      const canFocusText = (): Promise<boolean> =>
        page.locator('#text').evaluate((text: HTMLElement) => {
          text.focus()
          return document.activeElement === text
        })
      expect(await canFocusText()).toBe(false)
      await page.keyboard.press('Escape')
      expect(await canFocusText()).toBe(true)
    }
    await page.getByRole('button', { name: 'Share link', exact: true }).click()
    expect(await findBarriers(page)).toEqual([])
    // Nothing sticks out at the side, whatever the width.
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  })
})

describe('plain words', () => {
  /** What the page says once somebody has joined or tried to, and what it said on the way in. */
  const tryToJoin = async (page: Page): Promise<{ before: string[]; after: string }> => {
    const before = await page.locator('#lacks p').allTextContents()
    await page.getByLabel('Your name').fill('Ada')
    await page.getByRole('button', { name: 'Join' }).click()
    const notice = page.getByRole('alert')
    const joined = page.getByText('Nobody else is here yet')
    await notice.or(joined).waitFor()
    const after = (await notice.isVisible()) ? ((await notice.locator('p').textContent()) ?? '') : 'joined'
    return { before, after }
  }

  it.each([
    ['without WebRTC', 'delete window.RTCPeerConnection', /has no WebRTC/],
    ['with WebAssembly taken away', 'delete window.WebAssembly', /WebAssembly is blocked/],
  ])('%s: said before joining, and when it fails', async (_name, before, words) => {
    const page = await openChat(browser, chatUrl(), { before })
    const said = await tryToJoin(page)
    expect(said.before).toEqual([expect.stringMatching(words)])
    expect(said.after).toMatch(words)
    expect(await findBarriers(page)).toEqual([])
  })

  it('with WebAssembly blocked by the policy of the page', async () => {
    const context = await browser.newContext()
    await context.route('**/2-chat/', async (route) => {
      const response = await route.fetch()
      await route.fulfill({
        response,
        headers: { ...response.headers(), 'content-security-policy': "script-src 'self' 'unsafe-inline'" },
      })
    })
    const page = await context.newPage()
    await page.goto(chatUrl())
    const said = await tryToJoin(page)
    expect(said.before).toEqual([expect.stringMatching(/WebAssembly is blocked/)])
    expect(said.after).toMatch(/WebAssembly is blocked/)
  })

  it.each([
    ['localStorage', /your name is forgotten/],
    ['indexedDB', /no database for pages/],
  ])('without %s: said, and the chat works', async (name, words) => {
    const before = `Object.defineProperty(window, '${name}', { get() { ${name === 'localStorage' ? "throw new DOMException('no', 'SecurityError')" : 'return undefined'} } })`
    const page = await openChat(browser, chatUrl(), { before })
    expect(await tryToJoin(page)).toEqual({ before: [expect.stringMatching(words)], after: 'joined' })
  })

  it('for a damaged link, with the way to a new group', async () => {
    const page = await openChat(browser, `${chatUrl()}#skein=sk1_abc`)
    expect((await tryToJoin(page)).after).toMatch(/link is damaged/)
    await page.getByRole('button', { name: 'Start a new group' }).click()
    await page.getByText('Nobody else is here yet').waitFor()
  })

  it('for a page that was asleep: it is back, and so are the others', async () => {
    const [ada, bob] = (await joinAll({ name: 'Ada' }, { name: 'Bob' })) as [Page, Page]
    const tell = (name: string): Promise<boolean> =>
      bob.evaluate((type) => dispatchEvent(new PageTransitionEvent(type, { persisted: true })), name)
    await tell('pagehide')
    await bob.locator('#status').getByText('The server is away').waitFor()
    await tell('pageshow')
    await bob.getByRole('log').getByText('You are back').waitFor()
    for (const page of [ada, bob]) await page.locator('#status').getByText('Connected with one other').waitFor()
    expect(await bob.getByRole('alert').isVisible()).toBe(false)
  })

  it('while the server is away, and for those who cannot join then', async () => {
    const own = await startSignaling()
    const ownDemos = await serveDemos({ port: 0, signalingUrl: own.url, botUrl: '' })
    try {
      const ada = await joinChat(browser, `${ownDemos.url}/2-chat/`, { name: 'Ada' })
      expect(await ada.getByRole('button', { name: 'Invite the bot' }).count()).toBe(0)
      await own.kill()
      await ada.locator('#status').getByText('The server is away: you can go on').waitFor()
      expect(await findBarriers(ada)).toEqual([])
      const bob = await openChat(browser, ada.url())
      expect((await tryToJoin(bob)).after).toMatch(/does not answer/)
      await own.restart()
      await bob.getByRole('button', { name: 'Try again' }).click()
      for (const page of [ada, bob]) await page.getByText('Connected with one other').waitFor()
    } finally {
      await Promise.all([ownDemos.close(), own.stop()])
    }
  })
})
