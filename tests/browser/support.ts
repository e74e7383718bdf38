/**
 * Browser tests: one Chromium for each file, a context for each page, the built package, and a signaling server in a
 * process of its own. Everything that `setup` hands out is gone when the test is.
 */
import type { Browser, BrowserContext, JSHandle, Page } from 'playwright'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { WebGroup } from 'skein'
import { launchChromium } from '../support/chromium.js'
import type { Member, MemberOptions } from './page/harness.js'
import { servePages } from './serve-pages.js'
import { startSignaling, type SignalingProcess } from './signaling-process.js'

let browser: Browser | undefined
let pages: { readonly url: string; close(): Promise<void> } | undefined

/** To be called once by each test file. */
export const useBrowser = (): void => {
  beforeAll(async () => {
    ;[browser, pages] = await Promise.all([launchChromium(), servePages()])
  })
  afterAll(async () => {
    await Promise.all([browser?.close(), pages?.close()])
    browser = pages = undefined
  })
}

/** A member in a page: `me` is evaluated there. */
export interface PageMember {
  readonly page: Page
  readonly me: JSHandle<Member>
  readonly id: string
}

export interface World {
  readonly signaling: SignalingProcess
  readonly key: string
  readonly openPage: (options?: { readonly browser?: Browser; readonly url?: string }) => Promise<Page>
  /** A member in this page, which has not joined yet. */
  readonly createMember: (page: Page, options?: Partial<MemberOptions>) => Promise<JSHandle<Member>>
  /** A member in a page of its own that has joined. */
  readonly join: (options?: Partial<MemberOptions>, page?: Page) => Promise<PageMember>
  /** As many members, each in a page of its own, that all see each other. */
  readonly joinAll: JoinAll
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
  const contexts: BrowserContext[] = []
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

  const createMember: World['createMember'] = (page, memberOptions = {}) =>
    // As text: the type of a profile, which refers to itself, is too much for that of the arguments of a page.
    page.evaluateHandle(
      (given) => (window.harness.me = new window.harness.Member(JSON.parse(given) as MemberOptions)),
      JSON.stringify({ signaling: signaling.url, ...memberOptions }),
    )

  const join: World['join'] = async (memberOptions, page) => {
    const home = page ?? (await openPage())
    const me = await createMember(home, memberOptions)
    await me.evaluate((member, groupKey) => member.group.join(groupKey), key)
    return { page: home, me, id: await me.evaluate((member) => member.group.myId) }
  }

  const joinAll = async (count: number): Promise<PageMember[]> => {
    const homes = await Promise.all(Array.from({ length: count }, () => openPage()))
    const members = await Promise.all(homes.map((page) => join({}, page)))
    await Promise.all(members.map(({ me }) => me.evaluate((member, all) => member.untilMembers(all), count)))
    return members
  }

  return { signaling, key, openPage, createMember, join, joinAll: joinAll as JoinAll }
}

export const others = (members: readonly PageMember[], self: PageMember): string[] =>
  members.filter((member) => member !== self).map(({ id }) => id)

/** Every member has a link to every other. */
export const untilAllDirect = async (members: readonly PageMember[]): Promise<void> => {
  await Promise.all(members.map((one) => one.me.evaluate((me, ids) => me.untilDirect(ids), others(members, one))))
}

/** One text goes from each member to all others and is there. */
export const untilAllTalk = async (members: readonly PageMember[], text: string): Promise<void> => {
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
