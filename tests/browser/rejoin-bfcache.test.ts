import { describe, expect, it } from 'vitest'
import type { JSHandle, Page } from 'playwright'
import { launchChromium } from '../support/chromium.js'
import type { Member } from './page/harness.js'
import { useTabs } from './page-life.js'
import { setup, untilAllDirect, untilAllTalk, useBrowser, type PageMember } from './support.js'

useBrowser(launchChromium)

const elsewhere = (page: Page): string => `${new URL(page.url()).origin}/page/index.html?elsewhere`

/** The browser has let the page go, though nothing of it was open. */
class NotKept extends Error {}

/** What no kept page may have: connections that are open when everyone was told that the page goes. */
const KEY = 'connections open when the page was gone'

/** Leaves for another page of the same tab. */
const goElsewhere = async ({ page }: PageMember): Promise<void> => {
  await page.evaluate((key) => {
    // Its listener comes after those of the group.
    addEventListener('pagehide', () => {
      sessionStorage.setItem(key, String(window.harness.me?.rules.open.size))
    })
  }, KEY)
  await page.goto(elsewhere(page))
}

/** Back by the browser's own button; the page must be the one that was left, as it was. */
const goBack = async (member: PageMember): Promise<PageMember> => {
  const { page } = member
  expect(await page.evaluate((key) => sessionStorage.getItem(key), KEY)).toBe('0')
  // No page is loaded, so there is no load to wait for.
  await page.goBack({ waitUntil: 'commit' })
  const shown = () => page.evaluate(() => window.harness.shown)
  await expect.poll(shown, { timeout: 10_000 }).toMatchObject({ visibility: 'visible' })
  const { persisted, notKept } = (await shown()) ?? {}
  if (persisted !== true) {
    expect(notKept).toMatchObject({ reasons: [{ reason: 'rtc' }], children: [] })
    throw new NotKept('the browser has not kept the page')
  }
  const me = (await page.evaluateHandle(() => window.harness.me)) as JSHandle<Member>
  return { ...member, me }
}

/**
 * About once in twenty times Chromium hears that the page's connections are closed, which they are (`goBack`), after
 * it has looked whether it may keep the page, and then the page that comes back is another one: nothing that this is about
 * has happened, and it begins anew.
 */
const whenKept = (scenario: () => Promise<void>) => async (): Promise<void> => {
  for (let tries = 4; ; tries--) {
    try {
      await scenario()
      return
    } catch (error) {
      if (!(error instanceof NotKept) || tries === 1) throw error
      process.stderr.write('back-forward cache: Chromium has not kept the page, once more\n')
    }
  }
}

const setupWithTab = async () => {
  const world = await setup()
  const [ada, bob] = await world.joinAll(2)
  const tabs = await useTabs()
  const { page } = await tabs.open(ada.page.url())
  const carol = await world.join({}, page)
  await untilAllDirect([ada, bob, carol])
  return { ...world, ada, bob, carol }
}

describe('a page that is kept for a way back', () => {
  it(
    'M16, M17: is the same member when it returns within the linger, and nothing is lost',
    whenKept(async () => {
      const { ada, bob, carol } = await setupWithTab()
      await goElsewhere(carol)
      await Promise.all(
        [ada, bob].map(({ me }) => me.evaluate((member, id) => member.untilPath(id, 'none', 1_000), carol.id)),
      )
      await ada.me.evaluate(({ group }) => group.send('while you were away'))
      const back = await goBack(carol)
      await untilAllDirect([ada, bob, back])
      const { tookMs, ...told } = await back.me.evaluate(async (me) => {
        await me.untilMessage('while you were away')
        const direct = me.events.findLast(({ name }) => name === 'link:change')
        return {
          tookMs: (direct?.atMs ?? 0) - (window.harness.shown?.atMs ?? 0),
          id: me.group.myId,
          members: me.group.members.length,
          left: me.happened('member:leave'),
          states: me.happened('state:change').length,
        }
      })
      process.stderr.write(`back-forward cache: linked with both again ${tookMs} ms after pageshow\n`)
      expect(told).toMatchObject({ id: carol.id, members: 3, left: [], states: 2 })
      await untilAllTalk([ada, bob, back], 'back')
      for (const { me } of [ada, bob]) {
        expect(await me.evaluate((member) => member.happened('member:leave'))).toEqual([])
        expect(await me.evaluate((member) => member.happened('member:join').length)).toBe(2)
      }
    }),
  )

  it(
    'M16: is gone by its own goodbye after the linger, and joins again by the same id when it returns',
    whenKept(async () => {
      const { ada, bob, carol } = await setupWithTab()
      await goElsewhere(carol)
      const toldMs = await Promise.all(
        [ada, bob].map(({ me }) =>
          me.evaluate(async (member, id) => {
            await member.untilMembers(2)
            const find = (name: string) =>
              member.events.findLast((entry) => entry.name === name && (entry.event as { id: string }).id === id)
            const [left, cut] = [find('member:leave'), find('link:change')]
            return { reason: (left?.event as { reason: string }).reason, afterMs: (left?.atMs ?? 0) - (cut?.atMs ?? 0) }
          }, carol.id),
        ),
      )
      for (const { reason, afterMs } of toldMs) {
        expect(reason).toBe('goodbye')
        expect(afterMs).toBeGreaterThan(9_500)
      }
      const back = await goBack(carol)
      await Promise.all([ada, bob, back].map(({ me }) => me.evaluate((member) => member.untilMembers(3))))
      await untilAllDirect([ada, bob, back])
      await untilAllTalk([ada, bob, back], 'again')
      expect(await back.me.evaluate(({ group }) => group.myId)).toBe(carol.id)
      const reasons = await back.me.evaluate((me) =>
        me.happened('member:leave').map((e) => (e as { reason: string }).reason),
      )
      expect(reasons).toEqual(['timeout', 'timeout'])
      // Those who stayed never lost each other.
      for (const [one, other] of [
        [ada, bob],
        [bob, ada],
      ] as const) {
        const left = await one.me.evaluate((me) => me.happened('member:leave').map((e) => (e as { id: string }).id))
        expect(left).not.toContain(other.id)
      }
    }),
  )

  it('leaves for good all the same when the group is not to rejoin', async () => {
    const { join, openPage } = await setup()
    const ada = await join()
    const tabs = await useTabs()
    const { page } = await tabs.open((await openPage()).url())
    const bob = await join({ autoRejoin: false }, page)
    await untilAllDirect([ada, bob])
    await goElsewhere(bob)
    await ada.me.evaluate((me) => me.untilMembers(1, 1_000))
    expect(await ada.me.evaluate((me) => me.happened('member:leave'))).toEqual([{ id: bob.id, reason: 'goodbye' }])
  })
})
