import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type * as logs from '../../sdk/log/index.js'
import { storageCases } from '../contract/block-storage.js'
import { launchShell } from '../support/chromium.js'
import { bundlePage } from './bundle-page.js'
import { openLogPage } from './log-pages.js'
import { servePages } from './serve-pages.js'

let browser: Browser
let pages: Awaited<ReturnType<typeof servePages>>

beforeAll(async () => {
  ;[browser, pages] = await Promise.all([launchShell(), servePages()])
})
afterAll(() => Promise.all([browser.close(), pages.close()]))

const openContext = async (): Promise<BrowserContext> => {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  return context
}

const openPage = (context: BrowserContext): Promise<Page> => openLogPage(context, pages.url)

describe('storage of blocks in the IndexedDB of Chromium', () => {
  let page: Page
  beforeAll(async () => {
    page = await browser.newPage()
    await page.goto(`${pages.url}/page/index.html`)
    await page.addScriptTag({ content: await bundlePage('block-storage.ts') })
  })
  afterAll(() => page.close())

  it.each(storageCases.map(({ name }) => name))('%s', async (name) => {
    await page.evaluate((each) => window.runStorageCase(each), name)
  })
})

describe('a log in a page', () => {
  it('is there again after a reload, whole', async () => {
    const context = await openContext()
    const page = await openPage(context)
    const url = await page.evaluate(async () => {
      const log = new window.logs.Log('diary', { valueEncoding: 'json' })
      await Promise.all(Array.from({ length: 1_000 }, (_, index) => log.append({ index })))
      await log.append(Array.from({ length: 1_000 }, (_, index) => ({ index: index + 1_000 })))
      return log.url
    })
    await page.close()
    const again = await openPage(context)
    const found = await again.evaluate(async () => {
      const log = new window.logs.Log('diary', { valueEncoding: 'json' })
      let next = 0
      for await (const value of log.createReadStream()) if ((value as { index: number }).index === next) next++
      return { next, url: log.url, writable: log.writable, audit: await log.audit() }
    })
    expect(found).toEqual({
      next: 2_000,
      url,
      writable: true,
      audit: { isSound: true, checked: 2_000, damaged: [], repaired: [] },
    })
  })

  it('is told that an append is there once the browser says that it is on the disk', async () => {
    const page = await openPage(await openContext())
    const writes = await page.evaluate(async () => {
      const log = new window.logs.Log('strict', { valueEncoding: 'utf-8' })
      await log.ready()
      const begun: string[] = []
      const begin = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, 'transaction')?.value as (
        ...given: unknown[]
      ) => IDBTransaction
      IDBDatabase.prototype.transaction = function (...given: unknown[]) {
        const transaction = begin.apply(this, given)
        if (transaction.mode === 'readwrite') begun.push(transaction.durability)
        return transaction
      }
      await log.append('mine')
      return begun
    })
    expect(writes).toEqual(['strict'])
  })

  it('is not forked by two tabs that append at once', async () => {
    const context = await openContext()
    const tabs = await Promise.all([openPage(context), openPage(context)])
    const indexes = await Promise.all(
      tabs.map((tab, number) =>
        tab.evaluate(async (mine) => {
          const log = new window.logs.Log('shared', { valueEncoding: 'json' })
          await log.ready()
          const results = []
          for (let go = 0; go < 20; go++) {
            const appends = Array.from({ length: 10 }, (_, at) => log.append({ mine, number: go * 10 + at }))
            results.push(...(await Promise.all(appends)))
          }
          return results.map(({ index }) => index)
        }, number),
      ),
    )
    expect(new Set(indexes.flat()).size).toBe(400)
    const report = await (
      await openPage(context)
    ).evaluate(async () => {
      const log = new window.logs.Log('shared', { valueEncoding: 'json' })
      const counts = [0, 0]
      for await (const value of log.createReadStream()) {
        const { mine, number } = value as { mine: number; number: number }
        if (counts[mine] === number) counts[mine]++
      }
      return { counts, isSound: (await log.audit()).isSound, length: log.length }
    })
    expect(report).toEqual({ counts: [200, 200], isSound: true, length: 400 })
  })

  it('is followed live by another tab', async () => {
    const context = await openContext()
    const [writer, reader] = await Promise.all([openPage(context), openPage(context)])
    await reader.evaluate(async () => {
      const log = new window.logs.Log('news', { valueEncoding: 'json' })
      await log.ready()
      const read = async (): Promise<unknown[]> => {
        const values: unknown[] = []
        for await (const value of log.createReadStream({ live: true })) if (values.push(value) === 3) break
        return values
      }
      Object.assign(window, { reading: read() })
    })
    await writer.evaluate(async () => {
      const log = new window.logs.Log('news', { valueEncoding: 'json' })
      for (const value of ['one', 'two', 'three']) await log.append(value)
    })
    const read = await reader.evaluate(() => (window as unknown as { reading: Promise<unknown[]> }).reading)
    expect(read).toEqual(['one', 'two', 'three'])
  })

  it('tells that it is lost when the user clears what the site keeps', async () => {
    const context = await openContext()
    const page = await openPage(context)
    await page.evaluate(async () => {
      const log = new window.logs.Log('diary', { valueEncoding: 'json' })
      await log.append({ hello: 'world' })
      const waiting = log.get(1).catch((error: unknown) => (error as { code?: string }).code)
      Object.assign(window, { log, waiting })
    })
    const devtools = await context.newCDPSession(page)
    await devtools.send('Storage.clearDataForOrigin', { origin: pages.url, storageTypes: 'indexeddb' })
    const codes = await page.evaluate(async () => {
      const { log, waiting } = window as unknown as { log: logs.Log<'json'>; waiting: Promise<string> }
      const codeOf = (promise: Promise<unknown>) =>
        promise.then(
          () => 'none',
          (error: unknown) => (error as { code?: string }).code,
        )
      return [await waiting, await codeOf(log.append(1)), await codeOf(log.get(0))]
    })
    expect(codes).toEqual(['storage-lost', 'storage-lost', 'storage-lost'])
  })

  it('is as it was when the device is full, and goes on when there is room', async () => {
    const context = await openContext()
    const page = await openPage(context)
    const devtools = await context.newCDPSession(page)
    // Before anything is written: Chromium remembers for a while how much room there was.
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: pages.url, quotaSize: 3_000_000 })
    await page.evaluate(async () => {
      const log = new window.logs.Log('large', { valueEncoding: 'binary' })
      await log.append(new Uint8Array(10))
      Object.assign(window, { log })
    })
    const full = await page.evaluate(async () => {
      const { log } = window as unknown as { log: logs.Log }
      const block = crypto.getRandomValues(new Uint8Array(60_000))
      for (let count = 0; count < 200; count++) {
        const { length } = log
        try {
          await log.append([block, block, block, block])
        } catch (error) {
          return { code: (error as { code?: string }).code, isAsItWas: log.length === length, ...(await log.audit()) }
        }
      }
      return null
    })
    expect(full).toMatchObject({ code: 'storage-full', isAsItWas: true, isSound: true })
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: pages.url })
    const after = await page.evaluate(async () => {
      const { log } = window as unknown as { log: logs.Log }
      const { index } = await log.append(new Uint8Array(10))
      return { isNext: index === log.length - 1, ...(await log.audit()) }
    })
    expect(after).toMatchObject({ isNext: true, isSound: true })
  })
})
