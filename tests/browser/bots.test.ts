import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { WebGroup } from 'skein'
import { WebGroupBotServer } from 'skein/bots'
import { setup, untilAllTalk, useBrowser, type PageMember } from './support.js'
import { createBytes, summarize } from './page/data.js'

useBrowser()

/** A bot in this process, on a free port; its card shows where it is if it is to be `found` there. */
const startBot = async (options: { readonly found?: boolean; readonly signaling?: string } = {}) => {
  const server = createServer((_request, response) => response.writeHead(404).end())
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const webGroupOptions = options.signaling === undefined ? {} : { signaling: options.signaling }
  const bot = new WebGroupBotServer({ server, url: options.found ? url : '', webGroupOptions })
  const failures: unknown[] = []
  bot.onError = (error) => failures.push(error)
  const came = new Promise<WebGroup>((resolve) => {
    bot.onWebGroup = resolve
  })
  onTestFinished(async () => {
    await bot.close()
    server.close()
    expect(failures).toEqual([])
  })
  return { bot, url, came }
}

const invite = (member: PageMember, url: string): Promise<string> =>
  member.me.evaluate(({ group }, address) => group.invite(address), url)

const untilPath = (member: PageMember, id: string, path: string): Promise<void> =>
  member.me.evaluate((me, [to, what]) => me.untilPath(to, what), [id, path] as const)

const until = (group: WebGroup, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const offs = (['member:join', 'member:leave', 'link:change', 'message', 'state:change'] as const).map((name) =>
      group.on(name, look),
    )
    function look(): void {
      if (!isSo()) return
      for (const off of offs) off()
      resolve()
    }
    look()
  })

/** 8 MiB each way, and a text after them. */
const exchange = async (page: PageMember, group: WebGroup): Promise<void> => {
  const heard: string[] = []
  const off = group.on('message', ({ from, data }) => {
    if (from === page.id) heard.push(summarize(data))
  })
  const sent = await page.me.evaluate(async ({ group: mine }, id) => {
    const { createBytes: create, summarize: sum } = window.harness
    const messages = [create(8 * 2 ** 20, 3), 'over']
    for (const data of messages) await mine.sendTo(id, data)
    return messages.map(sum)
  }, group.myId)
  const back = createBytes(8 * 2 ** 20, 4)
  await until(group, () => group.state === 'joined')
  await group.sendTo(page.id, back)
  await group.sendTo(page.id, 'back')
  await page.me.evaluate((me) => me.untilMessage('back', 60_000))
  expect(await page.me.evaluate((me, id) => me.heardFrom(id), group.myId)).toEqual([summarize(back), 'back'])
  await until(group, () => heard.length === 2)
  expect(heard).toEqual(sent)
  off()
}

describe('a bot that a page invites', () => {
  it('is a member with a direct path, and exchanges messages of 8 MiB', async () => {
    const { join } = await setup()
    const { url, came, bot } = await startBot()
    const ada = await join()
    const id = await invite(ada, `${url}#${await bot.identity}`)
    const group = await came
    expect(group.myId).toBe(id)
    const seen = await ada.me.evaluate(({ group: mine }) => mine.peers.map(({ bot: isBot, path }) => [isBot, path]))
    expect(seen).toEqual([[true, 'direct']])
    await exchange(ada, group)
    expect(await invite(ada, url)).toBe(id)
    expect(await ada.me.evaluate((me) => me.happened('link:change'))).toEqual([])
  })

  it('stays linked over the WebSocket alone where WebRTC does not work', async () => {
    const { join } = await setup()
    const { url, came } = await startBot()
    // Nobody at all that WebRTC may connect.
    const ada = await join({ only: [] })
    const id = await invite(ada, url)
    await exchange(ada, await came)
    expect(await ada.me.evaluate((me, bot) => [me.path(bot), me.rules.made], id)).toEqual(['direct', 0])
  })

  it('relays between pages that cannot connect, and goes on without the signaling server', async () => {
    const { join, signaling } = await setup()
    const { url, came } = await startBot({ signaling: signaling.url })
    const ada = await join({ only: [] })
    const id = await invite(ada, url)
    const group = await came
    const bob = await join({ only: [id] })
    await Promise.all([untilPath(ada, bob.id, `relayed ${id}`), untilPath(bob, ada.id, `relayed ${id}`)])
    await untilAllTalk([ada, bob], 'through the bot')
    await signaling.kill()
    await Promise.all(
      [ada, bob].map(({ me }) => me.evaluate((m) => m.until('closed', () => m.group.signalingState === 'closed'))),
    )
    await untilAllTalk([ada, bob], 'without a server')
    expect(group.peers.map(({ path }) => path)).toEqual(['direct', 'direct'])
    for (const { me } of [ada, bob]) expect(await me.evaluate((m) => m.happened('member:leave'))).toEqual([])
  })

  it('is found by its address, and is enough for a page that has lost all else', async () => {
    const { join, signaling } = await setup()
    const { url, came } = await startBot({ found: true })
    const ada = await join()
    const bob = await join({ only: [ada.id], dials: true, allowInsecure: true })
    const id = await invite(ada, url)
    const group = await came
    await untilPath(bob, id, 'direct')
    await signaling.kill()
    await ada.page.close()
    await bob.me.evaluate((me) => me.untilMembers(2))
    await exchange(bob, group)
    expect(await bob.me.evaluate((me, bot) => me.path(bot), id)).toBe('direct')
  })
})

describe('invite', () => {
  it.each([
    ['a port where nobody listens', 'ws://127.0.0.1:9', 'invite-failed'],
    ['the signaling server', 'signaling', 'invite-failed'],
    ['another machine without TLS', 'ws://bots.example', 'insecure-url'],
    ['a bot of another identity', 'pinned', 'invite-failed'],
  ])('of %s rejects with a typed error, and nothing changes', async (_what, to, code) => {
    const { join, signaling } = await setup()
    const { url } = await startBot()
    const ada = await join()
    const address = { signaling: signaling.url, pinned: `${url}#${'A'.repeat(43)}` }[to] ?? to
    const outcome = await ada.me.evaluate(async ({ group }, given) => {
      const error = (await group.invite(given).catch((reason: unknown) => reason)) as { code?: string }
      return [error.code, group.state, group.members.length]
    }, address)
    expect(outcome).toEqual([code, 'joined', 1])
  })
})
