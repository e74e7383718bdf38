/**
 * A browser that is killed while a page appends (J11): nothing that was acknowledged is lost, and the log goes on as one history.
 *
 * Now and then (8 of some 1,080 kills) Chromium itself deletes the whole database at a later start. Its LevelDB writes the head of a record and then what is in it; killed in
 * between, it appends behind that head at the next start, and at the one after finds a file that is corrupt. No page can keep it from that. What holds all the same is that the secret goes with the
 * blocks, so that no log goes on behind another history.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright'
import { expect, it, onTestFinished } from 'vitest'
import { launchKillableChromium, type KillableChromium } from '../support/chromium.js'
import { Random } from '../support/random.js'
import { giveLogs } from './log-pages.js'
import { servePages } from './serve-pages.js'

const cycles = process.env['SKEIN_LONG'] === undefined ? 20 : 200
const seed = process.env['SKEIN_SEED'] ?? 'kills'

/** What the page says of an append that was acknowledged: values from `number` on of this cycle are at `index` and behind it. */
interface Acknowledged {
  readonly cycle: number
  readonly number: number
  readonly count: number
  readonly index: number
  readonly length: number
  /** In base64. */
  readonly head: string
}

/** The browser has deleted the database: the log of this name is a new one. */
interface Another {
  readonly isAnother: true
  readonly length: number
}

interface Opened {
  readonly isAnother: false
  readonly url: string
  readonly length: number
  readonly audit: { readonly isSound: boolean; readonly checked: number; readonly damaged: readonly number[] }
  /** How the heads that were seen before stand to the log. */
  readonly relations: readonly string[]
  /** `cycle number` of each block from `start` on whose filling is right too, and `null` for others. */
  readonly values: readonly (string | null)[]
  readonly appended: number
}

declare global {
  interface Window {
    acknowledge: (acknowledged: Acknowledged) => Promise<void>
  }
}

/** Appends numbered blocks that say what they are, alone and together, until the end of the world. */
const appendForEver = (page: Page, cycle: number): Promise<void> =>
  page.evaluate(async (mine) => {
    const log = new window.logs.Log('kills', { valueEncoding: 'json' })
    let next = 0
    const values = (count: number): unknown[] =>
      Array.from({ length: count }, () => {
        const number = next++
        // Now and then one that takes more than a page of the database.
        return { cycle: mine, number, filling: `${mine}.${number} `.repeat(number % 17 === 0 ? 3_000 : 3) }
      })
    const append = async (count: number): Promise<void> => {
      const number = next
      const { index, length } = await log.append(values(count))
      const head = btoa(String.fromCharCode(...(log.signedHead as Uint8Array)))
      void window.acknowledge({ cycle: mine, number, count, index, length, head })
    }
    for (let round = 0; ; round++) {
      if (round % 3 === 0) await append(1)
      else if (round % 3 === 1) await Promise.all([append(1), append(1), append(1)])
      else await append(1 + (round % 80))
    }
  }, cycle)

const openAgain = (page: Page, url: string, start: number, heads: readonly string[]): Promise<Opened | Another> =>
  page.evaluate(
    async ({ expected, from, seen }) => {
      const log = new window.logs.Log('kills', { valueEncoding: 'json' })
      await log.ready()
      const { length } = log
      if (expected !== '' && log.url !== expected) {
        await log.close()
        return { isAnother: true as const, length }
      }
      const relations: string[] = []
      for (const head of seen) relations.push(await log.compare(Uint8Array.from(atob(head), (c) => c.charCodeAt(0))))
      const values: (string | null)[] = []
      for await (const value of log.createReadStream({ start: from, end: length })) {
        const { cycle, number, filling } = value as { cycle: number; number: number; filling: string }
        const isRight = filling === `${cycle}.${number} `.repeat(number % 17 === 0 ? 3_000 : 3)
        values.push(isRight ? `${cycle} ${number}` : null)
      }
      const audit = await log.audit()
      const { index } = await log.append({ cycle: -1, number: 0, filling: '-1.0 '.repeat(3_000) })
      await log.close()
      return { isAnother: false as const, url: log.url, length, audit, relations, values, appended: index }
    },
    { expected: url, from: start, seen: heads },
  )

const pageOf = async ({ browser }: KillableChromium, url: string): Promise<Page> => {
  const [context] = browser.contexts()
  const page = await context?.newPage()
  if (page === undefined) throw new Error('the browser has no context')
  await giveLogs(page, url)
  return page
}

it(
  `J11: ${cycles} kills of a browser in mid-append lose nothing that was acknowledged, and fork nothing (seed "${seed}")`,
  { timeout: cycles * 15_000 },
  async () => {
    const random = new Random(seed)
    const profile = await mkdtemp(join(tmpdir(), 'skein-kills-'))
    const pages = await servePages()
    let running: KillableChromium | null = null
    onTestFinished(async () => {
      await running?.kill()
      await Promise.all([pages.close(), rm(profile, { recursive: true, force: true, maxRetries: 5 })])
    })
    /** What every block that is verified says, and a head of each cycle: they are kept outside of the browser. */
    const known: string[] = []
    const heads: string[] = []
    let [total, unacknowledged, dropped] = [0, 0, 0]
    let url = ''
    let acknowledged: Acknowledged[] = []
    for (let cycle = 0; ; cycle++) {
      running = await launchKillableChromium(profile)
      const page = await pageOf(running, pages.url)
      const last = acknowledged.at(-1)
      if (last !== undefined) heads.push(last.head)
      const found = await openAgain(page, url, known.length, heads.slice(-20)).catch((error: unknown) => {
        throw new Error(`cycle ${cycle}, seed "${seed}"`, { cause: error })
      })
      if (found.isAnother) {
        expect(found.length, `cycle ${cycle}, seed "${seed}"`).toBe(0)
        dropped++
        known.length = heads.length = acknowledged.length = 0
      }
      const opened = found.isAnother ? await openAgain(page, '', 0, []) : found
      if (opened.isAnother) throw new Error('the log has no name')
      url = opened.url

      const where = `cycle ${cycle}, seed "${seed}"`
      const most = Math.max(known.length, ...acknowledged.map(({ length }) => length))
      expect(opened.length, where).toBeGreaterThanOrEqual(most)
      expect(opened.audit, where).toMatchObject({ isSound: true, checked: opened.length, damaged: [] })
      expect(opened.relations.filter((relation) => relation !== 'same' && relation !== 'older')).toEqual([])
      // Those of the cycle before, from its first on, in a row: none is there twice, and none without those before it.
      const expected = Array.from({ length: opened.length - known.length }, (_, number) => `${cycle - 1} ${number}`)
      expect(opened.values, where).toEqual(expected)
      known.push(...expected)
      for (const { number, count, index } of acknowledged) {
        const said = Array.from({ length: count }, (_, at) => `${cycle - 1} ${number + at}`)
        expect(known.slice(index, index + count), where).toEqual(said)
      }
      expect(opened.appended, where).toBe(opened.length)
      known.push('-1 0')
      total += acknowledged.length
      unacknowledged += opened.length - most
      if (cycle === cycles) break

      const said: Acknowledged[] = []
      acknowledged = said
      await page.exposeFunction('acknowledge', (each: Acknowledged) => void said.push(each))
      const appending = appendForEver(page, cycle).catch(() => undefined)
      await sleep(random.integer(5, 500))
      await running.kill()
      await appending
    }
    console.log(
      `${cycles} kills: ${known.length} blocks, ${total} appends acknowledged, ${unacknowledged} blocks more, ${dropped} databases deleted by the browser`,
    )
    expect(dropped, 'databases that the browser has deleted').toBeLessThanOrEqual(cycles / 20)
    // It was killed while it appended, and not before.
    expect(total).toBeGreaterThan(cycles * 5)
  },
)
