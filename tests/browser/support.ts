/**
 * Browser tests: one Chromium for each file and, where asked for, one Firefox; a context for each page, the built
 * package, and a signaling server in a process of its own. Everything that `setup` hands out is gone when the test is.
 */
import type { Browser, Page } from 'playwright'
import type { Browser as Firefox } from 'puppeteer-core'
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest'
import { WebGroup } from 'skein'
import { launchShell } from '../support/chromium.js'
import { findFirefox, launchFirefox } from '../support/firefox.js'
import { openFirefoxPage, type TestHandle, type TestPage } from './firefox-page.js'
import type { Member, MemberOptions } from './page/harness.js'
import { servePages } from './serve-pages.js'
import { startSignaling, type SignalingProcess } from './signaling-process.js'

let browser: Browser | undefined
let firefox: Firefox | undefined
let pages: { readonly url: string; close(): Promise<void> } | undefined

/** To be called once by each test file. `launch`: a whole Chromium, where it matters how a browser ends pages. */
export const useBrowser = (launch: () => Promise<Browser> = launchShell): void => {
  beforeAll(async () => {
    ;[browser, pages] = await Promise.all([launch(), servePages()])
  })
  afterAll(async () => {
    await Promise.all([browser?.close(), pages?.close()])
    browser = pages = undefined
  })
}

/** To be called once by each test file with pages of both browsers; skips its tests where no Firefox can be had. */
export const useBothBrowsers = (): void => {
  useBrowser()
  beforeAll(async () => {
    if (findFirefox() !== null) firefox = await launchFirefox()
  })
  beforeEach(({ skip }) => skip(firefox === undefined, 'no Firefox here, and none could be installed'))
  afterAll(async () => {
    await firefox?.close()
    firefox = undefined
  })
}

export type BrowserName = 'chromium' | 'firefox'

/** A member in a page: `me` is evaluated there. */
export interface PageMember<P extends TestPage = Page> {
  readonly page: P
  readonly me: TestHandle<Member>
  readonly id: string
}

/** A member in a page of either browser. */
export type AnyMember = PageMember<TestPage>

export interface World {
  readonly signaling: SignalingProcess
  readonly key: string
  readonly openPage: (options?: { readonly browser?: Browser; readonly url?: string }) => Promise<Page>
  /** Firefox takes a test file that called `useBothBrowsers()`. */
  readonly openPageIn: (name: BrowserName) => Promise<TestPage>
  /** A member in this page, which has not joined yet. */
  readonly createMember: (page: TestPage, options?: Partial<MemberOptions>) => Promise<TestHandle<Member>>
  /** A member in a page of its own, or in this one, that has joined. */
  readonly join: Join
  /** As many members, each in a page of its own, that all see each other. */
  readonly joinAll: JoinAll
  /** The same, each in a page of the browser named. */
  readonly joinIn: <const Names extends readonly BrowserName[]>(
    ...names: Names
  ) => Promise<{ -readonly [index in keyof Names]: AnyMember }>
}

interface Join {
  (options?: Partial<MemberOptions>, page?: Page): Promise<PageMember>
  (options: Partial<MemberOptions>, page: TestPage): Promise<AnyMember>
}

interface JoinAll {
  (count: 2): Promise<[PageMember, PageMember]>
  (count: 3): Promise<[PageMember, PageMember, PageMember]>
  (count: number): Promise<PageMember[]>
}

export const setup = async (options: { readonly signalingFlags?: readonly string[] } = {}): Promise<World> => {
  if (browser === undefined || pages === undefined) throw new Error('useBrowser() was not called')
  const [ownBrowser, pagesUrl] = [browser, pages.url]
  const signaling = await startSignaling(options.signalingFlags)
  const contexts: { close(): Promise<void> }[] = []
  onTestFinished(async () => {
    await Promise.all(contexts.map((context) => context.close()))
    await signaling.stop()
  })
  const key = WebGroup.generateKey()

  const openPage: World['openPage'] = async (given = {}) => {
    const context = await (given.browser ?? ownBrowser).newContext()
    contexts.push(context)
    const page = await context.newPage()
    await page.goto(given.url ?? `${pagesUrl}/page/index.html`)
    return page
  }

  const openPageIn: World['openPageIn'] = async (name) => {
    if (name === 'chromium') return openPage()
    if (firefox === undefined) throw new Error('useBothBrowsers() was not called')
    const { page, context } = await openFirefoxPage(firefox, `${pagesUrl}/page/index.html`)
    contexts.push(context)
    return page
  }

  const createMember: World['createMember'] = (page, memberOptions = {}) =>
    // As text: the type of a profile, which refers to itself, is too much for that of the arguments of a page.
    page.evaluateHandle(
      async (given) => (window.harness.me = await window.harness.Member.create(JSON.parse(given) as MemberOptions)),
      JSON.stringify({ signaling: signaling.url, ...memberOptions }),
    )

  const join = async (memberOptions: Partial<MemberOptions> = {}, page?: TestPage): Promise<AnyMember> => {
    const home = page ?? (await openPage())
    const me = await createMember(home, memberOptions)
    await me.evaluate((member, groupKey) => member.group.join(groupKey), key)
    return { page: home, me, id: await me.evaluate((member) => member.group.myId) }
  }

  const joinEach = async (homes: readonly Promise<TestPage>[]): Promise<AnyMember[]> => {
    const members = await Promise.all((await Promise.all(homes)).map((page) => join({}, page)))
    await Promise.all(members.map(({ me }) => me.evaluate((member, all) => member.untilMembers(all), members.length)))
    return members
  }
  const joinAll = (count: number): Promise<AnyMember[]> => joinEach(Array.from({ length: count }, () => openPage()))
  const joinIn = (...names: readonly BrowserName[]): Promise<AnyMember[]> => joinEach(names.map(openPageIn))

  return {
    signaling,
    key,
    openPage,
    openPageIn,
    createMember,
    join: join as Join,
    joinAll: joinAll as JoinAll,
    joinIn: joinIn as World['joinIn'],
  }
}

export const others = (members: readonly AnyMember[], self: AnyMember): string[] =>
  members.filter((member) => member !== self).map(({ id }) => id)

/** Every member has a link to every other. */
export const untilAllDirect = async (members: readonly AnyMember[]): Promise<void> => {
  await Promise.all(members.map((one) => one.me.evaluate((me, ids) => me.untilDirect(ids), others(members, one))))
}

/** One text goes from each member to all others and is there. */
export const untilAllTalk = async (members: readonly AnyMember[], text: string): Promise<void> => {
  const said = (id: string): string => `${text} says ${id}`
  await Promise.all(members.map(({ me, id }) => me.evaluate((member, data) => member.group.send(data), said(id))))
  await Promise.all(
    members.map((one) =>
      one.me.evaluate(async (me, texts) => {
        for (const expected of texts) await me.untilMessage(expected)
      }, others(members, one).map(said)),
    ),
  )
}
