import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createSignaling, type SignalingOptions, type SignalingServer } from '../../../signaling/index.js'
import { Refused, TestClient, type DialOptions } from './server-client.js'

const globals = { Request, Response }
const servers: SignalingServer[] = []
const start = async (options: SignalingOptions = {}): Promise<SignalingServer> => {
  const server = await createSignaling({ port: 0, ...options }).listen()
  servers.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const http = (server: SignalingServer) => server.url.replace('ws:', 'http:')
const health = async (server: SignalingServer): Promise<unknown> => (await fetch(`${http(server)}/health`)).json()
const statusOf = async (url: string, options: DialOptions): Promise<number> => {
  try {
    const client = await TestClient.dial(url, options)
    client.socket.close()
    return 101
  } catch (error) {
    if (error instanceof Refused) return error.status
    throw error
  }
}

describe('a room on a real server', () => {
  it('S14: introduces a newcomer to three of twenty', async () => {
    const server = await start()
    const members: TestClient[] = []
    for (let i = 0; i < 20; i++) {
      const member = await TestClient.dial(server.url)
      const welcome = await member.join()
      expect(welcome.empty).toBe(i === 0)
      expect(welcome.introductions).toHaveLength(Math.min(i, 3))
      members.push(member)
    }
    for (const member of members) await member.settle()
    const newcomer = await TestClient.dial(server.url)
    const { introductions } = await newcomer.join()
    const chosen = introductions.map(({ connection }) => Buffer.from(connection).toString('hex'))
    for (const member of members) {
      const told = (await member.settle()).map(({ type }) => type)
      expect(told).toEqual(chosen.includes(Buffer.from(member.id).toString('hex')) ? ['introduced'] : [])
    }
  })

  it('S16: carries signals of any size within it, and none out of it', async () => {
    const server = await start()
    const [alice, bob, mallory] = await Promise.all([1, 2, 3].map(() => TestClient.dial(server.url)))
    if (!alice || !bob || !mallory) throw new Error('unreachable')
    await alice.join(1)
    await bob.join(1)
    await mallory.join(2)
    await alice.next('introduced')
    for (const size of [1, 1_000, 60 * 1024]) {
      const payload = new Uint8Array(size).fill(size)
      bob.send({ type: 'signal', connection: alice.id, payload })
      expect(await alice.next('signal')).toEqual({ type: 'signal', connection: bob.id, payload })
    }
    mallory.send({ type: 'signal', connection: alice.id, payload: Uint8Array.of(1) })
    expect((await mallory.next('gone')).connection).toEqual(alice.id)
    expect(await alice.settle()).toEqual([])
  })

  it('S11: closes only who offends, with the documented code', async () => {
    const server = await start()
    const alice = await TestClient.dial(server.url)
    const bob = await TestClient.dial(server.url)
    await alice.join()
    await bob.join()
    await alice.next('introduced')

    const offences: [string, number, (client: TestClient) => void][] = [
      ['garbage', 4000, ({ socket }) => socket.send(Uint8Array.of(0xff, 1, 2, 3))],
      ['nothing', 4000, ({ socket }) => socket.send(new Uint8Array())],
      ['text', 4000, ({ socket }) => socket.send('hello')],
      ['a frame out of turn', 4000, (client) => client.send({ type: 'pong' })],
      ['a frame that is too large', 4009, ({ socket }) => socket.send(new Uint8Array(65_537))],
      ['a frame that is far too large', 4009, ({ socket }) => socket.send(new Uint8Array(1_000_000))],
      [
        'a frame in too many parts',
        4009,
        ({ socket }) => {
          for (let i = 0; i < 17; i++) socket.send(Uint8Array.of(1), { fin: false })
        },
      ],
      ['another version', 4014, ({ socket }) => socket.send(Uint8Array.of(1, 9))],
    ]
    for (const [name, code, offend] of offences) {
      const mallory = await TestClient.dial(server.url)
      offend(mallory)
      expect([name, (await mallory.closed).code]).toEqual([name, code])
    }
    const joined = await TestClient.dial(server.url)
    await joined.join()
    joined.socket.send(Uint8Array.of(0xff))
    expect((await joined.closed).code).toBe(4000)

    await alice.settle()
    bob.send({ type: 'signal', connection: alice.id, payload: Uint8Array.of(7) })
    expect((await alice.next('signal')).payload).toEqual(Uint8Array.of(7))
    expect(await health(server)).toEqual({ status: 'ok', connections: 2, rooms: 1 })
  })

  it('S8: closes a client that floods with 4029', async () => {
    const server = await start()
    const mallory = await TestClient.dial(server.url)
    await mallory.join()
    for (let i = 0; i < 300; i++) mallory.send({ type: 'pong' })
    expect((await mallory.closed).code).toBe(4029)
  })

  it('S10: closes a client that does not read with 4008 and goes on', async () => {
    const server = await start({ limits: { bufferedBytes: 8 * 1024, byteBurst: 1e9, frameBurst: 1e6 } })
    const lazy = await TestClient.dial(server.url)
    const alice = await TestClient.dial(server.url)
    await lazy.join()
    await alice.join()
    lazy.socket.pause()
    const payload = new Uint8Array(60 * 1024)
    let gone = false
    while (!gone) {
      for (let i = 0; i < 20; i++) alice.send({ type: 'signal', connection: lazy.id, payload })
      gone = (await alice.settle()).some(({ type }) => type === 'gone')
    }
    expect(await health(server)).toMatchObject({ connections: 1 })
    lazy.socket.resume()
    expect((await lazy.closed).code).toBe(4008)
  })

  it('S7: pings, and closes who does not answer with 4002', async () => {
    const server = await start({ limits: { pingMs: 40, pongMs: 40 } })
    const alice = await TestClient.dial(server.url)
    const dead = await TestClient.dial(server.url)
    await alice.join()
    await dead.join()
    dead.send = () => {}
    expect((await dead.closed).code).toBe(4002)
    expect(await health(server)).toMatchObject({ connections: 1 })
    expect(alice.socket.readyState).toBe(alice.socket.OPEN)
  })

  it('S6: closes who does not join in time with 4010', async () => {
    const server = await start({ limits: { joinMs: 30 } })
    const idle = await TestClient.dial(server.url)
    expect((await idle.closed).code).toBe(4010)
  })

  it('S20: forgets a client whose connection breaks without a word', async () => {
    const server = await start()
    const alice = await TestClient.dial(server.url)
    const bob = await TestClient.dial(server.url)
    await alice.join()
    await bob.join()
    bob.socket.terminate()
    await expect.poll(() => health(server)).toEqual({ status: 'ok', connections: 1, rooms: 1 })
    alice.socket.close()
    await expect.poll(() => health(server)).toEqual({ status: 'ok', connections: 0, rooms: 0 })
  })
})

describe('the upgrade', () => {
  it('S1: is refused with 400 without the subprotocol', async () => {
    const { url } = await start()
    expect(await statusOf(url, { protocols: [] })).toBe(400)
    expect(await statusOf(url, { protocols: ['skein.2', 'graphql-ws'] })).toBe(400)
    expect(await statusOf(url, { protocols: ['skein.2', 'skein.1'] })).toBe(101)
  })

  it('names the subprotocol it speaks', async () => {
    const { url } = await start()
    const client = await TestClient.dial(url, { protocols: ['skein.2', 'skein.1'] })
    expect(client.socket.protocol).toBe('skein.1')
  })

  it('answers 404 on any other path', async () => {
    const { url } = await start()
    expect(await statusOf(`${url}/elsewhere`, {})).toBe(404)
  })

  it('S1, S2: is refused with 403 for pages of other origins, by the list given', async () => {
    const origin = (value: string) => ({ headers: { Origin: value } })
    const closed = await start()
    expect(await statusOf(closed.url, {})).toBe(101)
    expect(await statusOf(closed.url, origin('http://localhost:5173'))).toBe(101)
    expect(await statusOf(closed.url, origin('https://evil.example'))).toBe(403)
    expect(await statusOf(closed.url, origin('null'))).toBe(403)
    expect(await statusOf(closed.url, { headers: { Origin: 'https://app.example', Host: 'app.example:9' } })).toBe(101)
    const listed = await start({ origins: ['https://app.example', 'null'] })
    expect(await statusOf(listed.url, origin('https://app.example'))).toBe(101)
    expect(await statusOf(listed.url, origin('https://app.example:8443'))).toBe(403)
    expect(await statusOf(listed.url, origin('null'))).toBe(101)
    const open = await start({ origins: ['*'] })
    expect(await statusOf(open.url, origin('https://evil.example'))).toBe(101)
    expect(await statusOf(open.url, origin('null'))).toBe(101)
  })

  it('S13: is not limited on loopback', async () => {
    const { url } = await start({ limits: { socketsPerAddress: 1, newSocketsPerMinute: 1 } })
    const clients = await Promise.all([1, 2, 3].map(() => TestClient.dial(url)))
    expect(clients).toHaveLength(3)
  })

  it('has to come within its time', async () => {
    const { port } = await start({ limits: { headersMs: 50 } })
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (data) => (text += data.toString()))
      socket.on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 408/)
  })
})

describe('listen', () => {
  it('rejects on a busy port, saying so, and can be called again', async () => {
    const { port } = await start()
    const signaling = createSignaling({ port })
    await expect(signaling.listen()).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: the port is in use`)
    await servers.splice(0)[0]?.close()
    servers.push(await signaling.listen())
  })

  it('rejects a second call', async () => {
    const signaling = createSignaling({ port: 0 })
    servers.push(await signaling.listen())
    await expect(signaling.listen()).rejects.toThrow('started before')
  })

  it('leaves the globals of the process alone', async () => {
    await start()
    expect(globalThis.Request).toBe(globals.Request)
    expect(globalThis.Response).toBe(globals.Response)
  })

  it.each([
    ['a port out of range', { port: 65_536 }],
    ['a port that is no whole number', { port: 80.5 }],
    ['an origin without a scheme', { origins: ['app.example'] }],
    ['an origin with a path', { origins: ['https://app.example/chat'] }],
    ['a limit of zero', { limits: { members: 0 } }],
    ['a limit that does not exist', { limits: { colour: 1 } }],
  ])('is never reached with %s', (_name, options) => {
    expect(() => createSignaling(options as SignalingOptions)).toThrow(RangeError)
  })

  it('is never reached with an empty host', () => {
    expect(() => createSignaling({ host: '' })).toThrow(TypeError)
  })
})

describe('close', () => {
  it('S12: tells every client when to come back, closes with 1012, settles, and frees the port', async () => {
    const server = await start()
    const clients = await Promise.all([1, 2, 3].map(() => TestClient.dial(server.url)))
    for (const [room, client] of clients.entries()) await client.join(room)
    await server.close()
    for (const client of clients) {
      expect((await client.next('drain')).reconnectInMs).toBeLessThan(2_000)
      expect((await client.closed).code).toBe(1012)
    }
    await start({ port: server.port })
  })

  it('is idempotent', async () => {
    const server = await start()
    await Promise.all([server.close(), server.close()])
    await server.close()
  })

  it('settles though a client does not answer', async () => {
    const server = await start()
    const deaf = await TestClient.dial(server.url)
    await deaf.join()
    deaf.socket.pause()
    await server.close()
    deaf.socket.terminate()
  })

  it('settles though a connection is kept alive, and though a request never ends', async () => {
    const server = await start()
    const idle = connect(server.port, '127.0.0.1')
    idle.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => idle.once('data', resolve))
    const slow = connect(server.port, '127.0.0.1')
    slow.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\n')
    await new Promise((resolve) => slow.once('data', resolve))
    await server.close()
  })
})
