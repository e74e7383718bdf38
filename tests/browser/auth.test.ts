import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sharedSecret } from 'skein'
import { WebGroupBotServer } from 'skein/bots'
import type { MemberOptions } from './page/harness.js'
import { setup, untilAllDirect, untilAllTalk, useBrowser, type World } from './support.js'

useBrowser()

/** That there will be no session is known by the first handshake message. */
const REFUSAL_MS = 2_000

/** Tries to join in a page that is open and has loaded what a join needs; what came of it, and how long it took. */
const tryToJoin = async (
  { createMember, openPage, key }: World,
  options: Partial<MemberOptions>,
  page?: Page,
): Promise<{ readonly outcome: string; readonly ms: number }> => {
  const home = page ?? (await openPage())
  const me = await createMember(home, options)
  return me.evaluate(async ({ group }, groupKey) => {
    // The first join loads the engine and the cryptography, which is not what is measured.
    await group.join()
    await group.leave()
    const beganMs = performance.now()
    const outcome = await group.join(groupKey).then(
      () => 'joined',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    )
    return { outcome, ms: performance.now() - beganMs }
  }, key)
}

const idOf = (page: Page, name: string): Promise<string> =>
  page.evaluate(async (given) => (await window.harness.skein.Identity.load(given)).id, name)

describe('pages with a shared secret', () => {
  it('A1: talk when it is the same one, however it is composed', async () => {
    const { join } = await setup()
    const members = [await join({ auth: { secret: 'caf\u00e9' } }), await join({ auth: { secret: 'cafe\u0301' } })]
    await untilAllDirect(members)
    await untilAllTalk(members, 'behind the door')
  })

  it('A4, A5: hear of another one within 2 s, at both ends, and may come again with the right one', async () => {
    const world = await setup()
    const ada = await world.join({ auth: { secret: 'right' } })
    const page = await world.openPage()
    const { outcome, ms } = await tryToJoin(world, { auth: { secret: 'wrong' } }, page)
    expect(outcome).toBe('auth-rejected')
    expect(ms).toBeLessThan(REFUSAL_MS)
    await ada.me.evaluate((me) => me.until('a refusal', () => me.happened('error').length > 0, 2_000))
    const codes = await ada.me.evaluate((me) =>
      me.happened('error').map((event) => (event as { error: { code?: string } }).error.code),
    )
    expect(codes).toEqual(['auth-rejected'])
    expect(await ada.me.evaluate((me) => [me.group.members.length, me.happened('member:join').length])).toEqual([1, 0])

    const right = await world.join({ auth: { secret: 'right' } }, page)
    await untilAllDirect([ada, right])
    await untilAllTalk([ada, right], 'again')
  })

  it('A2: do not get in without one, nor let somebody in without one', async () => {
    const world = await setup()
    await world.join({ auth: { secret: 'right' } })
    const { outcome, ms } = await tryToJoin(world, {})
    expect(outcome).toBe('auth-rejected')
    expect(ms).toBeLessThan(REFUSAL_MS)
  })
})

describe('pages with a list of identities', () => {
  it('A3: are linked when each is on the list of the other; somebody else is refused', async () => {
    const world = await setup()
    const [adaPage, bobPage, cynPage] = [await world.openPage(), await world.openPage(), await world.openPage()]
    const allow = [await idOf(adaPage, 'ada'), await idOf(bobPage, 'bob')]
    const cyn = await idOf(cynPage, 'cyn')
    const members = [
      await world.join({ identity: 'ada', auth: { allow } }, adaPage),
      await world.join({ identity: 'bob', auth: { allow } }, bobPage),
    ]
    await untilAllDirect(members)
    await untilAllTalk(members, 'among us')
    // It lets in everybody whom it could meet, and is on nobody's list.
    const { outcome, ms } = await tryToJoin(world, { identity: 'cyn', auth: { allow: [...allow, cyn] } }, cynPage)
    expect(outcome).toBe('auth-rejected')
    expect(ms).toBeLessThan(REFUSAL_MS)
  })
})

describe('a bot with a shared secret', () => {
  const startBot = async () => {
    const server = createServer((_request, response) => response.writeHead(404).end())
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const bot = new WebGroupBotServer({ server, webGroupOptions: { auth: sharedSecret('right') } })
    const failures: unknown[] = []
    bot.onError = (error) => failures.push(error)
    onTestFinished(async () => {
      await bot.close()
      server.close()
    })
    return { bot, failures, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}#${await bot.identity}` }
  }

  it('comes when a member with the same one invites it', async () => {
    const { join } = await setup()
    const { url, failures } = await startBot()
    const ada = await join({ auth: { secret: 'right' } })
    const id = await ada.me.evaluate(({ group }, address) => group.invite(address), url)
    expect(await ada.me.evaluate((me, bot) => me.path(bot), id)).toBe('direct')
    expect(failures).toEqual([])
  })

  it.each([{ secret: 'wrong' }, undefined])('A4: is not waited for by a member with %o', async (auth) => {
    const { join } = await setup()
    const { url, bot, failures } = await startBot()
    const ada = await join(auth ? { auth } : {})
    const { code, ms } = await ada.me.evaluate(async ({ group }, address) => {
      const beganMs = performance.now()
      const error = (await group.invite(address).catch((reason: unknown) => reason)) as { code?: string }
      return { code: error.code, ms: performance.now() - beganMs }
    }, url)
    expect(code).toBe('auth-rejected')
    expect(ms).toBeLessThan(REFUSAL_MS)
    await expect.poll(() => bot.groups).toEqual([])
    expect(failures).toEqual([expect.objectContaining({ code: 'auth-rejected' })])
  })
})

describe('the certificate that DTLS runs with', () => {
  /** Counts how often it is looked at; `other` shows another one. */
  const watchCertificates = (page: Page, other: boolean): Promise<void> =>
    page.evaluate((isOther) => {
      const { prototype } = RTCDtlsTransport
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its `this` below
      const original = prototype.getRemoteCertificates
      const seen: number[] = []
      Object.assign(window, { seen })
      prototype.getRemoteCertificates = function () {
        const certificates = original.call(this)
        seen.push(...certificates.map(({ byteLength }) => byteLength))
        return isOther ? [new Uint8Array(300).fill(7).buffer] : certificates
      }
    }, other)
  const seenIn = (page: Page): Promise<number[]> => page.evaluate(() => (window as unknown as { seen: number[] }).seen)
  const untilSeen = (page: Page, count: number): Promise<unknown> =>
    page.waitForFunction((least) => (window as unknown as { seen: number[] }).seen.length >= least, count)

  it('B5: is looked at once a link is open, where the engine shows it', async () => {
    const { join, openPage } = await setup()
    const page = await openPage()
    await watchCertificates(page, false)
    const members = [await join(), await join({}, page)]
    await untilAllDirect(members)
    const sizes = await seenIn(page)
    expect(sizes.length).toBeGreaterThan(0)
    for (const size of sizes) expect(size).toBeGreaterThan(100)
  })

  it('B5: is that of the handshake, or there is no link', async () => {
    const { join, openPage, createMember, key } = await setup()
    const bob = await join()
    const page = await openPage()
    await watchCertificates(page, true)
    const ada = await createMember(page)
    const joining = ada.evaluate(
      ({ group }, groupKey) => group.join(groupKey).then(String, (error: unknown) => (error as { code?: string }).code),
      key,
    )
    // Every link that DTLS has opened was given up, and another was tried.
    await untilSeen(page, 3)
    expect(await ada.evaluate(({ group }) => [group.state, group.neighbors, group.peers])).toEqual(['joining', [], []])
    expect(await bob.me.evaluate((me) => [me.group.neighbors, me.happened('member:join')])).toEqual([[], []])
    await ada.evaluate(({ group }) => group.leave())
    expect(await joining).toBe('closed')
  })
})
