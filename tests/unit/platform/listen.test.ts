import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'
import { listenForSockets, type ListenOptions } from '../../../sdk/platform/listen.node.js'
import type { SocketLike } from '../../../sdk/platform/platform.js'
import { countConnections, listen, untilNoConnections } from '../../support/socket-servers.js'

const subprotocol = 'test.1'

const setup = async (options: Partial<ListenOptions> = {}, server: Server = createServer()) => {
  const url = server.listening ? '' : await listen(server)
  const sockets: SocketLike[] = []
  const stop = listenForSockets({
    server,
    path: '/',
    subprotocol,
    maxBytes: 1_000,
    admits: () => true,
    onSocket: (socket) => sockets.push(socket),
    ...options,
  })
  onTestFinished(stop)
  return { server, url, sockets, stop, port: (server.address() as AddressInfo).port }
}

/** The subprotocol of a socket that opened, or the HTTP status that it was refused with. */
const dial = (url: string, protocols: string[] = [subprotocol], options: ClientOptions = {}): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, protocols, options)
    onTestFinished(() => socket.terminate())
    socket.once('open', () => resolve(socket.protocol))
    socket.once('unexpected-response', (_request, response) => resolve(String(response.statusCode)))
    socket.once('error', ({ message }) => resolve(message))
  })

const upgrade = (target: string, name = subprotocol): string =>
  [
    `GET ${target} HTTP/1.1`,
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Sec-WebSocket-Protocol: ${name}`,
    '\r\n',
  ].join('\r\n')

/** What the server answers to these very bytes, to its end or to the end of its headers. */
const send = (port: number, text: string): Promise<{ readonly socket: Socket; readonly answer: string }> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', (data: string) => {
      answer += data
      if (answer.includes('\r\n\r\n')) resolve({ socket, answer })
    })
    socket.on('close', () => resolve({ socket, answer }))
    socket.on('error', reject)
    socket.write(text)
  })

describe('listenForSockets', () => {
  it('takes sockets of its path and subprotocol, queries and further subprotocols aside', async () => {
    const { url, sockets } = await setup({ path: '/bot' })
    expect(await dial(`${url}/bot`)).toBe(subprotocol)
    expect(await dial(`${url}/bot?a=b`, ['other', subprotocol])).toBe(subprotocol)
    expect(sockets).toHaveLength(2)
  })

  it.each([
    ['another path', '/other', [subprotocol]],
    ['a path that only begins alike', '/bots', [subprotocol]],
    ['another subprotocol', '/bot', ['other']],
    ['no subprotocol', '/bot', []],
  ])('answers 400 to %s', async (_what, path, protocols) => {
    const { url, server, sockets } = await setup({ path: '/bot' })
    expect(await dial(url + path, protocols)).toBe('400')
    expect(sockets).toEqual([])
    await untilNoConnections(server)
  })

  it('answers 503 to who is not admitted', async () => {
    const { url, server } = await setup({ admits: () => false })
    expect(await dial(url)).toBe('503')
    await untilNoConnections(server)
  })

  it('leaves the requests of a web page to the server', async () => {
    const { url } = await setup(
      {},
      createServer((_request, response) => response.end('a page')),
    )
    expect(await (await fetch(url.replace('ws:', 'http:'))).text()).toBe('a page')
  })

  it.each(['//', '*', '/%', '//evil.example/', 'http://[', '/\u00ff', `/${'x'.repeat(8_000)}`])(
    'answers 400 to the target %s, and goes on',
    async (target) => {
      const { port, url, server } = await setup()
      const { answer } = await send(port, upgrade(target))
      expect(answer).toMatch(/^HTTP\/1.1 400 /)
      expect(await dial(url)).toBe(subprotocol)
      expect(await countConnections(server)).toBeLessThanOrEqual(2)
    },
  )

  it('is not ended by who asks for another path and hangs up', async () => {
    const { port, url, server } = await setup({ path: '/bot' })
    // Others listen too, so that this is left open for them.
    await setup({ path: '/other' }, server)
    const socket = connect(port, '127.0.0.1')
    const upgraded = new Promise((resolve) => server.once('upgrade', resolve))
    socket.write(upgrade('/nobody'))
    await upgraded
    socket.resetAndDestroy()
    await untilNoConnections(server)
    expect(await dial(`${url}/bot`)).toBe(subprotocol)
  })

  it('shares a server by path, and refuses what belongs to nobody', async () => {
    const { url, server, sockets, stop } = await setup({ path: '/one' })
    const other = await setup({ path: '/two' }, server)
    expect([await dial(`${url}/one`), await dial(`${url}/two`)]).toEqual([subprotocol, subprotocol])
    expect([sockets.length, other.sockets.length]).toEqual([1, 1])
    expect(await dial(`${url}/three`)).toBe('400')
    stop()
    expect(await dial(`${url}/one`)).toBe('400')
    expect(await dial(`${url}/two`)).toBe(subprotocol)
  })

  it('throws for a path that is taken already, until that is free again', async () => {
    const { url, server, stop } = await setup({ path: '/one' })
    await expect(setup({ path: '/one' }, server)).rejects.toThrow(RangeError)
    expect(await dial(`${url}/one`)).toBe(subprotocol)
    stop()
    await setup({ path: '/one' }, server)
    expect(await dial(`${url}/one`)).toBe(subprotocol)
  })

  it('closes what is open when it is stopped, and nothing else', async () => {
    const { url, server, stop, sockets } = await setup()
    const closed = new Promise((resolve) => {
      const socket = new WebSocket(url, [subprotocol])
      socket.once('close', resolve)
      socket.once('open', stop)
    })
    expect(await closed).toBe(1001)
    expect(sockets).toHaveLength(1)
    stop()
    await untilNoConnections(server)
    expect(server.listening).toBe(true)
  })

  it('closes a socket with a message beyond the limit, and hands over bytes as ArrayBuffer', async () => {
    const heard: unknown[] = []
    const { url } = await setup({ onSocket: (socket) => (socket.onmessage = ({ data }) => heard.push(data)) })
    const socket = new WebSocket(url, [subprotocol])
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.once('open', () => {
      socket.send(new Uint8Array(1_000))
      socket.send(new Uint8Array(1_001))
    })
    expect(await closed).toBe(1009)
    expect(heard.map((data) => data instanceof ArrayBuffer && data.byteLength)).toEqual([1_000])
  })

  it('destroys a socket whose client never answers the close', async () => {
    const { port, server, stop } = await setup()
    const { answer, socket } = await send(port, upgrade('/'))
    expect(answer).toMatch(/^HTTP\/1.1 101 /)
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.pause()
    stop()
    await untilNoConnections(server)
    socket.resume()
    await ended
  })
})
