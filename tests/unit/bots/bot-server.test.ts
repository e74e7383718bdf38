import { describe, expect, it, vi } from 'vitest'
import { platform } from '#platform'
import { createEchoBot, createRelayBot, WebGroupBotServer } from '../../../bots/index.js'
import { Identity, SkeinError, type WebGroup, webSocket } from '../../../sdk/group/index.js'
import { Invitation } from '../../../sdk/crypto/invitation.js'
import { loadSodium } from '../../../sdk/crypto/index.js'
import { listen, untilNoConnections } from '../../support/socket-servers.js'
import { nextEvent, waitUntil } from '../group/setup.js'
import { code, createWebServer, dialBot, setupBots } from './setup.js'

/** A bot has come before its own end of the group has joined. */
const untilJoined = async (group: WebGroup | undefined): Promise<void> => {
  if (!group) throw new Error('no group')
  await waitUntil(group, () => group.state === 'joined')
}

describe('WebGroupBotServer', () => {
  it('I5: comes to the group as a member like any other, by the socket that invited it', async () => {
    const { join, startBot } = await setupBots()
    const { bot, url, hosted, errors } = await startBot({ webGroupOptions: { profile: { name: 'Botty' } } })
    const ada = await join()
    const id = await ada.invite(url)
    expect(ada.members).toEqual([ada.myId, id])
    const peer = { id, bot: true, path: 'direct', profile: { name: 'Botty' }, identity: await bot.identity }
    expect(ada.peers[0]).toMatchObject(peer)
    const [group] = hosted
    if (!group) throw new Error('no group')
    await waitUntil(group, () => group.state === 'joined' && group.peers.length === 1)
    expect([group.myId, group.key, group.peers[0]?.bot]).toEqual([id, ada.key, false])
    expect(bot.groups).toEqual([group])
    const heard = nextEvent(group, 'message')
    await ada.sendTo(id, 'hello')
    expect(await heard).toMatchObject({ from: ada.myId, data: 'hello', to: 'me' })
    const answer = nextEvent(ada, 'message')
    await group.send(new Uint8Array(300_000))
    expect((await answer).data.length).toBe(300_000)
    expect(errors).toEqual([])
  })

  it('I4: gives the same member to whoever invites it again, also to another member, and two at once', async () => {
    const { join, startBot } = await setupBots()
    const { url, bot } = await startBot()
    const ada = await join()
    const ids = await Promise.all([ada.invite(url), ada.invite(url), ada.invite(`${url}/`)])
    const bob = await join(ada.key)
    ids.push(await ada.invite(url), await bob.invite(url), await bob.invite(`${url}#${await bot.identity}`))
    expect(new Set(ids).size).toBe(1)
    expect(bot.groups).toHaveLength(1)
    await waitUntil(bob, () => bob.members.length === 3)
    expect(ada.peers.filter((peer) => peer.bot)).toHaveLength(1)
  })

  it('I4: is one member to two that invite it at the same time', async () => {
    const { join, startBot } = await setupBots()
    const { url, bot } = await startBot()
    const ada = await join()
    const bob = await join(ada.key)
    const [one, two] = await Promise.all([ada.invite(url), bob.invite(url)])
    expect(one).toBe(two)
    expect(bot.groups).toHaveLength(1)
  })

  it('has the identity that it was given, in every group', async () => {
    const { join, startBot } = await setupBots()
    const identity = await Identity.create()
    const { bot, url } = await startBot({ webGroupOptions: { identity } })
    expect(await bot.identity).toBe(identity.id)
    for (const group of [await join(), await join()]) {
      await group.invite(`${url}#${identity.id}`)
      expect(group.peers.map((peer) => peer.identity)).toEqual([identity.id])
    }
  })

  it('serves several groups, and several bots one process and one server', async () => {
    const { join, startBot } = await setupBots()
    const server = createWebServer()
    const address = await listen(server)
    const one = await startBot({ url: `${address}/one` }, server)
    const two = await startBot({ url: `${address}/two` }, server)
    const groups = await Promise.all([join(), join(), join()])
    for (const group of groups) {
      const ids = await Promise.all([group.invite(`${address}/one`), group.invite(`${address}/two`)])
      await waitUntil(group, () => group.members.length === 3)
      expect(new Set([...group.members])).toEqual(new Set([group.myId, ...ids]))
    }
    expect([one.bot.groups.length, two.bot.groups.length]).toEqual([3, 3])
    expect(await one.bot.identity).not.toBe(await two.bot.identity)
    const heard: string[] = []
    for (const group of groups) group.onMessage = (_id, data) => heard.push(`${String(data)} in ${group.key}`)
    await Promise.all([...one.hosted, ...two.hosted].map((group) => waitUntil(group, () => group.peers.length === 2)))
    await Promise.all(one.hosted.map((group) => group.send(`for ${group.key}`)))
    await vi.waitFor(() => expect(heard).toHaveLength(3))
    expect(heard.sort()).toEqual(groups.map(({ key }) => `for ${key} in ${key}`).sort())
  })

  it('joins by a typed key as others type it', async () => {
    const { join, startBot } = await setupBots()
    const { url, hosted } = await startBot()
    const ada = await join('caf\u00e9 of ours')
    const id = await ada.invite(url)
    expect(hosted.map(({ key }) => key)).toEqual(['caf\u00e9 of ours'])
    const bob = await join('cafe\u0301 of ours')
    expect(await bob.invite(url)).toBe(id)
  })

  it('meets members also by its own signaling servers, and is found through others there', async () => {
    const { join, startBot, signaling, network } = await setupBots()
    const { url } = await startBot({ webGroupOptions: { signaling: signaling.url, transports: [network.transport] } })
    const ada = await join()
    const id = await ada.invite(url)
    const bob = await join(ada.key)
    await waitUntil(bob, () => bob.peers.find((peer) => peer.id === id)?.path === 'direct')
    expect(bob.peers.find((peer) => peer.id === id)?.bot).toBe(true)
  })

  it('is dialled by the address in its card by who cannot link with it otherwise', async () => {
    const { join, startBot, network } = await setupBots()
    const server = createWebServer()
    const address = await listen(server)
    const { hosted } = await startBot({ url: address }, server)
    const ada = await join()
    const id = await ada.invite(address)
    const transports = [network.transport, webSocket()]
    const bob = await join(ada.key, { transports, allowInsecure: true })
    await waitUntil(bob, () => bob.peers.find((peer) => peer.id === id)?.path === 'direct')
    await untilJoined(hosted[0])
    await ada.leave()
    const heard = nextEvent(bob, 'message')
    await hosted[0]?.send('still here')
    expect((await heard).data).toBe('still here')
  })

  it('leaves a group in which nobody else is any more, and comes again when it is asked', async () => {
    const { join, startBot } = await setupBots()
    const { bot, url, hosted } = await startBot({ webGroupOptions: { lingerMs: 5_000 } })
    const ada = await join()
    const id = await ada.invite(url)
    await untilJoined(hosted[0])
    const left = nextEvent(hosted[0] as WebGroup, 'member:leave')
    const { key } = ada
    await ada.leave()
    await left
    const leftMs = Date.now()
    const group = hosted[0] as WebGroup
    await waitUntil(group, () => group.state === 'left')
    expect(Date.now() - leftMs).toBeGreaterThan(4_900)
    expect(bot.groups).toEqual([])
    const bob = await join(key)
    expect(await bob.invite(url)).not.toBe(id)
    expect([hosted.length, bot.groups.length]).toEqual([2, 1])
  })

  it('is one member again when it is asked back while it leaves', async () => {
    const { join, startBot } = await setupBots()
    const { bot, url, hosted } = await startBot()
    const ada = await join()
    await ada.invite(url)
    await untilJoined(hosted[0])
    const { socket, next } = await dialBot(url)
    const random = (size: number): Uint8Array => platform.randomBytes(size)
    const invitation = new Invitation({ sodium: await loadSodium(), random, key: ada.key, pin: null })
    socket.send(invitation.frame)
    const sealed = invitation.handleProof(await next())
    // It does not leave before this has arrived, which takes longer than the key.
    void hosted[0]?.send(new Uint8Array(4_000_000))
    const leaving = hosted[0]?.leave()
    socket.send(sealed)
    expect(invitation.handleReply(await next()).type).toBe('comes')
    expect(hosted[0]?.state).toBe('leaving')
    await leaving
    expect(bot.groups).toEqual([hosted[1]])
    expect(await ada.invite(url)).toBe(hosted[1]?.myId)
    expect(hosted).toHaveLength(2)
  })

  it('stays when leaveOnceAlone is off', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
    try {
      const { join, startBot } = await setupBots()
      const { bot, url, hosted } = await startBot({ leaveOnceAlone: false, webGroupOptions: { lingerMs: 5_000 } })
      const ada = await join()
      await ada.invite(url)
      await untilJoined(hosted[0])
      const left = nextEvent(hosted[0] as WebGroup, 'member:leave')
      await ada.leave()
      await left
      await vi.advanceTimersByTimeAsync(120_000)
      expect([bot.groups.length, hosted[0]?.state]).toEqual([1, 'joined'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('refuses what is beyond maxGroups, until one is left', async () => {
    const { join, startBot } = await setupBots()
    const { url, hosted, errors } = await startBot({ maxGroups: 1 })
    const [ada, bob] = await Promise.all([join(), join()])
    const id = await ada.invite(url)
    await expect(bob.invite(url)).rejects.toEqual(code('invite-failed', 'as many groups as it may be'))
    expect(await ada.invite(url)).toBe(id)
    await hosted[0]?.leave()
    await bob.invite(url)
    expect(errors).toEqual([])
  })

  it('comes all the same when onWebGroup throws, and tells onError', async () => {
    const { join, startBot } = await setupBots()
    const { bot, url, errors } = await startBot()
    const error = new Error('mine')
    bot.onWebGroup = () => {
      throw error
    }
    const ada = await join()
    await ada.invite(url)
    expect(errors).toEqual([error])
  })

  it('tells onError of a group that it could not join, and whoever invited that it will not come', async () => {
    const { join, startBot } = await setupBots()
    const reason = new Error('no credentials')
    const { url, errors, bot } = await startBot({ webGroupOptions: { iceServers: () => Promise.reject(reason) } })
    const ada = await join()
    await expect(ada.invite(url)).rejects.toEqual(code('invite-failed', 'could not join'))
    expect([errors, bot.groups]).toEqual([[reason], []])
  })

  it('logs what onError is not there for', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { join, startBot } = await setupBots()
    const reason = new Error('no credentials')
    const { url, bot } = await startBot({ webGroupOptions: { iceServers: () => Promise.reject(reason) } })
    bot.onError = null
    await expect((await join()).invite(url)).rejects.toEqual(code('invite-failed'))
    expect(log.mock.calls).toEqual([['skein bot:', reason]])
    log.mockRestore()
  })

  it('leaves everything with a goodbye when it is closed, and refuses from then on', async () => {
    const { join, startBot } = await setupBots()
    const { bot, server, url } = await startBot()
    const ada = await join()
    const id = await ada.invite(url)
    const left = nextEvent(ada, 'member:leave')
    const closing = [bot.close(), bot.close()]
    await closing[1]
    await untilNoConnections(server)
    expect(await left).toEqual({ id, reason: 'goodbye' })
    await Promise.all(closing)
    expect([bot.groups, server.listening]).toEqual([[], true])
    await expect(ada.invite(url)).rejects.toEqual(code('invite-failed'))
  })

  it('settles the invitations under way when it is closed', async () => {
    const { join, startBot } = await setupBots()
    const { bot, url, server } = await startBot()
    const groups = await Promise.all(Array.from({ length: 5 }, () => join()))
    const inviting = groups.map((group) => group.invite(url).catch((error: unknown) => error))
    await new Promise((resolve) => server.once('upgrade', resolve))
    await bot.close()
    for (const outcome of await Promise.all(inviting)) {
      if (typeof outcome !== 'string') expect(outcome).toBeInstanceOf(SkeinError)
    }
    expect(bot.groups).toEqual([])
    await untilNoConnections(server)
  })

  it.each([
    [{ server: {} as never }, TypeError],
    [{ maxGroups: 0 }, RangeError],
    [{ maxGroups: 1.5 }, RangeError],
    [{ url: 'not a url' }, RangeError],
    [{ url: `wss://bot.example/${'x'.repeat(600)}` }, RangeError],
    [{ url: 'wss://bot.example/#identity' }, RangeError],
    [{ webGroupOptions: { lingerMs: 1 } }, RangeError],
  ])('cannot be made of %j, and takes no sockets then', (options, type) => {
    const server = createWebServer()
    expect(() => new WebGroupBotServer({ server, ...options })).toThrow(type)
    expect(server.listenerCount('upgrade')).toBe(0)
  })
})

describe('the echo bot', () => {
  it('sends back what it hears the way it came, and nothing to other bots or beyond 64 KiB', async () => {
    const { join, startBot } = await setupBots()
    const servers = [createWebServer(), createWebServer()] as const
    const [first, second] = await Promise.all(servers.map((server) => listen(server)))
    const bots = servers.map((server) => createEchoBot({ server }))
    try {
      const ada = await join()
      const bob = await join(ada.key)
      const ids = [await ada.invite(first as string), await ada.invite(second as string)]
      await Promise.all([ada, bob].map((group) => waitUntil(group, () => group.members.length === 4)))
      expect(ada.peers.filter(({ bot }) => bot).map(({ profile }) => profile)).toEqual([
        { name: 'Echo' },
        { name: 'Echo' },
      ])
      const heard: string[] = []
      for (const [name, group] of Object.entries({ ada, bob })) {
        group.on('message', ({ from, data, to }) => {
          if (ids.includes(from)) heard.push(`${name} ${String(data).slice(0, 10)} ${to}`)
        })
      }
      await ada.send('x'.repeat(65_537))
      await ada.send('to all')
      await ada.sendTo(ids[0] as string, 'for one')
      const all = ['ada to all all', 'ada to all all', 'bob to all all', 'bob to all all', 'ada for one me']
      await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(all.length))
      expect(heard.sort()).toEqual(all.sort())
      await Promise.all([ada.leave(), bob.leave()])
      expect((await startBot()).errors).toEqual([])
    } finally {
      await Promise.all(bots.map((bot) => bot.close()))
    }
  })
})

describe('the relay bot', () => {
  it('stands between members that cannot connect with each other', async () => {
    const { join, network } = await setupBots()
    const server = createWebServer()
    const address = await listen(server)
    const bot = createRelayBot({ server, url: address, webGroupOptions: { profile: { name: 'Middle' } } })
    try {
      const ada = await join()
      const id = await ada.invite(address)
      expect(ada.peers[0]?.profile).toEqual({ name: 'Middle' })
      const transports = [network.transport, webSocket()]
      const bob = await join(ada.key, { transports, allowInsecure: true })
      await waitUntil(bob, () => bob.peers.find((peer) => peer.id === id)?.path === 'direct')
      network.refuse(ada.myId, bob.myId)
      network.cut(ada.myId, bob.myId)
      await waitUntil(ada, () => ada.peers.find((peer) => peer.id === bob.myId)?.path === 'relayed')
      expect(ada.peers.find((peer) => peer.id === bob.myId)?.via).toEqual([id])
      const heard = nextEvent(bob, 'message')
      await ada.sendTo(bob.myId, 'through the bot')
      expect((await heard).data).toBe('through the bot')
    } finally {
      await bot.close()
    }
  })
})
