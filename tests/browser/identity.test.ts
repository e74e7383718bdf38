import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'
import { setup, useBrowser } from './support.js'

useBrowser()

const load = (page: Page, name: string): Promise<string> =>
  page.evaluate(async (given) => (await window.harness.skein.Identity.load(given)).id, name)

/** The code of the error that loading ends with. */
const loadFails = (page: Page, name: string): Promise<unknown> =>
  page.evaluate(
    (given) =>
      window.harness.skein.Identity.load(given).then(
        () => 'loaded',
        (error: unknown) => (error as { code?: string }).code,
      ),
    name,
  )

/** Another tab of the same browser profile. */
const openTab = async (page: Page): Promise<Page> => {
  const tab = await page.context().newPage()
  await tab.goto(page.url())
  return tab
}

const databases = (page: Page): Promise<number> => page.evaluate(async () => (await indexedDB.databases()).length)

describe('Identity.load in a page', () => {
  it('gives one identity to tabs that load a new name at once', async () => {
    const { openPage } = await setup()
    const one = await openPage()
    const tabs = [one, await openTab(one), await openTab(one)]
    // Whatever takes time at the first call is over, so that they do come at once.
    await Promise.all(tabs.map((tab) => load(tab, 'warm')))
    for (let round = 0; round < 10; round++) {
      const ids = await Promise.all(tabs.map((tab) => load(tab, `name ${round}`)))
      expect(new Set(ids).size, ids.join()).toBe(1)
    }
    const elsewhere = await openPage()
    expect(await load(elsewhere, 'warm')).not.toBe(await load(one, 'warm'))
  })

  it('gives the same identity after a reload', async () => {
    const { openPage } = await setup()
    const page = await openPage()
    const id = await load(page, 'ada')
    await page.reload()
    expect(await load(page, 'ada')).toBe(id)
    expect(await load(page, '../ada')).not.toBe(id)
  })

  it('rejects storage-failed for a damaged record, which stays as it is', async () => {
    const { openPage } = await setup()
    const page = await openPage()
    await load(page, 'ada')
    const change = (text: string | null): Promise<unknown> =>
      page.evaluate(
        (given) =>
          new Promise((resolve, reject) => {
            const opening = indexedDB.open('skein-secrets')
            opening.onsuccess = () => {
              const transaction = opening.result.transaction('identities', 'readwrite')
              const store = transaction.objectStore('identities')
              const reading = given === null ? store.get('ada') : store.put(given, 'ada')
              transaction.oncomplete = () => {
                opening.result.close()
                resolve(reading.result)
              }
              transaction.onabort = () => reject(new Error('aborted'))
            }
          }),
        text,
      )
    const damaged = String(await change(null)).slice(0, -1)
    await change(damaged)
    expect(await loadFails(page, 'ada')).toBe('storage-failed')
    expect(await change(null)).toBe(damaged)
  })

  it('rejects storage-failed without IndexedDB, where groups work all the same', async () => {
    const { openPage, join, key } = await setup()
    const bob = await join({ profile: { name: 'Bob' } })
    const page = await openPage()
    await page.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }))
    await page.reload()
    expect(await loadFails(page, 'ada')).toBe('storage-failed')
    const ada = await join({}, page)
    await ada.me.evaluate((me) => me.untilMembers(2))
    const failure = await ada.me.evaluate(
      (me, id) => me.group.verify(id).catch((error: unknown) => String(error)),
      bob.id,
    )
    expect(failure).toMatch(/nothing can be kept here/)
    expect(await ada.me.evaluate((me) => me.group.key)).toBe(key)
  })
})

describe('a page in a group', () => {
  it('has nothing on the device unless it keeps something', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(2)
    expect(await Promise.all(members.map(({ page }) => databases(page)))).toEqual([0, 0])
  })

  it('knows whom it verified after a reload, and is told of another identity by the same name', async () => {
    const { openPage, join } = await setup()
    const bobPage = await openPage()
    const bob = await join({ profile: { name: 'Bob' }, identity: 'bob' }, bobPage)
    const ada = await join({ identity: 'ada' })
    await ada.me.evaluate((me) => me.untilMembers(2))
    await bob.me.evaluate((me) => me.untilMembers(2))
    const numbers = await Promise.all([
      ada.me.evaluate((me, id) => me.group.safetyNumber(id), bob.id),
      bob.me.evaluate((me, id) => me.group.safetyNumber(id), ada.id),
    ])
    expect(numbers[0]).toMatch(/^\d{5}( \d{5}){11}$/)
    expect(numbers[1]).toBe(numbers[0])
    await ada.me.evaluate((me, id) => me.group.verify(id), bob.id)
    expect(await ada.me.evaluate((me) => me.group.peers[0]?.verified)).toBe(true)
    const identity = await ada.me.evaluate((me) => me.group.peers[0]?.identity)

    // Both pages come back, with the identities of before.
    await Promise.all([ada.page.reload(), bobPage.reload()])
    const backBob = await join({ profile: { name: 'Bob' }, identity: 'bob' }, bobPage)
    const backAda = await join({ identity: 'ada' }, ada.page)
    await backAda.me.evaluate(
      (me, id) => me.until('Bob, verified', () => me.group.peers.some((peer) => peer.id === id && peer.verified)),
      backBob.id,
    )
    expect(await backAda.me.evaluate((me, id) => me.group.safetyNumber(id), backBob.id)).toBe(numbers[0])
    expect(await backAda.me.evaluate((me) => me.happened('identity:change'))).toEqual([])

    const posing = await join({ profile: { name: 'Bob' } })
    await backAda.me.evaluate((me) => me.until('another Bob', () => me.happened('identity:change').length > 0))
    const [change, ...more] = await backAda.me.evaluate((me) => me.happened('identity:change'))
    expect(change).toMatchObject({ id: posing.id, name: 'Bob', previous: identity, peer: { verified: false } })
    expect(more).toEqual([])
  })
})
