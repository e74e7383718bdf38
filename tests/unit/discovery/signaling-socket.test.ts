import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { platform } from '#platform'
import { openSignaling, type SignalingClosed, type SignalingSocket } from '../../../sdk/discovery/signaling-socket.js'
import type { ClientSocket, Platform } from '../../../sdk/platform/platform.js'
import { SUBPROTOCOL } from '../../../sdk/protocol/server-frames.js'
import { createFakePlatform } from '../../support/fake-platform.js'

const cleanUps: (() => void)[] = []

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

/** A promise with its resolve function outside. */
const deferred = <Value>() => {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`))
  })

/** A server that speaks this subprotocol, or none, and hands each socket to the test. */
const serve = async (
  subprotocol: string | false,
  onSocket: (socket: WebSocket) => void = () => {},
): Promise<string> => {
  const server = createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: () => subprotocol })
  sockets.on('connection', onSocket)
  cleanUps.push(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
  })
  return listen(server)
}

/** A port on which nobody listens. */
const deadUrl = async (): Promise<string> => {
  const server = createServer()
  const url = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return url
}

const dial = (urls: readonly string[], on: Pick<Platform, 'now' | 'setTimer' | 'soon' | 'loadSocket'> = platform) => {
  const opened = deferred<{ url: string; room: number }>()
  const closed = deferred<SignalingClosed>()
  const bytes: Uint8Array[] = []
  const rooms: number[] = []
  let changed = deferred<null>()
  let calls = 0
  const note = (): void => {
    calls += 1
    changed.resolve(null)
    changed = deferred()
  }
  const socket: SignalingSocket = openSignaling({
    urls,
    platform: on,
    handlers: {
      onOpen: (info) => {
        note()
        opened.resolve(info)
      },
      onBytes: (frame) => {
        bytes.push(frame)
        note()
      },
      onRoom: (room) => {
        rooms.push(room)
        note()
      },
      onClose: (info) => {
        note()
        closed.resolve(info)
      },
    },
  })
  cleanUps.push(() => socket.close())
  return {
    socket,
    opened: opened.promise,
    closed: closed.promise,
    bytes,
    rooms,
    calls: () => calls,
    until: async (check: () => boolean): Promise<void> => {
      while (!check()) await changed.promise
    },
  }
}

describe('openSignaling', () => {
  test('opens, and carries bytes both ways', async () => {
    const url = await serve(SUBPROTOCOL, (socket) => socket.on('message', (data) => socket.send(data)))
    const client = dial([url])
    expect(await client.opened).toEqual({ url, room: 1_048_576 })
    client.socket.write(Uint8Array.of(1, 2, 3))
    client.socket.write(new Uint8Array(65_536).fill(7))
    await client.until(() => client.bytes.length === 2)
    expect(client.bytes).toEqual([Uint8Array.of(1, 2, 3), new Uint8Array(65_536).fill(7)])
  })

  test.each([
    ['another subprotocol', 'other' as const],
    ['no subprotocol', false as const],
  ])('S1: refuses a server that speaks %s', async (_what, subprotocol) => {
    const client = dial([await serve(subprotocol)])
    expect(await client.closed).toMatchObject({ opened: false, refused: true })
  })

  test('refuses a socket whose runtime lets a missing subprotocol pass', async () => {
    const url = await serve(SUBPROTOCOL)
    const lenient = {
      ...platform,
      loadSocket: async () => {
        const open = await platform.loadSocket()
        return (address: string, protocols: readonly string[]): ClientSocket => {
          const socket = open(address, protocols)
          Object.defineProperty(socket, 'protocol', { value: '' })
          return socket
        }
      },
    }
    const info = await dial([url], lenient).closed
    expect(info).toMatchObject({ opened: false, refused: true })
    expect(info.reason).toContain('not a skein server')
  })

  test('refuses a web server that knows no WebSocket', async () => {
    const server = createServer((_request, response) => response.writeHead(404).end())
    const url = await listen(server)
    cleanUps.push(() => server.close())
    expect(await dial([url]).closed).toMatchObject({ code: 404, opened: false, refused: true })
  })

  test('tells a server that is unavailable by its status, and not as a refusal', async () => {
    const server = createServer()
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'))
    const url = await listen(server)
    cleanUps.push(() => server.close())
    expect(await dial([url]).closed).toMatchObject({ code: 503, opened: false, refused: false })
  })

  test('reports a dead port', async () => {
    const url = await deadUrl()
    const info = await dial([url]).closed
    expect(info).toMatchObject({ code: 1006, opened: false, refused: false })
    expect(info.reason).toContain(url)
  })

  test('goes on to the next address', async () => {
    const url = await serve(SUBPROTOCOL)
    const client = dial([await deadUrl(), await serve('other'), url])
    expect((await client.opened).url).toBe(url)
  })

  test('names every address when none opens, and that one of them refused', async () => {
    const urls = [await serve('other'), await deadUrl()]
    const info = await dial(urls).closed
    expect(info).toMatchObject({ opened: false, refused: true })
    for (const url of urls) expect(info.reason).toContain(url)
  })

  test('goes on after 5 s to the next address from one that does not answer', async () => {
    const connected = deferred<null>()
    const mute = createTcpServer(() => connected.resolve(null))
    const muteUrl = await listen(mute)
    const clock = createFakePlatform()
    const url = await serve(SUBPROTOCOL)
    const client = dial([muteUrl, url], clock.platform)
    await connected.promise
    clock.advance(4_999)
    expect(client.calls()).toBe(0)
    clock.advance(1)
    expect((await client.opened).url).toBe(url)
    expect(clock.timers).toBe(0)
    await new Promise((resolve) => mute.close(resolve))
  })

  test.each([
    [4013, 'full', true],
    [1012, 'restart', false],
  ])('passes on close code %i', async (code, reason, refused) => {
    const url = await serve(SUBPROTOCOL, (socket) => socket.close(code, reason))
    expect(await dial([url]).closed).toEqual({ code, reason, opened: true, refused })
  })

  test('sees a server that vanishes', async () => {
    const url = await serve(SUBPROTOCOL, (socket) => socket.terminate())
    expect(await dial([url]).closed).toMatchObject({ code: 1006, opened: true, refused: false })
  })

  test.each([
    ['text', 'hello'],
    ['a frame over 64 KiB', new Uint8Array(65_537)],
    ['a frame beyond what the socket takes', new Uint8Array(2 * 1024 * 1024)],
  ])('S22: closes on %s', async (_what, data) => {
    const url = await serve(SUBPROTOCOL, (socket) => socket.send(data))
    const client = dial([url])
    expect(await client.closed).toMatchObject({ opened: true })
    expect(client.bytes).toEqual([])
  })

  test('close() while connecting is silent', async () => {
    const atServer = deferred<WebSocket>()
    const url = await serve(SUBPROTOCOL, atServer.resolve)
    const [early, late] = [dial([url]), dial([url])]
    early.socket.close()
    // By now the late one has a socket that connects.
    await new Promise(setImmediate)
    late.socket.close()
    late.socket.close()
    const third = dial([url])
    await third.opened
    expect([early.calls(), late.calls()]).toEqual([0, 0])
  })

  test('close() sends what was written, and then is silent', async () => {
    const received = deferred<number>()
    const closed = deferred<number>()
    const url = await serve(SUBPROTOCOL, (socket) => {
      let size = 0
      socket.on('message', (data: Buffer) => (size += data.length))
      socket.on('close', (code) => {
        received.resolve(size)
        closed.resolve(code)
      })
    })
    const client = dial([url])
    await client.opened
    for (let i = 0; i < 10; i++) client.socket.write(new Uint8Array(50_000))
    client.socket.close()
    client.socket.write(Uint8Array.of(1))
    expect(await received.promise).toBe(500_000)
    expect(await closed.promise).toBe(1000)
    expect(client.calls()).toBe(1)
  })

  test('reports room when a server that did not read reads again', async () => {
    const atServer = deferred<WebSocket>()
    const url = await serve(SUBPROTOCOL, (socket) => {
      socket.pause()
      atServer.resolve(socket)
    })
    const client = dial([url])
    const { room } = await client.opened
    // More than the kernel buffers for both ends, in steps of what there is room for.
    let left = room
    for (let written = 0; written < 32 * room && left >= 65_536; written += 65_536) {
      client.socket.write(new Uint8Array(65_536))
      left -= 65_536
      await new Promise(setImmediate)
      left = client.rooms.pop() ?? left
    }
    expect(left).toBeLessThan(65_536)
    const server = await atServer.promise
    server.resume()
    await client.until(() => client.rooms.length > 0)
    expect(client.rooms[0]).toBeGreaterThan(room / 2)
  })

  test('reports a socket that cannot be made', async () => {
    const info = await dial(['ws://127.0.0.1/#fragment']).closed
    expect(info).toMatchObject({ opened: false, refused: false })
    expect(info.reason).toMatch(/fragment/)
  })
})
