import { describe, expect, it, vi } from 'vitest'
import { platform } from '#platform'
import type { WebSocket } from 'ws'
import { WebGroup, webRTC, type WebGroupOptions } from '../../../sdk/group/index.js'
import { createMemoryNetwork } from '../../../sdk/link/memory.js'
import { createWebRtcTransport } from '../../../sdk/link/webrtc.js'
import { CLOSE_FULL, CLOSE_VERSION } from '../../../sdk/protocol/close-codes.js'
import { SUBPROTOCOL } from '../../../sdk/protocol/server-frames.js'
import { deadUrl, listenWith, listenWithHttp } from '../../support/socket-servers.js'
import { nextEvent, record, setup } from './setup.js'

const code = (value: string) => expect.objectContaining({ name: 'SkeinError', code: value }) as unknown

const createGroup = (options: WebGroupOptions) => {
  const group = new WebGroup({ transports: [createMemoryNetwork().transport], ...options })
  group.on('error', () => undefined)
  return group
}

const expectLeft = (group: WebGroup) => {
  expect([group.state, group.signalingState, group.myId, group.key]).toEqual(['left', 'closed', '', ''])
}

describe('WebGroup.join rejects with', () => {
  it('signaling-missing without a server', async () => {
    const group = createGroup({})
    await expect(group.join()).rejects.toEqual(code('signaling-missing'))
    expectLeft(group)
  })

  it('signaling-unreachable when no server of the list answers, without waiting for the timeout', async () => {
    const group = createGroup({ signaling: [await deadUrl(), await deadUrl()] })
    const log = record(group, ['state:change'])
    await expect(group.join()).rejects.toEqual(code('signaling-unreachable'))
    expectLeft(group)
    expect(log.map(({ event }) => event)).toEqual([
      { previous: 'left', next: 'joining', reason: 'join' },
      { previous: 'joining', next: 'left', reason: 'signaling-unreachable' },
    ])
  })

  it('signaling-refused by a web server', async () => {
    const url = await listenWithHttp((_request, response) => {
      response.end('hello')
    })
    const group = createGroup({ signaling: url })
    await expect(group.join()).rejects.toEqual(code('signaling-refused'))
    expectLeft(group)
  })

  it.each<[string, string | false, (socket: WebSocket) => void]>([
    ['a server of something else', false, () => undefined],
    [
      'a server that is full',
      SUBPROTOCOL,
      (socket) => {
        socket.close(CLOSE_FULL)
      },
    ],
    [
      'one that sends garbage',
      SUBPROTOCOL,
      (socket) => {
        socket.send(new Uint8Array(100).fill(255))
      },
    ],
    [
      'one that sends text',
      SUBPROTOCOL,
      (socket) => {
        socket.send('hello')
      },
    ],
  ])('signaling-refused by %s', async (_name, subprotocol, handle) => {
    const group = createGroup({ signaling: await listenWith(subprotocol, handle) })
    await expect(group.join()).rejects.toEqual(code('signaling-refused'))
    expectLeft(group)
  })

  it('S22: version-mismatch', async () => {
    const url = await listenWith(SUBPROTOCOL, (socket) => {
      socket.close(CLOSE_VERSION)
    })
    const group = createGroup({ signaling: url })
    await expect(group.join()).rejects.toEqual(code('version-mismatch'))
    expectLeft(group)
  })

  it('join-timeout when the server says nothing', async () => {
    const group = createGroup({ signaling: await listenWith(SUBPROTOCOL, () => undefined) })
    await expect(group.join(undefined, { timeoutMs: 300 })).rejects.toEqual(code('join-timeout'))
    expectLeft(group)
  })

  it('peers-unreachable when others are there and none can be linked', async () => {
    const { server, createGroup: createMember } = await setup()
    const member = createMember()
    const key = WebGroup.generateKey()
    await member.join(key)
    // In a network of its own.
    const group = createGroup({ signaling: server.url })
    await expect(group.join(key, { timeoutMs: 2_000 })).rejects.toEqual(code('peers-unreachable'))
    expectLeft(group)
    expect(member.members).toEqual([member.myId])
  })

  it('engine-missing where there is no WebRTC', async () => {
    const { server } = await setup()
    const transport = createWebRtcTransport({}, { ...platform, loadRtc: () => Promise.resolve(null) })
    const group = createGroup({ signaling: server.url, transports: [transport] })
    await expect(group.join()).rejects.toEqual(code('engine-missing'))
    expectLeft(group)
  })

  it('engine-missing when no transport can be loaded, but not when one can', async () => {
    const { server } = await setup()
    const transport = { ...webRTC(), load: () => Promise.reject(new Error('no chunk')) }
    const group = createGroup({ signaling: server.url, transports: [transport] })
    await expect(group.join()).rejects.toEqual(code('engine-missing'))
    expectLeft(group)
    const other = createGroup({ signaling: server.url, transports: [transport, createMemoryNetwork().transport] })
    await other.join()
    await other.leave()
  })

  it('the reason of its signal, before and during', async () => {
    const url = await listenWith(SUBPROTOCOL, () => undefined)
    const group = createGroup({ signaling: url })
    const reason = new Error('mine')
    await expect(group.join(undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const joining = group.join(undefined, { signal: controller.signal })
    await nextEvent(group, 'signaling:change')
    const changed = nextEvent(group, 'state:change')
    controller.abort(reason)
    await expect(joining).rejects.toBe(reason)
    expect(await changed).toEqual({ previous: 'joining', next: 'left', reason: 'aborted' })
    expectLeft(group)
  })

  it('what iceServers() rejects with', async () => {
    const { server } = await setup()
    const reason = new Error('no credentials')
    const group = createGroup({ signaling: server.url, iceServers: () => Promise.reject(reason) })
    await expect(group.join()).rejects.toBe(reason)
    expectLeft(group)
  })

  it('a TypeError when iceServers() gives something else', async () => {
    const { server } = await setup()
    const group = createGroup({ signaling: server.url, iceServers: () => Promise.resolve('stun:x' as never) })
    await expect(group.join()).rejects.toBeInstanceOf(TypeError)
    expectLeft(group)
  })
})

describe('WebGroup after a join that failed', () => {
  it('can join', async () => {
    const { server } = await setup()
    const iceServers = vi.fn(() => Promise.resolve([]))
    iceServers.mockRejectedValueOnce(new Error('once'))
    const group = createGroup({ signaling: server.url, iceServers })
    await expect(group.join()).rejects.toThrow('once')
    await group.join()
    expect(group.state).toBe('joined')
    await group.leave()
  })

  it('goes on to the next server of the list by itself', async () => {
    const { server } = await setup()
    const group = createGroup({ signaling: [await deadUrl(), server.url] })
    await group.join()
    expect(group.state).toBe('joined')
    await group.leave()
  })

  it('says nothing of what lets it in', async () => {
    const group = createGroup({ signaling: `${await deadUrl()}/?token=hunter2` })
    const log = record(group, ['signaling:change', 'state:change', 'error'])
    const error: unknown = await group.join().catch((reason: unknown) => reason)
    expect(error).toEqual(code('signaling-unreachable'))
    expect(String(error) + JSON.stringify(log)).not.toContain('hunter2')
  })
})
