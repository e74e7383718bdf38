import type { ConsoleMessage, Page } from 'playwright'
import { describe, expect, it } from 'vitest'
import { setup, useBrowser } from './support.js'

useBrowser()

/** What this page writes of skein from now on, with the level of each line. */
const listenTo = (page: Page): { readonly type: string; readonly text: string }[] => {
  const lines: { type: string; text: string }[] = []
  page.on('console', (message: ConsoleMessage) => {
    if (message.text().startsWith('skein:')) lines.push({ type: message.type(), text: message.text() })
  })
  return lines
}

describe('localStorage.debug in a browser', () => {
  it('shows on the console how a group comes together, at the level debug, and nothing of a description or an address', async () => {
    const { openPage, join, signaling } = await setup()
    const page = await openPage()
    await page.evaluate(() => localStorage.setItem('debug', 'skein:*'))
    const lines = listenTo(page)
    const ada = await join({}, page)
    const bob = await join()
    const text = (): string => lines.map((line) => line.text).join('\n')
    for (const told of [
      'skein:group #1 state:change previous=left next=joining',
      `skein:signaling #1 socket:open host=${new URL(signaling.url).host}`,
      'skein:mesh #1 server:welcome empty=true',
      'skein:mesh #1 session:confirmed',
      'skein:link #1 link:open',
      `skein:group #1 member:join member=${bob.id.slice(0, 6)}…`,
      'path=direct',
    ]) {
      await expect.poll(text, { timeout: 30_000 }).toContain(told)
    }
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['debug']))
    expect(text()).not.toMatch(/candidate:|a=|fingerprint|ice-ufrag|ice-pwd|\.local/)
    const addresses = text().match(/\d+\.\d+\.\d+\.\d+/g) ?? []
    expect(new Set(addresses).has('127.0.0.1') ? addresses.filter((one) => one !== '127.0.0.1') : addresses).toEqual([])
    expect(text()).not.toContain(ada.id)
  })

  it('leaves out what has a minus, and is read anew with each group', async () => {
    const { openPage, join } = await setup()
    const page = await openPage()
    await page.evaluate(() => localStorage.setItem('debug', '*,-skein:mesh'))
    const lines = listenTo(page)
    await join({}, page)
    await expect.poll(() => lines.some(({ text }) => text.includes('next=joined'))).toBe(true)
    expect(lines.filter(({ text }) => text.startsWith('skein:mesh'))).toEqual([])
    await page.evaluate(() => localStorage.removeItem('debug'))
    const before = lines.length
    await join({}, page)
    expect(lines.slice(before).filter(({ text }) => text.includes('#2'))).toEqual([])
  })

  it('is missing: nothing is written, and nothing of what writes is loaded', async () => {
    const { openPage, join } = await setup()
    const page = await openPage()
    const lines = listenTo(page)
    const { me } = await join({}, page)
    const loaded = (): Promise<string[]> =>
      page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
    expect(lines).toEqual([])
    expect((await loaded()).filter((name) => /log-(output|entries)|debug-report/.test(name))).toEqual([])
    const report = await me.evaluate((member) => member.group.debugReport())
    expect(report).toMatchObject({ state: 'joined', runtime: { hasWebRtc: true, isSecureContext: true } })
    expect((await loaded()).filter((name) => name.includes('debug-report'))).toHaveLength(1)
  })

  it('throws: the page may keep nothing, and joins all the same', async () => {
    const { openPage, join } = await setup()
    const page = await openPage()
    await page.evaluate(() => {
      Object.defineProperty(window, 'localStorage', {
        get: () => {
          throw new DOMException('denied', 'SecurityError')
        },
      })
    })
    const { me } = await join({}, page)
    expect(await me.evaluate((member) => member.group.state)).toBe('joined')
  })
})
