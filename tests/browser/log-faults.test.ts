/** What pages do to each other's logs, and what the browser does to what they are kept in. */
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type * as logs from '../../sdk/log/index.js'
import { launchShell } from '../support/chromium.js'
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

interface Appended {
  readonly tab: number
  readonly number: number
  readonly index: number
}

declare global {
  interface Window {
    told: (appended: Appended) => Promise<void>
    log: logs.Log<'json'>
    running: Promise<unknown>
    /** How many appends were acknowledged. */
    acknowledged?: number
  }
}

/** All values of a log, as another page reads it, and whether they are sound. */
const readAll = async (context: BrowserContext, name: string): Promise<{ values: Appended[]; isSound: boolean }> => {
  const page = await openPage(context)
  return page.evaluate(async (called) => {
    const log = new window.logs.Log(called, { valueEncoding: 'json' })
    const values: Appended[] = []
    for await (const value of log.createReadStream()) values.push(value as Appended)
    return { values, isSound: (await log.audit()).isSound }
  }, name)
}

/** Appends in this page until it is told to stop or gone, alone and three at a time. */
const beginAppending = (page: Page, name: string, tab: number): Promise<void> =>
  page.evaluate(
    async ({ called, mine }) => {
      const log = new window.logs.Log(called, { valueEncoding: 'json' })
      await log.ready()
      const append = async (number: number): Promise<void> => {
        const { index } = await log.append({ tab: mine, number })
        await window.told({ tab: mine, number, index })
      }
      const run = async (): Promise<number> => {
        let number = 0
        for (; !('isOver' in window); number += 4) {
          await append(number)
          await Promise.all([append(number + 1), append(number + 2), append(number + 3)])
        }
        return number
      }
      Object.assign(window, { log, running: run() })
    },
    { called: name, mine: tab },
  )

describe('two tabs that append to one log', () => {
  it('make one history of what both were told is in it, and each is told of the growth by the other', async () => {
    const context = await openContext()
    const tabs = await Promise.all([openPage(context), openPage(context)])
    const results = await Promise.all(
      tabs.map((tab, mine) =>
        tab.evaluate(async (number) => {
          const log = new window.logs.Log('race', { valueEncoding: 'json' })
          const steps: [number, number][] = []
          log.on('length:change', ({ previous, next }) => steps.push([previous, next]))
          await log.ready()
          const from = log.length
          const told: [number, number][] = []
          for (let go = 0; go < 25; go++) {
            const appends = Array.from({ length: 4 }, (_, at) => log.append({ tab: number, number: go * 4 + at }))
            const done = await Promise.all(appends)
            told.push(...done.map(({ index }, at): [number, number] => [go * 4 + at, index]))
          }
          // What the other one appends last is not asked for: it has to be told of.
          const all = new Promise<void>((resolve) => {
            const look = (): void => {
              if (log.length >= 200) resolve()
            }
            log.on('length:change', look)
            look()
          })
          await Promise.race([all, new Promise((_, reject) => setTimeout(() => reject(new Error('not told')), 20_000))])
          return { from, steps, told }
        }, mine),
      ),
    )
    const { values, isSound } = await readAll(context, 'race')
    expect([values.length, isSound]).toEqual([200, true])
    for (const [tab, { from, steps, told }] of results.entries()) {
      expect(told.map(([number]) => number)).toEqual(Array.from({ length: 100 }, (_, number) => number))
      for (const [number, index] of told) expect(values[index]).toEqual({ tab, number })
      // Each step goes on from the one before, up to the end.
      expect([from, ...steps.map(([, next]) => next)].slice(0, -1)).toEqual(steps.map(([previous]) => previous))
      expect(steps.at(-1)?.[1]).toBe(200)
    }
  })

  it('do not need each other: one that is closed in mid-append takes nothing with it', async () => {
    for (const count of [2, 6, 15]) {
      const context = await openContext()
      const [stays, goes] = await Promise.all([openPage(context), openPage(context)])
      const told: Appended[] = []
      for (const page of [stays, goes]) {
        await page.exposeFunction('told', (appended: Appended) => void told.push(appended))
      }
      await Promise.all([beginAppending(stays, 'both', 0), beginAppending(goes, 'both', 1)])
      await expect.poll(() => new Set(told.map(({ tab }) => tab)).size, { timeout: 20_000 }).toBe(2)
      await expect
        .poll(() => told.filter(({ tab }) => tab === 1).length, { timeout: 20_000, interval: 5 })
        .toBeGreaterThanOrEqual(count)
      await goes.close()
      const before = told.filter(({ tab }) => tab === 0).length
      await expect
        .poll(() => told.filter(({ tab }) => tab === 0).length, { timeout: 20_000 })
        .toBeGreaterThan(before + 8)
      await stays.evaluate(() => {
        Object.assign(window, { isOver: true })
        return window.running
      })
      const { values, isSound } = await readAll(context, 'both')
      expect(isSound).toBe(true)
      for (const { tab, number, index } of told) expect(values[index]).toEqual({ tab, number })
      // Of each all up to some one, each once: of what is not awaited one after the other in any order.
      for (const tab of [0, 1]) {
        const numbers = values.filter((value) => value.tab === tab).map(({ number }) => number)
        expect([...numbers].sort((one, other) => one - other)).toEqual(numbers.map((_, at) => at))
      }
    }
  })
})

/** Appends as fast as it goes, with a block that is waited for; the codes of all that fail once the storage is not there. */
const beginLosing = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const log = new window.logs.Log('lost', { valueEncoding: 'json' })
    const errors: (string | undefined)[] = []
    const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error)
    log.on('error', ({ error }) => errors.push(codeOf(error)))
    await log.append({ first: true })
    const settled = async (promise: Promise<unknown>): Promise<string> => {
      const late = new Promise<string>((resolve) => setTimeout(() => resolve('hangs'), 10_000))
      return Promise.race([promise.then(() => 'done', codeOf), late])
    }
    const waiting = settled(log.get(1_000_000))
    const streaming = settled(
      (async () => {
        for await (const each of log.createReadStream({ live: true })) if (each === null) break
      })(),
    )
    const run = async (): Promise<unknown> => {
      const codes = new Set<string>()
      let acknowledged = 0
      while (codes.size === 0) {
        const appends = Array.from({ length: 8 }, (_, at) => log.append({ at, filling: 'x'.repeat(2_000) }))
        for (const code of await Promise.all(appends.map(settled))) {
          if (code === 'done') window.acknowledged = ++acknowledged
          else codes.add(code)
        }
      }
      const after = [log.append(1), log.get(0), log.audit(), log.has(0), log.clear(0)].map(settled)
      const again = new window.logs.Log('lost', { valueEncoding: 'json' })
      return {
        appends: [...codes],
        others: [...new Set([await waiting, await streaming, ...(await Promise.all(after))])],
        hasAppended: acknowledged > 0,
        errors: [...new Set(errors)],
        closes: await settled(log.close()),
        // What is opened from here on is another one, empty.
        again: await settled(again.append(1)),
        length: again.length,
      }
    }
    Object.assign(window, { running: run() })
  })

const lost = {
  appends: ['storage-lost'],
  others: ['storage-lost'],
  hasAppended: true,
  errors: ['storage-lost'],
  closes: 'done',
  again: 'done',
  length: 1,
}

/** Appends are acknowledged, so that others are under way. */
const untilUnderWay = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => (window.acknowledged ?? 0) >= 16)
}

describe('a log whose storage is taken away in mid-append', () => {
  it('says that it is lost, to all that wait, when another page deletes the database', async () => {
    const context = await openContext()
    const [page, other] = await Promise.all([openPage(context), openPage(context)])
    await beginLosing(page)
    await untilUnderWay(page)
    const outcome = await other.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const request = indexedDB.deleteDatabase('skein-logs')
          request.onsuccess = () => resolve('deleted')
          request.onerror = () => resolve('failed')
        }),
    )
    expect(outcome).toBe('deleted')
    expect(await page.evaluate(() => window.running)).toEqual(lost)
  })

  it('says that it is lost, to all that wait, when the user clears what the site keeps', async () => {
    const context = await openContext()
    const page = await openPage(context)
    await beginLosing(page)
    await untilUnderWay(page)
    const devtools = await context.newCDPSession(page)
    await devtools.send('Storage.clearDataForOrigin', { origin: pages.url, storageTypes: 'indexeddb' })
    expect(await page.evaluate(() => window.running)).toEqual(lost)
  })

  it('says that it is lost when a page with a newer version comes, which does not have to wait', async () => {
    const context = await openContext()
    const [page, other] = await Promise.all([openPage(context), openPage(context)])
    await beginLosing(page)
    await untilUnderWay(page)
    const outcome = await other.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const request = indexedDB.open('skein-logs', 2)
          request.onupgradeneeded = () => resolve('upgraded')
          request.onerror = () => resolve('failed')
        }),
    )
    expect(outcome).toBe('upgraded')
    // This version cannot use what is there now.
    const { appends, others, again } = (await page.evaluate(() => window.running)) as typeof lost
    expect([appends, others, again]).toEqual([['storage-lost'], ['storage-lost'], 'storage-failed'])
  })

  it('is not opened while an older page holds on to what is to be deleted, and is once it lets go', async () => {
    const context = await openContext()
    const [page, holder] = await Promise.all([openPage(context), openPage(context)])
    await holder.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const request = indexedDB.open('skein-logs', 1)
          request.onupgradeneeded = () => request.result.createObjectStore('entries')
          request.onsuccess = () => {
            Object.assign(window, { held: request.result })
            indexedDB.deleteDatabase('skein-logs')
            resolve()
          }
        }),
    )
    const codes = await page.evaluate(async () => {
      const log = new window.logs.Log('blocked', { valueEncoding: 'json' })
      const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
        promise.then(
          () => 'done',
          (error: unknown) => (error as { code?: string }).code,
        )
      Object.assign(window, { log })
      return Promise.all([codeOf(log.ready()), codeOf(log.append(1)), codeOf(log.get(0))])
    })
    expect(codes).toEqual(['storage-blocked', 'storage-blocked', 'storage-blocked'])
    await holder.evaluate(() => (window as unknown as { held: IDBDatabase }).held.close())
    expect(await page.evaluate(() => window.log.append(1))).toMatchObject({ index: 0 })
  })
})

describe('a replica on a device that is full', () => {
  it('pauses, says so, and goes on when there is room', async () => {
    const context = await openContext()
    const reader = await openPage(context)
    // So that the pause is over when the test says so, and not in half a minute.
    await reader.clock.install()
    const devtools = await context.newCDPSession(reader)
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: pages.url, quotaSize: 3_000_000 })
    const full = await reader.evaluate(async () => {
      const { SDK, memoryStorage, deviceStorage } = window.logs
      const [writing, reading] = [new SDK({ storage: memoryStorage() }), new SDK({ storage: deviceStorage() })]
      const [there, back] = [0, 1].map(() => new TransformStream()) as unknown as [logs.LogStreams, logs.LogStreams]
      void writing.replicate({ readable: back.readable, writable: there.writable })
      void reading.replicate({ readable: there.readable, writable: back.writable })
      const log = new writing.Log(null)
      const block = crypto.getRandomValues(new Uint8Array(60_000))
      for (let at = 0; at < 200; at++) await log.append(block)
      const copy = new reading.Log(log.url)
      const errors: string[] = []
      const failed = new Promise<void>((resolve) => {
        copy.on('error', ({ error }) => {
          errors.push((error as { code?: string }).code ?? String(error))
          resolve()
        })
      })
      await copy.ready()
      await failed
      Object.assign(window, { copy, errors })
      return { errors, length: copy.length, audit: await copy.audit() }
    })
    expect(full).toMatchObject({ errors: ['storage-full'], length: 200, audit: { isSound: true } })
    expect(full.audit.checked).toBeLessThan(200)
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: pages.url })
    const downloaded = reader.evaluate(async () => {
      const { copy, errors } = window as unknown as { copy: logs.Log; errors: string[] }
      await copy.download()
      return { errors, audit: await copy.audit() }
    })
    await reader.clock.fastForward(30_000)
    const after = await downloaded
    expect(after.errors).toEqual(['storage-full'])
    expect(after.audit).toMatchObject({ isSound: true, checked: 200 })
  })
})

describe('a replica with flipped bits on its device', () => {
  it('finds the blocks that they are in, and gets those from a peer', async () => {
    const page = await openPage(await openContext())
    const url = await page.evaluate(async () => {
      const { SDK, memoryStorage, deviceStorage } = window.logs
      const writing = new SDK({ storage: memoryStorage() })
      const log = new writing.Log(null, { valueEncoding: 'json' })
      await log.append(Array.from({ length: 200 }, (_, number) => ({ number })))
      const join = (): logs.SDK => {
        const reading = new SDK({ storage: deviceStorage() })
        const [there, back] = [0, 1].map(() => new TransformStream()) as unknown as [logs.LogStreams, logs.LogStreams]
        void writing.replicate({ readable: back.readable, writable: there.writable }).catch(() => undefined)
        void reading.replicate({ readable: there.readable, writable: back.writable }).catch(() => undefined)
        return reading
      }
      Object.assign(window, { join })
      const reading = join()
      const copy = new reading.Log(log.url, { valueEncoding: 'json' })
      await copy.update()
      await copy.download()
      await copy.close()
      reading.close()
      return log.url
    })
    await page.evaluate(async () => {
      const done = <Value>(request: IDBRequest<Value>): Promise<Value> =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result)
          request.onerror = () => reject(request.error ?? new Error('a request failed'))
        })
      const database = await done(indexedDB.open('skein-logs'))
      const store = database.transaction('entries', 'readwrite').objectStore('entries')
      // Records of blocks, and in each the last byte of its last block.
      const records = IDBKeyRange.bound(Uint8Array.of(5), Uint8Array.of(6), false, true)
      for (const key of await done(store.getAllKeys(records))) {
        const value = (await done(store.get(key))) as Uint8Array
        value[value.length - 1] = (value.at(-1) as number) ^ 1
        await done(store.put(value, key))
      }
      database.close()
    })
    const audits = await page.evaluate(async (address) => {
      const reading = (window as unknown as { join: () => logs.SDK }).join()
      const copy = new reading.Log(address, { valueEncoding: 'json' })
      const found = await copy.audit()
      const mended = await copy.audit({ repair: true })
      const values: unknown[] = []
      for await (const value of copy.createReadStream()) values.push(value)
      return { found, mended, after: await copy.audit(), values }
    }, url)
    const damaged = [63, 127, 191, 199]
    expect(audits.found).toEqual({ isSound: false, checked: 200, damaged, repaired: [] })
    expect(audits.mended).toMatchObject({ isSound: true, repaired: damaged })
    expect(audits.after).toEqual({ isSound: true, checked: 200, damaged: [], repaired: [] })
    expect(audits.values).toEqual(Array.from({ length: 200 }, (_, number) => ({ number })))
  })
})
