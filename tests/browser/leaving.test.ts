import { expect, describe, it } from 'vitest'
import { launchChromium } from '../support/chromium.js'
import { setup, untilAllDirect, useBrowser, type PageMember } from './support.js'

useBrowser()

/** How the departure of this member was told, and when. */
const departure = (witness: PageMember, id: string, ms: number): Promise<{ reason: string; atMs: number }> =>
  witness.me.evaluate(
    async (me, [gone, limit]) => {
      const find = () =>
        me.events.find(({ name, event }) => name === 'member:leave' && (event as { id: string }).id === gone)
      await me.until(`the departure of ${gone}`, () => find() !== undefined, limit)
      const found = find() as { event: { reason: string }; atMs: number }
      return { reason: found.event.reason, atMs: found.atMs }
    },
    [id, ms] as const,
  )

describe('a page', () => {
  it.each([
    ['is closed', (member: PageMember) => member.page.close()],
    ['goes elsewhere', (member: PageMember) => member.page.goto('about:blank')],
    ['is loaded anew', (member: PageMember) => member.page.reload()],
  ])('M8: that %s is seen leaving within a second', async (_, leave) => {
    const { joinAll } = await setup()
    const members = await joinAll(3)
    await untilAllDirect(members)
    const [ada, bob, carol] = members
    const beganMs = Date.now()
    await leave(carol)
    for (const witness of [ada, bob]) {
      const { reason, atMs } = await departure(witness, carol.id, 5_000)
      expect(reason).toBe('goodbye')
      expect(atMs - beganMs).toBeLessThan(1_000)
    }
  })

  it.each(['sends', 'receives'])(
    'M8: that %s 64 MiB when it is closed is seen leaving within a second',
    async (role) => {
      const { joinAll } = await setup()
      const members = await joinAll(3)
      await untilAllDirect(members)
      const [ada, bob, carol] = members
      const [from, to] = role === 'sends' ? [carol, ada] : [ada, carol]
      await from.me.evaluate(({ group }, id) => {
        void group.sendTo(id, window.harness.createBytes(64 * 2 ** 20, 1))
      }, to.id)
      // In the middle of it: some megabytes are there and most is still to come.
      const received = (): Promise<number> => to.me.evaluate(({ group }) => group.stats().totals?.bytesReceived ?? 0)
      await expect.poll(received, { interval: 20, timeout: 20_000 }).toBeGreaterThan(4 * 2 ** 20)
      const beganMs = Date.now()
      await carol.page.close()
      for (const witness of [ada, bob]) {
        const { reason, atMs } = await departure(witness, carol.id, 15_000)
        expect({ reason, withinMs: atMs - beganMs < 1_000 }).toEqual({ reason: 'goodbye', withinMs: true })
      }
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
