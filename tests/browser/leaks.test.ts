import type { Page } from 'playwright'
import { expect, it } from 'vitest'
import { setup, useBrowser } from './support.js'

useBrowser()

const count = process.env['SKEIN_LONG'] === undefined ? 50 : 2_000

const listeners = async (page: Page): Promise<number> => {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('HeapProfiler.collectGarbage')
  const { jsEventListeners } = await cdp.send('Memory.getDOMCounters')
  await cdp.detach()
  return jsEventListeners
}

it(
  `${count} joins and leaves of one page leave no connection, listener or timer behind`,
  { timeout: 900_000 },
  async () => {
    const { join, openPage, createMember, key } = await setup()
    const ada = await join()
    const page = await openPage()
    await page.evaluate(() => {
      const timers = new Set<number>()
      const [set, clear] = [window.setTimeout.bind(window), window.clearTimeout.bind(window)]
      const setTimer = (run: () => void, ms?: number): number => {
        const timer = set(() => {
          timers.delete(timer)
          run()
        }, ms)
        timers.add(timer)
        return timer
      }
      Object.assign(window, {
        setTimeout: setTimer,
        clearTimeout: (timer: number | undefined) => {
          if (timer !== undefined) timers.delete(timer)
          clear(timer)
        },
        timers,
      })
    })
    const me = await createMember(page)
    const joinAndLeave = (times: number): Promise<void> =>
      me.evaluate(
        async ({ group }, [groupKey, rounds]) => {
          for (let i = 0; i < rounds; i++) {
            await group.join(groupKey)
            await group.leave()
          }
        },
        [key, times] as const,
      )
    await joinAndLeave(1)
    const before = await listeners(page)
    await joinAndLeave(count)
    const left = await me.evaluate(({ rules }) => ({
      open: rules.open.size,
      made: rules.made,
      timers: (window as unknown as { timers: Set<number> }).timers.size,
    }))
    expect(left.made).toBeGreaterThanOrEqual(count + 1)
    expect({ open: left.open, timers: left.timers }).toEqual({ open: 0, timers: 0 })
    expect((await listeners(page)) - before).toBeLessThan(10)
    await ada.me.evaluate((m) => m.untilMembers(1))
    expect(await ada.me.evaluate(({ rules }) => rules.open.size)).toBe(0)
  },
)
