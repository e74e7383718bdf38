import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { expect, describe, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { setup, untilAllDirect, untilAllTalk, useBrowser } from './support.js'

useBrowser()

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const startWebServer = async (): Promise<string> => {
  const server = createServer((_, response) => response.end('<h1>A web site</h1>'))
  onTestFinished(() => {
    server.close()
  })
  return listen(server)
}

/** Sends back whatever it is sent, and agrees to every subprotocol if it is told to. */
const startEcho = async (agrees: boolean): Promise<string> => {
  const server = createServer()
  const handleProtocols = (offered: Set<string>): string | false => (agrees ? ([...offered][0] ?? false) : false)
  const sockets = new WebSocketServer({ server, handleProtocols })
  sockets.on('connection', (socket) =>
    socket.on('message', (data: Buffer, isBinary) => socket.send(data, { binary: isBinary })),
  )
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
  })
  return listen(server)
}

const startNothing = async (): Promise<string> => {
  const server = createServer()
  const url = await listen(server)
  await new Promise((done) => server.close(done))
  return url
}

describe('join', () => {
  // A browser tells a script nothing of why a socket did not open.
  it.each([
    ['signaling-unreachable', 'nothing listens', startNothing],
    ['signaling-unreachable', 'a web server is', startWebServer],
    ['signaling-unreachable', 'a WebSocket server of another kind is', () => startEcho(false)],
    ['signaling-refused', 'a server only pretends to be a skein server', () => startEcho(true)],
  ])('rejects with %s where %s, and nothing stays open', async (code, _, start) => {
    const { openPage, createMember, key } = await setup()
    const me = await createMember(await openPage(), { signaling: await start() })
    const outcome = await me.evaluate(async ({ group, rules }, groupKey) => {
      const error = (await group.join(groupKey).catch((reason: unknown) => reason)) as { code?: string }
      return { code: error.code, state: group.state, signaling: group.signalingState, open: rules.open.size }
    }, key)
    expect(outcome).toEqual({ code, state: 'left', signaling: 'closed', open: 0 })
  })
})

describe('a member that writes', () => {
  it.each([
    ['random bytes', 'random', 500],
    ['a frame beyond the limit', 'oversized', 65_537],
    ['text', 'text', 0],
    ['an empty frame', 'empty', 0],
  ] as const)('%s loses that link alone, and the others talk on', async (_, kind, size) => {
    const { joinAll } = await setup()
    const members = await joinAll(3)
    await untilAllDirect(members)
    const [ada, bob, mallory] = members
    await mallory.me.evaluate(
      ({ rules }, [id, what, bytes]) => {
        const [reliable] = rules.channels.get(id) ?? []
        if (reliable === undefined) throw new Error('no channel')
        if (what === 'text') reliable.send('hello')
        else reliable.send(new Uint8Array(window.harness.createBytes(what === 'empty' ? 0 : bytes, 99)))
      },
      [ada.id, kind, size] as const,
    )
    await ada.me.evaluate(
      (me, id) =>
        me.until('the link to close', () =>
          me.happened('link:change').some((event) => {
            const change = event as { id: string; previous: string }
            return change.id === id && change.previous === 'direct'
          }),
        ),
      mallory.id,
    )
    await untilAllTalk([ada, bob], 'still')
    expect(await ada.me.evaluate((me, id) => me.path(id), bob.id)).toBe('direct')
    expect(await bob.me.evaluate((me, id) => me.path(id), mallory.id)).toBe('direct')
    for (const { me } of [ada, bob]) expect(await me.evaluate((m) => m.happened('error'))).toEqual([])
  })

  it('its frames again, in another order, has nothing delivered twice', async () => {
    const { joinAll } = await setup()
    const members = await joinAll(3)
    await untilAllDirect(members)
    const [ada, bob, mallory] = members
    await mallory.me.evaluate(async ({ group, rules }, id) => {
      const [channel] = rules.channels.get(id) ?? []
      if (channel === undefined) throw new Error('no channel')
      const frames: Uint8Array<ArrayBuffer>[] = []
      const send = channel.send.bind(channel) as (bytes: Uint8Array<ArrayBuffer>) => void
      channel.send = (data: unknown) => {
        frames.push((data as Uint8Array<ArrayBuffer>).slice())
        send(data as Uint8Array<ArrayBuffer>)
      }
      await group.send('once')
      await group.sendTo(id, 'twice?')
      for (const frame of frames.slice().reverse()) send(frame)
      for (const frame of frames.slice()) send(frame)
    }, ada.id)
    await untilAllTalk([ada, bob], 'still')
    await ada.me.evaluate((me) => me.untilMessage('twice?'))
    // What is said from here on comes after all of it, by whatever link there is.
    await mallory.me.evaluate(({ group }) => group.send('over'))
    await ada.me.evaluate((me) => me.untilMessage('over'))
    expect(await ada.me.evaluate((me, id) => me.heardFrom(id), mallory.id)).toEqual(['once', 'twice?', 'over'])
    expect(await ada.me.evaluate((m) => m.happened('error'))).toEqual([])
  })
})
