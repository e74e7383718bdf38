import type { Page } from 'playwright'
import { expect, it } from 'vitest'
import { setup, untilAllDirect, useBrowser } from './support.js'

useBrowser()

const MIB = 2 ** 20
/** More than the first byte can number: `--long` sends a thousand. */
const count = process.env['SKEIN_LONG'] === undefined ? 300 : 1_000

/** What scripts of a page hold after a collection, buffers included. */
const heapBytes = async (page: Page): Promise<number> => {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('HeapProfiler.collectGarbage')
  const usage = (await cdp.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number }
  await cdp.detach()
  return usage.usedSize + (usage.backingStorageSize ?? 0)
}

it(`${count} awaited sends of 1 MiB run in bounded memory at both ends`, { timeout: 300_000 }, async () => {
  const { joinAll } = await setup()
  const members = await joinAll(2)
  await untilAllDirect(members)
  const [ada, bob] = members
  const before = await Promise.all(members.map(({ page }) => heapBytes(page)))

  const sending = ada.me.evaluate(async ({ group }, total) => {
    const data = window.harness.createBytes(2 ** 20, 1)
    for (let i = 0; i < total; i++) {
      data[0] = i
      await group.send(data)
    }
    await group.send('end')
    return window.harness.summarize(data)
  }, count)
  await bob.me.evaluate((me, half) => me.until('half of it', () => me.messages.length >= half, 240_000), count / 2)
  const during = await Promise.all(members.map(({ page }) => heapBytes(page)))
  const last = await sending
  const heard = await bob.me.evaluate(async (me) => {
    await me.untilMessage('end', 240_000)
    return me.messages.map(({ summary }) => summary)
  })
  const after = await Promise.all(members.map(({ page }) => heapBytes(page)))

  expect(heard).toHaveLength(count + 1)
  expect(new Set(heard).size).toBe(256 + 1)
  expect(heard.at(-2)).toBe(last)
  const growth = (now: readonly number[]): number[] =>
    now.map((bytes, i) => Math.round((bytes - (before[i] ?? 0)) / MIB))
  // In the middle of it there is a window at each end, and what the browser has handed over and not collected yet.
  for (const mib of growth(during)) expect(mib).toBeLessThan(48)
  for (const mib of growth(after)) expect(mib).toBeLessThan(8)
})
