import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { WebGroup } from '../../../sdk/group/index.js'
import { Invites } from '../../../sdk/group/invites.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import type { InviteReply } from '../../../sdk/protocol/invite-frames.js'
import { LINK_SUBPROTOCOL } from '../../../sdk/protocol/socket-frames.js'
import { decodeBase64url, encodeBase64url } from '../../../sdk/util/base64url.js'
import { setupBots, code } from '../bots/setup.js'
import { startFakeBot, type FakeBotScript } from '../../support/fake-bot.js'
import { createFakePlatform } from '../../support/fake-platform.js'
import { deadUrl, listenWith, listenWithHttp } from '../../support/socket-servers.js'
import { nextEvent } from './setup.js'

const idBytes = (id: string): Uint8Array => decodeBase64url(id) ?? new Uint8Array(16)

describe('WebGroup.invite rejects with', () => {
  it.each([
    ['a port where nobody listens', deadUrl, 'cannot connect'],
    ['a web server', () => listenWithHttp((_request, response) => response.end('a page')), 'HTTP status 200'],
    ['a server of something else', () => listenWith(false, () => undefined), ''],
    ['a server that accepts and closes', () => listenWith(LINK_SUBPROTOCOL, (it) => it.close(4000, 'go away')), ''],
    ['one that sends text', () => listenWith(LINK_SUBPROTOCOL, (it) => it.send('hello')), 'text'],
    [
      'one that sends garbage',
      () => listenWith(LINK_SUBPROTOCOL, (it) => it.send(new Uint8Array(90))),
      'as a skein bot',
    ],
    ['one that sends too much', () => listenWith(LINK_SUBPROTOCOL, (it) => it.send(new Uint8Array(4_096))), '4096'],
    [
      'one that floods',
      () =>
        listenWith(LINK_SUBPROTOCOL, (it) => {
          for (let i = 0; i < 1_000; i++) it.send(Uint8Array.of(FRAME.PROOF))
        }),
      '',
    ],
  ])('invite-failed for %s', async (_what, start, message) => {
    const { join } = await setupBots()
    const ada = await join()
    await expect(ada.invite(await start())).rejects.toEqual(code('invite-failed', message))
    expect(ada.members).toEqual([ada.myId])
  })

  it('invite-failed for a signaling server', async () => {
    const { join, signaling } = await setupBots()
    const ada = await join()
    await expect(ada.invite(signaling.url)).rejects.toEqual(code('invite-failed'))
  })

  it.each<[string, FakeBotScript, string]>([
    ['proves nothing', { proof: (right) => [right.map((byte, at) => (at === 100 ? byte ^ 1 : byte))] }, 'who it is'],
    ['sends half a proof', { proof: (right) => [right.subarray(0, 50)] }, 'as a skein bot'],
    ['sends its proof twice', { proof: (right) => [right, right] }, 'as a skein bot'],
    ['answers with text', { proof: () => ['hello'] }, 'text'],
    [
      'hangs up on INVITE',
      {
        proof: (_right, socket) => {
          socket.close(4000)
          return []
        },
      },
      '4000',
    ],
    ['hangs up on KEY', { reply: () => null, then: (socket) => socket.close(4000) }, '4000'],
    ['answers KEY with garbage', { reply: () => null, then: (socket) => socket.send(new Uint8Array(81)) }, ''],
    ['is full', { reply: () => ({ type: 'refused', reason: 1 }) }, 'as many groups'],
    ['could not join', { reply: () => ({ type: 'refused', reason: 2 }) }, 'could not join'],
    ['does not understand the key', { reply: () => ({ type: 'refused', reason: 3 }) }, 'understand the key'],
    ['refuses for a reason of the future', { reply: () => ({ type: 'refused', reason: 99 }) }, 'will not come'],
  ])('invite-failed for a bot that %s', async (_what, script, message) => {
    const { join } = await setupBots()
    const ada = await join()
    const { url, sockets } = await startFakeBot(script)
    await expect(ada.invite(url)).rejects.toEqual(code('invite-failed', message))
    await Promise.all(
      sockets.map(
        (socket) => new Promise((resolve) => (socket.readyState === 3 ? resolve(0) : socket.once('close', resolve))),
      ),
    )
  })

  it('I2: invite-failed for a bot of another identity than the one in the URL, which gets no key', async () => {
    const { join } = await setupBots()
    const ada = await join()
    const { url, keys } = await startFakeBot()
    const pin = encodeBase64url(new Uint8Array(32).fill(7))
    await expect(ada.invite(`${url}#${pin}`)).rejects.toEqual(code('invite-failed', 'not the one in the URL'))
    expect(keys).toEqual([])
  })

  it('I7: invite-failed for a bot that names another member as itself, though that one is here', async () => {
    const { join } = await setupBots()
    const ada = await join()
    const bob = await join(ada.key)
    const { url } = await startFakeBot({ reply: () => ({ type: 'comes', member: idBytes(bob.myId) }) })
    await expect(ada.invite(url)).rejects.toEqual(code('invite-failed', 'names a member that it is not'))
  })

  it('I7: invite-failed for a bot that names another bot as itself', async () => {
    const { join, startBot } = await setupBots()
    const ada = await join()
    const id = await ada.invite((await startBot()).url)
    const { url } = await startFakeBot({ reply: () => ({ type: 'comes', member: idBytes(id) }) })
    await expect(ada.invite(url)).rejects.toEqual(code('invite-failed', 'names a member that it is not'))
    expect(ada.members).toEqual([ada.myId, id])
  })

  it('not-joined before, while and after the group is joined', async () => {
    const { createGroup, startBot } = await setupBots()
    const { url } = await startBot()
    const group = createGroup()
    await expect(group.invite(url)).rejects.toEqual(code('not-joined', '"left"'))
    const joining = group.join()
    await expect(group.invite(url)).rejects.toEqual(code('not-joined', '"joining"'))
    await joining
    const leaving = group.leave()
    await expect(group.invite(url)).rejects.toEqual(code('not-joined'))
    await leaving
    await expect(group.invite(url)).rejects.toEqual(code('not-joined', '"left"'))
  })

  it.each<[string, FakeBotScript]>([
    ['before PROOF', { proof: () => [] }],
    ['before REPLY', { reply: () => null }],
    ['before it is here', { reply: () => ({ type: 'comes', member: new Uint8Array(16) }) }],
  ])('closed when the group is left %s, and closes the socket', async (_when, script) => {
    const { join } = await setupBots()
    const ada = await join()
    const opened = new Promise<void>((resolve) => {
      const onOpen = (): void => resolve()
      void startFakeBot({ ...script, onOpen }).then(({ url, sockets }) => {
        const inviting = ada.invite(url)
        expectations.push(expect(inviting).rejects.toEqual(code('closed')))
        void opened.then(() => expectations.push(new Promise((done) => sockets[0]?.once('close', done))))
      })
    })
    const expectations: unknown[] = []
    await opened
    await ada.leave()
    await Promise.all(expectations)
  })

  it('the reason of its signal, which ends that wait alone', async () => {
    const { join, startBot } = await setupBots()
    const { url } = await startBot()
    const ada = await join()
    const reason = new Error('mine')
    await expect(ada.invite(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const given = ada.invite(url, { signal: controller.signal })
    const kept = ada.invite(url)
    controller.abort(reason)
    await expect(given).rejects.toBe(reason)
    const id = await kept
    expect(ada.members).toContain(id)
  })

  it('insecure-url for ws: to another machine, unless that is allowed', async () => {
    const { join } = await setupBots()
    const ada = await join()
    await expect(ada.invite('ws://bots.example')).rejects.toEqual(code('insecure-url'))
    await expect(ada.invite('http://bots.example')).rejects.toEqual(code('insecure-url'))
    const bob = await join(undefined, { allowInsecure: true })
    await expect(bob.invite('ws://127.0.0.1.invalid:1')).rejects.toEqual(code('invite-failed'))
  })

  it.each([
    [undefined, TypeError],
    [1, TypeError],
    [new URL('wss://bots.example'), TypeError],
    ['', RangeError],
    ['bots.example', RangeError],
    ['ftp://bots.example', RangeError],
    ['wss://bots.example#short', RangeError],
    ['wss://bots.example#skein=sk1_abc', RangeError],
    [`wss://bots.example#${'A'.repeat(44)}`, RangeError],
  ])('throws for %s at the call', (url, type) => {
    const group = new WebGroup()
    expect(() => void group.invite(url as string)).toThrow(type)
  })
})

describe('an invitation', () => {
  const options = (fake: ReturnType<typeof createFakePlatform>) => ({
    platform: fake.platform,
    key: 'a key',
    find: () => null,
    onSocket: (socket: { close(): void }) => socket.close(),
  })

  it.each<[string, FakeBotScript, string]>([
    ['INVITE', {}, 'proof'],
    ['KEY', {}, 'reply'],
    ['its own REPLY', { reply: () => ({ type: 'comes', member: new Uint8Array(16) }) }, 'then'],
  ])('I1: ends 15 s after the call when the bot stalls after %s', async (_what, script, at) => {
    const fake = createFakePlatform()
    const invites = new Invites(options(fake))
    const stalled = new Promise<string>((resolve) => {
      const tell = (): void => resolve('')
      const proof = (right: Uint8Array): readonly Uint8Array[] => {
        if (at !== 'proof') return [right]
        tell()
        return []
      }
      const reply = (): InviteReply | null => {
        if (at !== 'then') tell()
        return script.reply?.() ?? null
      }
      void startFakeBot({ proof, reply, then: tell }).then(({ url }) => {
        inviting = invites.invite({ url, pin: null }, undefined)
        inviting.catch(() => undefined)
      })
    })
    let inviting: Promise<string> | undefined
    await stalled
    fake.advance(14_999)
    const early = Promise.race([inviting, new Promise((resolve) => setImmediate(() => resolve('waits')))])
    expect(await early).toBe('waits')
    fake.advance(1)
    await expect(inviting).rejects.toEqual(code('invite-failed', 'within "15000" ms'))
    await vi.waitFor(() => expect(fake.timers).toBe(0))
  })

  it('settles when the group is left in the very moment that the bot says that it comes', async () => {
    const invites: Invites = new Invites({
      ...options(createFakePlatform()),
      onSocket: (socket) => {
        socket.close()
        invites.end(new Error('left') as never)
      },
    })
    const { url } = await startFakeBot({ reply: () => ({ type: 'comes', member: new Uint8Array(16) }) })
    await expect(invites.invite({ url, pin: null }, undefined)).rejects.toThrow('left')
  })

  it('is one when a thousand are made to one URL at once', async () => {
    const { join, startBot } = await setupBots()
    const { url, server, bot } = await startBot()
    const ada = await join()
    let sockets = 0
    server.on('upgrade', () => sockets++)
    const ids = await Promise.all(Array.from({ length: 1_000 }, () => ada.invite(url)))
    expect([new Set(ids).size, sockets, bot.groups.length]).toEqual([1, 1, 1])
  })

  it('may be repeated a thousand times, and leaves no socket behind', async () => {
    const { join, startBot } = await setupBots()
    const { url, server, bot } = await startBot()
    const ada = await join()
    const ids = new Set<string>()
    for (let i = 0; i < 1_000; i++) ids.add(await ada.invite(url))
    expect([ids.size, bot.groups.length, ada.members.length]).toEqual([1, 1, 2])
    const count = () => new Promise((resolve) => server.getConnections((_error, connections) => resolve(connections)))
    await vi.waitFor(async () => expect(await count()).toBe(1))
  })

  it('reaches a bot where the server has a path and query of its own', async () => {
    const { join, startBot } = await setupBots()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/a/bot`
    const { hosted } = await startBot({ url: address }, server)
    const ada = await join()
    const joined = nextEvent(ada, 'member:join')
    expect(await ada.invite(`${address}?room=1`)).toBe((await joined).id)
    expect(hosted).toHaveLength(1)
    server.close()
  })
})
