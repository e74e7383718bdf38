import { describe, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.js'
import { expectVisibility, useTabs, type Tab } from './page-life.js'
import { setup, untilAllDirect, untilAllTalk, useBrowser, type PageMember } from './support.js'

useBrowser(launchChromium)

const hiddenMs = process.env['SKEIN_LONG'] === undefined ? 20_000 : 180_000

const leavesOf = (member: PageMember): Promise<{ id: string; reason: string }[]> =>
  member.me.evaluate((me) => me.happened('member:leave') as { id: string; reason: string }[])

/** Three members; Carol is in a tab that can be hidden and frozen. */
const setupWithTab = async () => {
  const world = await setup()
  const [ada, bob] = await world.joinAll(2)
  const tabs = await useTabs()
  const tab = await tabs.open(ada.page.url())
  const carol = await world.join({}, tab.page)
  await untilAllDirect([ada, bob, carol])
  const hide = async (): Promise<void> => {
    await tabs.open('about:blank')
    await expectVisibility(tab.page, 'hidden')
  }
  return { ...world, ada, bob, carol, tab, hide }
}

/** A count from one member to all, one every so often, until it is told to stop; gives how far it came. */
const count = async (from: PageMember, everyMs: number): Promise<() => Promise<number>> => {
  await from.me.evaluate(({ group }, ms) => {
    let sent = 0
    const timer = setInterval(() => void group.send(`count ${String(++sent)}`), ms)
    window.stopCounting = () => {
      clearInterval(timer)
      return sent
    }
  }, everyMs)
  return () => from.page.evaluate(() => window.stopCounting?.() ?? 0)
}

const expectCount = async (to: PageMember, from: PageMember, sent: number): Promise<void> => {
  const heard = await to.me.evaluate(
    async (me, [id, last]) => {
      await me.untilMessage(`count ${String(last)}`)
      return me.heardFrom(id).filter((text) => text.startsWith('count'))
    },
    [from.id, sent] as const,
  )
  expect(heard).toEqual(Array.from({ length: sent }, (_, index) => `count ${String(index + 1)}`))
}

const freeze = async ({ cdp }: Tab): Promise<void> => {
  await cdp.send('Page.setWebLifecycleState', { state: 'frozen' })
}

const resume = async ({ page, cdp }: Tab): Promise<void> => {
  await cdp.send('Page.setWebLifecycleState', { state: 'active' })
  await page.bringToFront()
  await expectVisibility(page, 'visible')
}

describe('a tab that is hidden', () => {
  it(
    `goes on as a member for ${hiddenMs / 1_000} s, and nothing is lost`,
    async () => {
      const { ada, bob, carol, tab, hide } = await setupWithTab()
      const stop = await count(ada, 250)
      const changes = await carol.me.evaluate((me) => me.happened('link:change').length)
      await hide()
      // What is said to it is heard while it is hidden, and answered.
      await Promise.all(
        [ada, bob].map(({ me }) => me.evaluate((member, id) => member.untilPath(id, 'direct'), carol.id)),
      )
      await tab.page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), hiddenMs)
      expect(await tab.page.evaluate(() => document.visibilityState)).toBe('hidden')
      const sent = await stop()
      expect(sent).toBeGreaterThan(hiddenMs / 500)
      await expectCount(carol, ada, sent)
      expect(await tab.page.evaluate(() => document.visibilityState)).toBe('hidden')
      const seen = ada.me.evaluate(
        ({ group }, of) =>
          new Promise((resolve) => {
            group.on('presence:change', ({ id, next }) => {
              if (id === of && next?.['step'] === 2) resolve(next)
            })
          }),
        carol.id,
      )
      // The second too soon after the first to go out at once.
      await carol.me.evaluate(({ group }) => {
        group.presence.set({ step: 1 })
        group.presence.set({ step: 2 })
      })
      expect(await seen).toEqual({ step: 2 })
      await untilAllTalk([ada, bob, carol], 'hidden')
      expect(await bob.me.evaluate((member, id) => member.group.presence.get(id), carol.id)).toEqual({ step: 2 })
      await tab.page.bringToFront()
      await untilAllTalk([ada, bob, carol], 'in front')
      for (const member of [ada, bob, carol]) expect(await leavesOf(member)).toEqual([])
      expect(await carol.me.evaluate((me) => me.happened('link:change').length)).toBe(changes)
    },
    hiddenMs + 120_000,
  )
})

describe('a page that is frozen', () => {
  it('M13: for 6 s stays a member, and what is sent to it meanwhile arrives', async () => {
    const { ada, bob, carol, tab, hide } = await setupWithTab()
    await hide()
    const ticksOf = () => tab.page.evaluate(() => window.harness.lifecycle)
    await freeze(tab)
    const stop = await count(ada, 100)
    await ada.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 6_000)))
    const sent = await stop()
    await resume(tab)
    expect(await ticksOf()).toEqual(['freeze', 'resume'])
    await expectCount(carol, ada, sent)
    await untilAllTalk([ada, bob, carol], 'thawed')
    for (const member of [ada, bob, carol]) {
      expect(await leavesOf(member)).toEqual([])
      expect(await member.me.evaluate(({ group }) => group.members.length)).toBe(3)
    }
  })

  it('M12, M13: for longer than the linger has left for the others, and joins again by the same id', async () => {
    const { ada, bob, carol, tab, hide } = await setupWithTab()
    await hide()
    await freeze(tab)
    await Promise.all([ada, bob].map(({ me }) => me.evaluate((member) => member.untilMembers(2))))
    const frozenMs = Date.now()
    await resume(tab)
    await Promise.all([ada, bob, carol].map(({ me }) => me.evaluate((member) => member.untilMembers(3))))
    await untilAllDirect([ada, bob, carol])
    process.stderr.write(`frozen page: all linked again ${String(Date.now() - frozenMs)} ms after it was resumed\n`)
    await untilAllTalk([ada, bob, carol], 'back')
    expect(await carol.me.evaluate(({ group }) => group.myId)).toBe(carol.id)
    for (const member of [ada, bob]) expect(await leavesOf(member)).toEqual([{ id: carol.id, reason: 'timeout' }])
    // It was they who began anew for it, if it noticed at all.
    for (const { reason } of await leavesOf(carol)) expect(reason).toBe('timeout')
  })
})
