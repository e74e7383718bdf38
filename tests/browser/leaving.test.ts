import type { Page } from 'playwright'
import { expect, describe, it } from 'vitest'
import { launchChromium } from '../support/chromium.js'
import { beginMuch, departure, endings, leavesAtOnce } from './scenes.js'
import { setup, untilAllDirect, useBrowser } from './support.js'

useBrowser(launchChromium)

/** Ends the process of a page: nothing more is said. */
const crash = async (page: Page): Promise<void> => {
  const cdp = await page.context().newCDPSession(page)
  const crashed = page.waitForEvent('crash')
  void cdp.send('Page.crash').catch(() => undefined)
  await crashed
}

/** The same page, with all that it has stored, once more. */
const reopen = async (page: Page): Promise<Page> => {
  const again = await page.context().newPage()
  await again.goto(page.url())
  return again
}

describe('a page', () => {
  it.each(endings)('M8: that %s is seen leaving within a second', async (_, end) => {
    const { joinAll } = await setup()
    const members = await joinAll(3)
    await untilAllDirect(members)
    const [ada, bob, carol] = members
    await leavesAtOnce(carol, [ada, bob], end)
  })

  it.each(['sends', 'receives'])(
    'M8: that %s 64 MiB when it is closed is seen leaving within a second',
    async (role) => {
      const { joinAll } = await setup()
      const members = await joinAll(3)
      await untilAllDirect(members)
      const [ada, bob, carol] = members
      await (role === 'sends' ? beginMuch(carol, ada) : beginMuch(ada, carol))
      await leavesAtOnce(carol, [ada, bob], ({ page }) => page.close())
      if (role === 'sends') expect(await ada.me.evaluate((me) => me.messages)).toEqual([])
    },
  )

  it('M12: that is killed is seen leaving within 11 s', async () => {
    const { openPage, join, joinAll } = await setup()
    const [ada, bob] = await joinAll(2)
    const ownBrowser = await launchChromium()
    try {
      const carol = await join({}, await openPage({ browser: ownBrowser }))
      await untilAllDirect([ada, bob, carol])
      const beganMs = Date.now()
      await crash(carol.page)
      for (const witness of [ada, bob]) {
        const { reason, atMs } = await departure(witness, carol.id, 20_000)
        expect(reason).toBe('timeout')
        expect(atMs - beganMs).toBeLessThan(11_000)
      }
    } finally {
      await ownBrowser.close()
    }
  })

  it('M23: that crashes and is loaded again with the same identity is there twice for 2.5 s at most', async () => {
    const { openPage, join, joinAll } = await setup()
    const [ada, bob] = await joinAll(2)
    const ownBrowser = await launchChromium()
    try {
      const home = await openPage({ browser: ownBrowser })
      const carol = await join({ identity: 'carol' }, home)
      await untilAllDirect([ada, bob, carol])
      await crash(home)
      const anew = await join({ identity: 'carol' }, await reopen(home))
      for (const witness of [ada, bob]) {
        const { reason, atMs } = await departure(witness, carol.id, 20_000)
        expect(reason).toBe('replaced')
        const joinedMs = await witness.me.evaluate(
          (me, id) => me.events.find(({ event }) => (event as { id?: string }).id === id)?.atMs ?? NaN,
          anew.id,
        )
        expect(atMs - joinedMs).toBeLessThan(2_500)
      }
      await untilAllDirect([ada, bob, anew])
    } finally {
      await ownBrowser.close()
    }
  })

  it('M23: of the same identity as another tab stays, and so does that', async () => {
    const { openPage, join, joinAll } = await setup()
    const [ada] = await joinAll(2)
    const home = await openPage()
    const first = await join({ identity: 'carol' }, home)
    const second = await join({ identity: 'carol' }, await reopen(home))
    await Promise.all([ada, first, second].map(({ me }) => me.evaluate((member) => member.untilMembers(4))))
    await ada.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 4_000)))
    expect(await ada.me.evaluate((me) => me.happened('member:leave'))).toEqual([])
    expect(
      await ada.me.evaluate(({ group }, id) => group.peers.find((peer) => peer.id === id)?.identity, first.id),
    ).toBe(await ada.me.evaluate(({ group }, id) => group.peers.find((peer) => peer.id === id)?.identity, second.id))
  })
})
