/** Where figures are measured: one Chromium, a server for each side, and rooms of pages that are gone afterwards. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright'
import { launchChromium, launchProfile } from '../support/chromium.js'
import type { JoinOptions } from './page/member.js'
import type { Participant } from './page/participant.js'
import type { SignalingTraffic } from './page/signaling-traffic.js'
import { servePages } from './page-server.js'
import type { Server } from './servers/start.js'
import type { Side, SideName } from './sides/side.js'

/** No figure takes a side nearly as long; one that does has lost something, and waits for it forever. */
const LIMIT_MS = 150_000

const within = async <T>(what: string, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took over ${LIMIT_MS / 1000} s`)), LIMIT_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

type Given = Omit<Partial<JoinOptions>, 'gateBytes'> & {
  readonly gateBytes?: number | undefined
  /** Each page in a browser of its own that keeps on disk what pages store: in any other it is in memory. */
  readonly onDisk?: true
}

/** A page with one member of a side, loaded and not joined. */
export class BenchPage {
  readonly page: Page
  readonly #side: Side
  readonly #options: JoinOptions

  constructor(page: Page, side: Side, options: JoinOptions) {
    this.page = page
    this.#side = side
    this.#options = options
  }

  options(): JoinOptions {
    return this.#options
  }

  /** `work` runs in the page. */
  evaluate<A, R>(work: (participant: Participant, argument: A) => R | Promise<R>, argument: A): Promise<R> {
    const call = `(argument) => (${work.toString()})(window.bench.participant, argument)`
    return within(
      `${this.#side.name}: ${work.toString().slice(0, 80)}`,
      this.page.evaluate<R>(`(${call})(${JSON.stringify(argument)})`),
    )
  }

  warm(): Promise<void> {
    const alone = { ...this.#options, room: this.#side.createRoom() }
    return this.evaluate((participant, options) => participant.warm(options), alone)
  }

  join({ greets = false } = {}): Promise<void> {
    return this.evaluate((participant, [options, first]) => participant.join(options, first), [
      this.#options,
      greets,
    ] as const)
  }

  untilLinked(count: number): Promise<void> {
    return this.evaluate((participant, links) => participant.untilLinked(links), count)
  }

  signalingTraffic(): Promise<SignalingTraffic> {
    return this.page.evaluate(() => window.bench.signalingTraffic())
  }
}

interface Opened {
  readonly context: BrowserContext
  readonly close: () => Promise<void>
}

const openContextOf = async (browser: Browser): Promise<Opened> => {
  const context = await browser.newContext()
  return { context, close: () => context.close() }
}

const openProfile = async (): Promise<Opened> => {
  const folder = await mkdtemp(join(tmpdir(), 'skein-bench-'))
  const context = await launchProfile(folder)
  return {
    context,
    close: async () => {
      await context.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const openLogPage = async (context: BrowserContext, url: string): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(`${url}/logs.html`)
  await page.waitForFunction(() => 'logBench' in window)
  return page
}

/** One name that pages of one side meet under. */
export class Room {
  readonly #openContext: () => Promise<BrowserContext>
  readonly #url: string
  readonly side: Side
  readonly #given: Given
  readonly signaling: string
  readonly name: string
  #opened = 0

  constructor(openContext: () => Promise<BrowserContext>, url: string, side: Side, signaling: string, given: Given) {
    this.#openContext = openContext
    this.#url = url
    this.side = side
    this.signaling = signaling
    this.#given = given
    this.name = side.createRoom()
  }

  options(): JoinOptions {
    const { gateBytes } = this.#given
    return {
      signaling: this.signaling,
      room: this.name,
      index: this.#opened++,
      ...(gateBytes === undefined ? {} : { gateBytes }),
    }
  }

  /** In a context of its own. */
  async openPage(): Promise<BenchPage> {
    const options = this.options()
    const page = await (await this.#openContext()).newPage()
    await page.goto(`${this.#url}/index.html?side=${this.side.name}`)
    await page.waitForFunction(() => 'bench' in window)
    return new BenchPage(page, this.side, options)
  }

  /** A page of `page/logs.ts`, in a context of its own. */
  async openLogPage(): Promise<Page> {
    return openLogPage(await this.#openContext(), this.#url)
  }

  openPages(count: number): Promise<BenchPage[]> {
    return Promise.all(Array.from({ length: count }, () => this.openPage()))
  }
}

export class World {
  readonly #browser: Browser
  readonly #pages: Awaited<ReturnType<typeof servePages>>
  readonly #servers = new Map<SideName, Promise<Server>>()

  private constructor(browser: Browser, pages: Awaited<ReturnType<typeof servePages>>) {
    this.#browser = browser
    this.#pages = pages
  }

  static async open(): Promise<World> {
    const pages = await servePages()
    return new World(await launchChromium(), pages)
  }

  get browserVersion(): string {
    return this.#browser.version()
  }

  /** The url of the side's server, which is started when first asked for. */
  async signalingOf(side: Side): Promise<string> {
    const server = this.#servers.get(side.name) ?? side.startServer()
    this.#servers.set(side.name, server)
    return (await server).url
  }

  /** Everything opened in the room is closed when `work` has ended. */
  async withRoom<T>(side: Side, work: (room: Room) => Promise<T>, given: Given = {}): Promise<T> {
    const closing: (() => Promise<void>)[] = []
    const openContext = async (): Promise<BrowserContext> => {
      const { context, close } = given.onDisk ? await openProfile() : await openContextOf(this.#browser)
      closing.push(close)
      return context
    }
    try {
      return await work(new Room(openContext, this.#pages.url, side, await this.signalingOf(side), given))
    } finally {
      await Promise.all(closing.map((close) => close()))
    }
  }

  /** Pages that are all linked with each other. */
  withMesh<T>(
    side: Side,
    count: number,
    given: Given,
    work: (pages: [BenchPage, ...BenchPage[]]) => Promise<T>,
  ): Promise<T> {
    return this.withRoom(
      side,
      async (room) => {
        const pages = await room.openPages(count)
        for (const page of pages) await page.join()
        await Promise.all(pages.map((page) => page.untilLinked(count - 1)))
        return work(pages as [BenchPage, ...BenchPage[]])
      },
      given,
    )
  }

  withPair<T>(side: Side, given: Given, work: (pages: [BenchPage, BenchPage]) => Promise<T>): Promise<T> {
    return this.withMesh(side, 2, given, (pages) => work(pages as unknown as [BenchPage, BenchPage]))
  }

  /** A page of `page/logs.ts` in a browser of its own, which keeps on disk what the page stores, until `work` has ended. */
  async withLogPage<T>(work: (page: Page) => Promise<T>): Promise<T> {
    const { context, close } = await openProfile()
    try {
      return await within('a page with logs', openLogPage(context, this.#pages.url).then(work))
    } finally {
      await close()
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#browser.close(), this.#pages.close()])
    for (const server of this.#servers.values()) await (await server).stop()
  }
}
