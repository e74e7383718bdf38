import { describe, expect, it } from 'vitest'
import { platform } from '#platform'
import type { WebSocket } from 'ws'
import { DialedLink, openLinkSocket } from '../../../sdk/link/dialed-link.js'
import { webSocket } from '../../../sdk/link/websocket.js'
import type { ClientSocket } from '../../../sdk/platform/platform.js'
import { LINK_SUBPROTOCOL } from '../../../sdk/protocol/socket-frames.js'
import { LinkEnd } from '../../contract/link.js'
import { createFakePlatform } from '../../support/fake-platform.js'
import { deadUrl, listenWith, listenWithHttp } from '../../support/socket-servers.js'

/** The platform of Node, with the sockets that it opens, and a wait for the first. */
const watchSockets = (base = platform) => {
  const opened: ClientSocket[] = []
  let tell: (socket: WebSocket) => void = () => {}
  const first = new Promise<WebSocket>((resolve) => (tell = resolve))
  const loadSocket = async (): ReturnType<typeof platform.loadSocket> => {
    const open = await base.loadSocket()
    return (url, protocols) => {
      const socket = open(url, protocols)
      opened.push(socket)
      tell(socket as unknown as WebSocket)
      return socket
    }
  }
  return { platform: { ...base, loadSocket }, opened, first }
}

const dial = (address: string, base = platform): LinkEnd =>
  new LinkEnd((handlers) => new DialedLink(address, base, handlers))

const open = async (handle: (socket: WebSocket) => void): Promise<LinkEnd> => {
  const end = dial(await listenWith(LINK_SUBPROTOCOL, handle))
  await end.until(() => end.count('open') === 1)
  return end
}

const untilClosed = async (end: LinkEnd): Promise<string> => {
  await end.until(() => end.closeReason !== undefined)
  return end.closeReason ?? ''
}

const CLOSING = 2

it('webSocket() is a transport that is dialled once it is loaded', async () => {
  const transport = webSocket()
  expect(transport).toMatchObject({ kind: 'dialed', name: 'websocket' })
  const address = await listenWith(LINK_SUBPROTOCOL, () => {})
  const dialIt = (): LinkEnd => new LinkEnd((handlers) => transport.dial({ address, handlers }))
  expect(dialIt).toThrow('was not loaded')
  await transport.load()
  const end = dialIt()
  await end.until(() => end.count('open') === 1)
})

describe('a dialled link', () => {
  it.each([
    ['nobody listens', deadUrl, 'cannot connect'],
    ['a web server is', () => listenWithHttp((_request, response) => response.writeHead(404).end()), 'HTTP status 404'],
    ['a server of another subprotocol is', () => listenWith('other', () => {}), ''],
    ['a server without subprotocols is', () => listenWith(false, () => {}), ''],
  ])('says why it did not open where %s, and leaves nothing open', async (_where, start, reason) => {
    const { platform: watched, opened } = watchSockets()
    const end = dial(await start(), watched)
    expect(await untilClosed(end)).toContain(reason)
    expect(end.happenings).toHaveLength(1)
    expect(opened[0]?.readyState).toBeGreaterThanOrEqual(CLOSING)
  })

  it('gives up on a server that never answers after 10 s', async () => {
    const address = await listenWithHttp(() => {})
    const fake = createFakePlatform()
    const { platform: watched, opened, first } = watchSockets(fake.platform)
    const end = dial(address, watched)
    await first
    fake.advance(9_999)
    expect(end.count('close')).toBe(0)
    fake.advance(1)
    expect(await untilClosed(end)).toBe('no answer in time')
    expect(opened[0]?.readyState).toBeGreaterThanOrEqual(CLOSING)
    expect(fake.timers).toBe(0)
  })

  it.each(['close', 'end'] as const)('%s() while it is dialled is silent and leaves nothing open', async (way) => {
    const address = await listenWith(LINK_SUBPROTOCOL, () => {})
    const { platform: watched, first } = watchSockets()
    const end = dial(address, watched)
    const closed = new Promise((resolve) => void first.then((socket) => socket.once('close', resolve)))
    await first
    if (way === 'close') end.close()
    else await end.link.end(60_000)
    await closed
    expect(end.happenings).toEqual([])
  })

  it('close() before the socket is even made makes none', async () => {
    const { platform: watched, opened } = watchSockets()
    const end = dial(await deadUrl(), watched)
    end.close()
    await new Promise(setImmediate)
    expect([opened, end.happenings]).toEqual([[], []])
  })

  it('takes an address that is none for a link that is lost', async () => {
    expect(await untilClosed(dial('not an address'))).toMatch(/./)
  })

  it('hears what a server says as soon as it is dialled', async () => {
    const end = dial(await listenWith(LINK_SUBPROTOCOL, (socket) => socket.send(Uint8Array.of(1))))
    await end.until(() => end.count('bytes') === 1)
    expect(end.happenings.map(({ type }) => type)).toEqual(['open', 'bytes'])
    end.close()
  })

  it('hears of a socket that is closed right after it was opened', async () => {
    const end = dial(await listenWith(LINK_SUBPROTOCOL, (socket) => socket.close(4_001, 'not you')))
    expect(await untilClosed(end)).toMatch(/not you|closed/)
  })

  it.each<[string, (socket: WebSocket) => void, code: number]>([
    ['text', (socket) => socket.send('hello'), 4000],
    ['an empty frame', (socket) => socket.send(new Uint8Array()), 4000],
    ['a frame beyond 64 KiB', (socket) => socket.send(new Uint8Array(65_537)), 4009],
    // By the socket itself, before the link hears of it.
    ['a frame beyond what the socket takes', (socket) => socket.send(new Uint8Array(2 ** 21)), 1009],
  ])('L5, L8: ends with %s, says so, and delivers none of it', async (_what, misbehave, code) => {
    let theirs: WebSocket | undefined
    const end = await open((socket) => (theirs = socket))
    const closed = new Promise((resolve) => theirs?.once('close', resolve))
    theirs?.send(Uint8Array.of(1))
    await end.until(() => end.count('bytes') === 1)
    if (theirs) misbehave(theirs)
    expect(await untilClosed(end)).toMatch(/./)
    expect([end.count('bytes'), end.count('close')]).toEqual([1, 1])
    expect(await closed).toBe(code)
  })

  it.each([
    ['1000', undefined],
    ['the code that it is given', 4000],
  ])('L8: is closed with %s', async (_what, code) => {
    let theirs: WebSocket | undefined
    const end = await open((socket) => (theirs = socket))
    const closed = new Promise((resolve) => theirs?.once('close', resolve))
    end.link.close(code)
    expect(await closed).toBe(code ?? 1000)
  })

  it('ends with a description, which no socket has', async () => {
    const end = await open(() => {})
    end.signal(Uint8Array.of(1))
    expect(await untilClosed(end)).toContain('description')
  })

  it('has no unreliable lane, and writes nothing for it', async () => {
    const heard: Buffer[] = []
    const end = await open((socket) => socket.on('message', (data: Buffer) => heard.push(data)))
    expect(end.room.unreliable).toBe(0)
    end.write('unreliable', Uint8Array.of(1))
    end.write('reliable', Uint8Array.of(2))
    await end.link.end(5_000)
    expect(heard).toEqual([Buffer.of(2)])
  })

  it('L6: gives no room while the other side does not read, and end() then takes no longer than it is given', async () => {
    const end = await open((socket) => socket.pause())
    const frame = new Uint8Array(65_536)
    let written = 0
    // What the kernel takes counts as sent, so this needs more than its buffers.
    while (written < 2 ** 26) {
      if (end.room.reliable < frame.length) {
        const rooms = end.count('room')
        const more = await Promise.race([
          end.until(() => end.count('room') > rooms).then(() => true),
          new Promise<false>((resolve) => setTimeout(() => resolve(false), 300)),
        ])
        if (!more) break
      }
      end.write('reliable', frame)
      written += frame.length
    }
    expect(written).toBeLessThan(2 ** 26)
    await end.link.end(50)
  })
})

describe('openLinkSocket', () => {
  it('rejects with the reason of its signal, before it is dialled and meanwhile', async () => {
    const address = await listenWith(LINK_SUBPROTOCOL, () => {})
    const reason = new Error('mine')
    const take = (): void => expect.unreachable()
    await expect(openLinkSocket({ address, platform, signal: AbortSignal.abort(reason), take })).rejects.toBe(reason)
    const { platform: watched, first } = watchSockets()
    const controller = new AbortController()
    const opening = openLinkSocket({ address, platform: watched, signal: controller.signal, take })
    const closed = new Promise((resolve) => void first.then((socket) => socket.once('close', resolve)))
    await first
    controller.abort(reason)
    await expect(opening).rejects.toBe(reason)
    await closed
  })
})
