import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { WebGroup } from '../../sdk/group/index.js'
import { Invitation } from '../../sdk/crypto/invitation.js'
import { loadSodium } from '../../sdk/crypto/index.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import { encodeGreeting, LINK_SUBPROTOCOL } from '../../sdk/protocol/socket-frames.js'
import { decodeGreeting } from '../../sdk/protocol/socket-frames.js'
import { encodeInvite } from '../../sdk/protocol/invite-frames.js'
import { platform } from '#platform'
import { code, dialBot, setupBots } from '../unit/bots/setup.js'
import { waitUntil } from '../unit/group/setup.js'
import { countConnections, listen, untilNoConnections } from '../support/socket-servers.js'

const sodium = await loadSodium()
const random = (size: number): Uint8Array => platform.randomBytes(size)

/** Goes through the four frames by hand; the socket, from there on the test's. */
const inviteByHand = async (url: string, key: string) => {
  const dialed = await dialBot(url)
  const invitation = new Invitation({ sodium, random, key, pin: null })
  dialed.socket.send(invitation.frame)
  dialed.socket.send(invitation.handleProof(await dialed.next()))
  const reply = invitation.handleReply(await dialed.next())
  return { ...dialed, reply }
}

/** What an honest user still gets, whatever goes on. */
const expectService = async (join: () => Promise<WebGroup>, url: string): Promise<void> => {
  const group = await join()
  const id = await group.invite(url)
  expect(group.peers.map((peer) => [peer.id, peer.path])).toEqual([[id, 'direct']])
  await group.leave()
}

describe('a bot keeps serving others when a stranger', () => {
  it('opens two hundred sockets and says nothing', async () => {
    const { join, startBot } = await setupBots()
    const { url, errors } = await startBot()
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    onTestFinished(() => void process.off('warning', note))
    await Promise.all(Array.from({ length: 200 }, () => dialBot(url)))
    await expectService(join, url)
    expect([errors, warnings]).toEqual([[], []])
  })

  it('opens more sockets than may ask at a time: those beyond are refused', async () => {
    const { startBot } = await setupBots()
    const { url, server } = await startBot()
    await Promise.all(Array.from({ length: 256 }, () => dialBot(url)))
    await expect(dialBot(url)).rejects.toThrow('503')
    expect(await countConnections(server)).toBeLessThanOrEqual(257)
  })

  it('sends half an upgrade, a byte at a time', async () => {
    const { join, startBot } = await setupBots()
    const { url } = await startBot()
    const sockets = Array.from({ length: 50 }, () => connect(Number(new URL(url).port), '127.0.0.1'))
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()))
    for (const socket of sockets) socket.on('error', () => undefined).write('GET / HTTP/1.1\r\nUpgrade: webs')
    await expectService(join, url)
    for (const socket of sockets) socket.resetAndDestroy()
  })

  it.each<[string, (socket: WebSocket) => void]>([
    ['text', (socket) => socket.send('hello')],
    ['nothing in a frame', (socket) => socket.send(new Uint8Array())],
    ['INVITE and then INVITE again', (socket) => [1, 2].forEach(() => socket.send(encodeInvite(random(32))))],
    ['INVITE with a low-order key', (socket) => socket.send(encodeInvite(new Uint8Array(32)))],
    ['KEY first', (socket) => socket.send(Uint8Array.of(FRAME.KEY, ...random(272)))],
    ['a frame beyond 2,048 bytes', (socket) => socket.send(new Uint8Array(2_049).fill(FRAME.INVITE))],
    ['a frame beyond 64 KiB', (socket) => socket.send(new Uint8Array(70_000))],
    ['64 MiB', (socket) => socket.send(new Uint8Array(2 ** 26))],
    ['a thousand frames', (socket) => Array.from({ length: 1_000 }, () => socket.send(random(34)))],
  ])('I1: sends %s: that socket is closed, and no other', async (_what, misbehave) => {
    const { join, startBot } = await setupBots()
    const { url, errors, bot } = await startBot()
    const bystander = await dialBot(url)
    const { socket, closed } = await dialBot(url)
    misbehave(socket)
    expect([4000, 1009, 1006]).toContain(await closed)
    expect([bystander.socket.readyState, errors, bot.groups]).toEqual([WebSocket.OPEN, [], []])
    await expectService(join, url)
  })

  it('I6: greets in the name of a group that the bot is not in', async () => {
    const { startBot } = await setupBots()
    const { url } = await startBot()
    const { socket, closed } = await dialBot(url)
    socket.send(encodeGreeting({ topic: random(32), hello: random(232) }))
    expect(await closed).toBe(4004)
  })

  it('L8: sends the greeting again that a member has sent: is told that it is misconduct', async () => {
    const { join, startBot } = await setupBots()
    const { bot, url, hosted } = await startBot()
    const ada = await join()
    const id = await ada.invite(url)
    const topic = hosted.length > 0 ? await topicOf(url, ada.key) : random(32)
    const greetings = Array.from({ length: 100 }, () => encodeGreeting({ topic, hello: random(232) }))
    for (const greeting of greetings) {
      const { socket, closed } = await dialBot(url)
      socket.send(greeting)
      expect(await closed).toBe(4000)
    }
    await ada.send('still there')
    await waitUntil(ada, () => ada.peers[0]?.id === id && ada.peers[0].path === 'direct')
    expect(bot.groups[0]?.members).toHaveLength(2)
  })

  it('invites it to thousands of groups and to none: it is in so many as it may be, and leaves those', async () => {
    const { startBot } = await setupBots()
    const { url, bot, server } = await startBot({ maxGroups: 10 })
    const outcomes: string[] = []
    for (let batch = 0; batch < 10; batch++) {
      const invited = await Promise.all(Array.from({ length: 50 }, () => inviteByHand(url, WebGroup.generateKey())))
      for (const { reply, socket } of invited) {
        outcomes.push(reply.type)
        socket.terminate()
      }
    }
    expect(outcomes.filter((type) => type === 'comes')).toHaveLength(10)
    expect(bot.groups).toHaveLength(10)
    await bot.close()
    await untilNoConnections(server)
  })

  it('invites it by many typed keys, each of which costs time and memory', async () => {
    const { join, startBot } = await setupBots()
    const { url } = await startBot()
    const asked = Promise.all(Array.from({ length: 40 }, (_, i) => inviteByHand(url, `typed ${i}`)))
    await expectService(join, url)
    const replies = (await asked).map(({ reply }) => reply)
    // No more than eight are worked on at a time; what comes when one of them is done is taken.
    expect(replies.filter(({ type }) => type === 'comes').length).toBeGreaterThanOrEqual(8)
    expect(replies).toContainEqual({ type: 'refused', reason: 1 })
  })

  it('hands over keys that are none', async () => {
    const { startBot } = await setupBots()
    const { url, bot, errors } = await startBot()
    for (const key of ['', 'sk1_', 'sk1_damaged', 'x'.repeat(513)]) {
      expect((await inviteByHand(url, key)).reply).toEqual({ type: 'refused', reason: 3 })
    }
    expect([bot.groups, errors]).toEqual([[], []])
  })

  it('invites it to a group that it is in, and then never becomes a member', async () => {
    const { join, startBot } = await setupBots()
    const { url, hosted, errors } = await startBot()
    const ada = await join()
    const id = await ada.invite(url)
    const invited = await Promise.all(Array.from({ length: 40 }, () => inviteByHand(url, ada.key)))
    expect(new Set(invited.map(({ reply }) => reply.type))).toEqual(new Set(['comes']))
    // Each is a socket that may yet become a link: the bot greets those that it has room for, and closes the others.
    expect(await ada.invite(url)).toBe(id)
    const heard = new Promise((resolve) => hosted[0]?.on('message', ({ data }) => resolve(data)))
    await ada.send('undisturbed')
    expect(await heard).toBe('undisturbed')
    for (const { socket } of invited) socket.terminate()
    expect(errors).toEqual([])
  })

  it.each(['after INVITE', 'after KEY', 'after REPLY'])('hangs up %s, again and again', async (when) => {
    const { join, startBot } = await setupBots()
    const { url, server, errors } = await startBot()
    for (let i = 0; i < 20; i++) {
      const { socket, next } = await dialBot(url)
      const invitation = new Invitation({ sodium, random, key: WebGroup.generateKey(), pin: null })
      socket.send(invitation.frame)
      if (when !== 'after INVITE') socket.send(invitation.handleProof(await next()))
      if (when === 'after REPLY') await next()
      socket.terminate()
    }
    await expectService(join, url)
    await untilNoConnections(server)
    expect(errors).toEqual([])
  })
})

/** The topic as whoever carries the bytes of a socket sees it. */
const topicOf = async (url: string, key: string): Promise<Uint8Array> => {
  const { next, socket } = await inviteByHand(url, key)
  const { topic } = decodeGreeting(await next())
  socket.terminate()
  return topic
}

/** Sits between members and a bot, sees all, and may change it. */
const startProxy = async (target: string, alter: (frame: Buffer, toBot: boolean) => Buffer | null = (it) => it) => {
  const server = createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: () => LINK_SUBPROTOCOL })
  const seen: Buffer[] = []
  sockets.on('connection', (near) => {
    const far = new WebSocket(target, [LINK_SUBPROTOCOL])
    const waiting: Buffer[] = []
    const pass = (to: WebSocket, frame: Buffer, toBot: boolean): void => {
      seen.push(frame)
      const altered = alter(frame, toBot)
      if (altered !== null) to.send(altered)
    }
    near.on('message', (data: Buffer) => (far.readyState === 1 ? pass(far, data, true) : waiting.push(data)))
    far.on('open', () => waiting.splice(0).forEach((data) => pass(far, data, true)))
    far.on('message', (data: Buffer) => pass(near, data, false))
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => other.terminate())
    }
  })
  const url = await listen(server)
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate()
  })
  return { url, seen, port: (server.address() as AddressInfo).port }
}

describe('who carries the bytes between a member and a bot', () => {
  it('I3, W4: sees neither key, messages nor profiles, and the pin holds through it', async () => {
    const { join, startBot } = await setupBots()
    const { url, bot } = await startBot({ webGroupOptions: { profile: { name: 'a marked profile' } } })
    const proxy = await startProxy(url)
    const ada = await join(undefined, { profile: { name: 'another marked profile' } })
    await ada.invite(`${proxy.url}#${await bot.identity}`)
    await ada.send('a marked message')
    const answered = new Promise((resolve) => ada.on('message', ({ data }) => resolve(data)))
    const [group] = bot.groups
    if (!group) throw new Error('no group')
    await waitUntil(group, () => group.state === 'joined')
    await group.send('an answer that is marked')
    await answered
    const all = Buffer.concat(proxy.seen)
    for (const text of [ada.key, 'marked']) expect(all.includes(text)).toBe(false)
    expect(all.length).toBeGreaterThan(1_000)
  })

  it('I2: gets no key by a bot of its own where the identity is known', async () => {
    const { join, startBot } = await setupBots()
    const { bot } = await startBot()
    const impostor = await startBot()
    const ada = await join()
    await expect(ada.invite(`${impostor.url}#${await bot.identity}`)).rejects.toEqual(code('invite-failed'))
    expect(impostor.bot.groups).toEqual([])
  })

  it.each([FRAME.INVITE, FRAME.PROOF, FRAME.KEY, FRAME.REPLY, FRAME.GREET, FRAME.HS1, FRAME.HS2, FRAME.ATTACH])(
    'cannot change frame %i without the invitation failing or going on as it should',
    async (changed) => {
      const { join, startBot } = await setupBots()
      const { url, bot } = await startBot()
      let isOn = true
      const proxy = await startProxy(url, (frame) => {
        if (!isOn || frame[0] !== changed) return frame
        const copy = Buffer.from(frame)
        copy[copy.length - 1] = (copy[copy.length - 1] as number) ^ 1
        return copy
      })
      const ada = await join()
      const outcome = ada.invite(proxy.url).catch((error: unknown) => error)
      const failed = Promise.race([outcome, new Promise((resolve) => setTimeout(() => resolve('waits'), 1_500))])
      if ((await failed) === 'waits') await ada.leave()
      expect(await outcome).toSatisfy((it) => typeof it === 'string' || it instanceof Error)
      isOn = false
      // The bot is none the worse for it.
      const bob = await join()
      await bob.invite(url)
      expect(bot.groups.length).toBeGreaterThan(0)
    },
  )

  it('cuts the socket at every frame in turn: the invitation settles, and another one works', async () => {
    const { join, startBot } = await setupBots()
    const { url, bot } = await startBot()
    for (let cut = 1; cut <= 12; cut++) {
      let left = cut
      const proxy = await startProxy(url, (frame) => (left-- > 0 ? frame : null))
      const ada = await join()
      const outcome = ada.invite(proxy.url).catch((error: unknown) => error)
      const first = await Promise.race([outcome, new Promise((resolve) => setTimeout(() => resolve('waits'), 300))])
      left = Infinity
      if (first === 'waits') await ada.leave()
      expect(await outcome).toSatisfy((it) => typeof it === 'string' || it instanceof Error)
    }
    await expectService(() => join(), url)
    await vi.waitFor(() => expect(bot.groups.every(({ state }) => state !== 'left')).toBe(true))
  })
})
