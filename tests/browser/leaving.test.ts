import { expect, describe, it } from 'vitest'
import { launchChromium } from '../support/chromium.js'
import { beginMuch, departure, endings, leavesAtOnce } from './scenes.js'
import { setup, untilAllDirect, useBrowser } from './support.js'

useBrowser(launchChromium)

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
      const cdp = await carol.page.context().newCDPSession(carol.page)
      const crashed = carol.page.waitForEvent('crash')
      const beganMs = Date.now()
      void cdp.send('Page.crash').catch(() => undefined)
      await crashed
      for (const witness of [ada, bob]) {
        const { reason, atMs } = await departure(witness, carol.id, 20_000)
        expect(reason).toBe('timeout')
        expect(atMs - beganMs).toBeLessThan(11_000)
      }
    } finally {
      await ownBrowser.close()
    }
  })
})
