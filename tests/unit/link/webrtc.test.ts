import wrtc from '@roamhq/wrtc'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { platform } from '#platform'
import { decodeSignal, encodeSignal } from '../../../sdk/link/signal-codec.js'
import { createWebRtcTransport, webRTC } from '../../../sdk/link/webrtc.js'
import type { RtcEngine } from '../../../sdk/platform/platform.js'
import { beginLink, connectEnds, type LinkEnd, openEnds } from '../../contract/link.js'
import { countConnections } from '../../support/counting-rtc.js'
import { createFakePlatform } from '../../support/fake-platform.js'

const real: RtcEngine = {
  RTCPeerConnection: wrtc.RTCPeerConnection,
  RTCSessionDescription: wrtc.RTCSessionDescription,
  RTCIceCandidate: wrtc.RTCIceCandidate,
}

/** The real engine with its connections in hand: Alice's first, then Bob's. */
const setup = () => {
  const connections: RTCPeerConnection[] = []
  const counted = countConnections(real)
  const engine: RtcEngine = {
    ...real,
    RTCPeerConnection: function (configuration?: RTCConfiguration) {
      const connection = new counted.engine.RTCPeerConnection(configuration)
      connections.push(connection)
      return connection
    } as unknown as RtcEngine['RTCPeerConnection'],
  }
  return { engine, connections, live: counted.live, transport: webRTC({ rtc: () => engine }) }
}

const closed = (end: LinkEnd): Promise<void> => end.until(() => end.closeReason !== undefined)

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('webRTC', () => {
  test('can link with nobody before it is loaded', async () => {
    const transport = webRTC()
    expect(transport.canLink('bob')).toBe(false)
    await transport.load()
    await transport.load()
    expect(transport.canLink('bob')).toBe(true)
  })

  test('can link with nobody where there is no engine, unless one is given', async () => {
    const none = { ...platform, loadRtc: () => Promise.resolve(null) }
    const without = createWebRtcTransport({}, none)
    const given = createWebRtcTransport({ rtc: (id) => (id === 'bob' ? real : undefined) }, none)
    await expect(without.load()).rejects.toMatchObject({ code: 'engine-missing' })
    await given.load()
    expect([without.canLink('bob'), given.canLink('bob'), given.canLink('carol')]).toEqual([false, true, false])
    const end = beginLink(without, 'bob', null, () => {})
    await closed(end)
    expect(end.closeReason).toBe('no WebRTC engine')
  })

  test('asks rtc per member: null and a throw mean no link, undefined means the platform', async () => {
    const transport = webRTC({
      rtc: (id) => {
        if (id === 'mallory') throw new Error('unknown')
        return id === 'bob' ? null : undefined
      },
    })
    await transport.load()
    expect(['alice', 'bob', 'mallory'].map((id) => transport.canLink(id))).toEqual([true, false, false])
  })

  test('B5: does not open where DTLS runs with another certificate than the description names', async () => {
    const { engine, connections, live } = setup()
    // Where the platform has it alone is a connection asked.
    vi.stubGlobal('RTCDtlsTransport', { prototype: { getRemoteCertificates: () => [] } })
    const lying: RtcEngine = {
      ...engine,
      RTCPeerConnection: function (configuration?: RTCConfiguration) {
        const connection = new engine.RTCPeerConnection(configuration)
        const transport = { getRemoteCertificates: () => [new Uint8Array([1, 2, 3]).buffer] }
        const sctp = connections.length > 1 ? null : { transport }
        return new Proxy(connection, {
          get: (target, name) => {
            if (name === 'sctp') return sctp
            const value: unknown = Reflect.get(target, name, target)
            return typeof value === 'function' ? (value.bind(target) as unknown) : value
          },
          set: (target, name, value) => Reflect.set(target, name, value, target),
        })
      } as unknown as RtcEngine['RTCPeerConnection'],
    }
    const { alice, bob } = await connectEnds(webRTC({ rtc: () => lying }))
    await closed(alice)
    expect(alice.closeReason).toBe('another certificate than described')
    expect(alice.count('open')).toBe(0)
    await closed(bob)
    expect(live()).toBe(0)
  })

  test('refuses options of the wrong type', () => {
    // @ts-expect-error: an engine is not a function
    expect(() => webRTC({ rtc: real })).toThrow(TypeError)
  })

  test('loads again after a load that failed', async () => {
    let offline = true
    const transport = createWebRtcTransport(
      {},
      {
        ...platform,
        loadRtc: () => (offline ? Promise.reject(new Error('offline')) : Promise.resolve(real)),
      },
    )
    await expect(transport.load()).rejects.toThrow('offline')
    offline = false
    await transport.load()
    expect(transport.canLink('bob')).toBe(true)
  })

  test('reports an engine that cannot make a connection', async () => {
    const useless = function () {} as unknown as RtcEngine['RTCPeerConnection']
    const broken = { ...real, RTCPeerConnection: useless }
    const transport = webRTC({ rtc: () => broken })
    await transport.load()
    const end = beginLink(transport, 'bob', null, () => {})
    await closed(end)
    expect(end.closeReason).toMatch(/^cannot make a connection/)
  })

  test('contacts no server but those given', async () => {
    const seen: (RTCConfiguration | undefined)[] = []
    const spy = function (configuration?: RTCConfiguration) {
      seen.push(configuration)
      return new real.RTCPeerConnection(configuration)
    } as unknown as RtcEngine['RTCPeerConnection']
    const transport = webRTC({ rtc: () => ({ ...real, RTCPeerConnection: spy }) })
    const { alice, bob } = await openEnds(transport)
    expect(seen).toEqual([{ iceServers: [] }, { iceServers: [] }])
    alice.close()
    bob.close()
  })

  test('L1: sends along what is gathered, so that descriptions alone connect', async () => {
    const { transport } = setup()
    await transport.load()
    const done = await new Promise<{ alice: LinkEnd; bob: LinkEnd }>((resolve) => {
      const alice = beginLink(transport, 'bob', null, (kind, offer) => {
        if (kind === 'candidate') return
        setImmediate(() => {
          const bob = beginLink(transport, 'alice', offer, (also, answer) => {
            if (also === 'description') setImmediate(() => alice.signal(answer))
          })
          resolve({ alice, bob })
        })
      })
    })
    await Promise.all([done.alice, done.bob].map((end) => end.until(() => end.count('open') === 1)))
    done.alice.close()
    done.bob.close()
  })

  test('begins its offer without a timer, which would take a second in a hidden page', async () => {
    const { transport, connections } = setup()
    await transport.load()
    const end = beginLink(transport, 'bob', null, () => {})
    const [connection] = connections
    if (connection === undefined) throw new Error('no connection')
    const createOffer = vi.spyOn(connection, 'createOffer')
    // Microtasks run between these and timers do not.
    await Promise.resolve()
    await Promise.resolve()
    expect(createOffer).toHaveBeenCalledTimes(1)
    end.close()
  })

  test('makes no offer when it is closed in the same breath', async () => {
    const { transport, connections, live } = setup()
    await transport.load()
    const end = beginLink(transport, 'bob', null, () => {})
    const [connection] = connections
    if (connection === undefined) throw new Error('no connection')
    const createOffer = vi.spyOn(connection, 'createOffer')
    end.close()
    await new Promise((resolve) => setImmediate(resolve))
    expect([createOffer.mock.calls.length, live(), end.happenings]).toEqual([0, 0, []])
  })

  test('L4: gives up 15 s after open when no answer comes, and leaves no timer', async () => {
    const clock = createFakePlatform()
    const { engine, live } = setup()
    const transport = createWebRtcTransport({ rtc: () => engine }, clock.platform)
    await transport.load()
    const end = beginLink(transport, 'bob', null, () => {})
    clock.advance(14_999)
    await Promise.resolve()
    expect(end.closeReason).toBeUndefined()
    clock.advance(1)
    await closed(end)
    expect(end.closeReason).toBe('not connected in time')
    expect([live(), clock.timers]).toEqual([0, 0])
  })

  test('L1: describes itself 5 ms after the last candidate, in an engine that goes on gathering', async () => {
    const clock = createFakePlatform()
    const transport = createWebRtcTransport({ rtc: () => real }, clock.platform)
    await transport.load()
    const end = beginLink(transport, 'bob', null, () => {})
    // Beside the timers of its turn, the connection and of gathering, that of the candidate.
    await vi.waitUntil(() => clock.timers === 4)
    clock.advance(4)
    expect(end.happenings).toEqual([])
    clock.advance(1)
    expect(end.happenings[0]).toMatchObject({ type: 'signal', kind: 'description' })
    end.close()
    expect(clock.timers).toBe(0)
  })

  test('L1: describes itself after 50 ms where nothing is gathered', async () => {
    const clock = createFakePlatform()
    const lonely = function (configuration?: RTCConfiguration) {
      return new Proxy(new real.RTCPeerConnection(configuration), {
        get: (connection, name) => {
          const value: unknown = Reflect.get(connection, name)
          return typeof value === 'function' ? (value.bind(connection) as unknown) : value
        },
        set: (connection, name, value) => name === 'onicecandidate' || Reflect.set(connection, name, value),
      })
    } as unknown as RtcEngine['RTCPeerConnection']
    const engine = { ...real, RTCPeerConnection: lonely }
    const transport = createWebRtcTransport({ rtc: () => engine }, clock.platform)
    await transport.load()
    const end = beginLink(transport, 'bob', null, () => {})
    await vi.waitUntil(() => clock.timers === 3)
    clock.advance(49)
    expect(end.happenings).toEqual([])
    clock.advance(1)
    expect(end.happenings[0]).toMatchObject({ type: 'signal', kind: 'description' })
    end.close()
    expect(clock.timers).toBe(0)
  })

  test.each([
    ['a second answer', (answer: Uint8Array) => answer, 'second answer'],
    ['an offer', () => encodeSignal({ kind: 'offer', sdp: 'v=0' }), 'unexpected offer'],
  ])('L3: closes on %s', async (_what, make, reason) => {
    const { transport, live } = setup()
    const { alice, bob } = await openEnds(transport)
    const answer = bob.happenings.find((it) => it.type === 'signal')
    alice.signal(make(answer?.bytes ?? new Uint8Array(0)))
    await Promise.all([closed(alice), closed(bob)])
    expect(alice.closeReason).toBe(reason)
    expect(live()).toBe(0)
  })

  test.each([
    ['no fingerprint', 'v=0\r\n', 'offer without a single fingerprint'],
    ['a text that is no SDP', `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB\r\n`, undefined],
  ])('L2: closes on an offer with %s', async (_what, sdp, reason) => {
    const { transport, live } = setup()
    await transport.load()
    const end = beginLink(transport, 'alice', encodeSignal({ kind: 'offer', sdp }), () => {})
    await closed(end)
    expect(end.closeReason).toMatch(reason ?? /./)
    expect(live()).toBe(0)
  })

  test('L3: closes on more candidates than anyone has', async () => {
    const { transport } = setup()
    await transport.load()
    const end = beginLink(transport, 'bob', null, () => {})
    const candidate = encodeSignal({ kind: 'candidate', candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 })
    for (let i = 0; i < 129; i++) end.signal(candidate)
    await closed(end)
    expect(end.closeReason).toBe('too many candidates')
  })

  test('closes on a candidate that is none', async () => {
    const { transport } = setup()
    const { alice, bob } = await openEnds(transport)
    alice.signal(Uint8Array.of(3, 0, 0, ...new TextEncoder().encode('nonsense')))
    await Promise.all([closed(alice), closed(bob)])
  })

  test('L5: closes on a data channel that was not agreed on', async () => {
    const { transport, connections } = setup()
    const { alice, bob } = await openEnds(transport)
    connections[0]?.createDataChannel('surprise')
    await Promise.all([closed(alice), closed(bob)])
    expect(bob.closeReason).toBe('unexpected data channel')
  })

  test('sees a connection that is closed under it', async () => {
    const { transport, connections, live } = setup()
    const { alice, bob } = await openEnds(transport)
    connections[0]?.close()
    await Promise.all([closed(alice), closed(bob)])
    expect(live()).toBe(0)
  })

  test('L5: agrees on two channels beforehand, one of which repeats nothing, and keeps little in front of what is urgent', async () => {
    const inits: (RTCDataChannelInit | undefined)[] = []
    let mostBuffered = 0
    const watched = function (configuration?: RTCConfiguration) {
      const connection = new real.RTCPeerConnection(configuration)
      const create = connection.createDataChannel.bind(connection)
      connection.createDataChannel = (label, init) => {
        inits.push(init)
        const channel = create(label, init)
        const send = channel.send.bind(channel)
        channel.send = (data: never) => {
          send(data)
          mostBuffered = Math.max(mostBuffered, channel.bufferedAmount)
        }
        return channel
      }
      return connection
    } as unknown as RtcEngine['RTCPeerConnection']
    const { alice, bob } = await openEnds(webRTC({ rtc: () => ({ ...real, RTCPeerConnection: watched }) }))
    const both = [
      { negotiated: true, id: 0, ordered: true },
      { negotiated: true, id: 1, ordered: false, maxRetransmits: 0 },
    ]
    expect(inits).toEqual([...both, ...both])
    const frames = Array.from({ length: 512 }, () => new Uint8Array(65_536))
    await Promise.all([
      alice.writeAll('reliable', frames),
      bob.until(() => bob.frames('reliable').length === frames.length),
    ])
    expect(mostBuffered).toBeGreaterThan(0)
    expect(mostBuffered).toBeLessThanOrEqual(2 * 1024 * 1024)
    alice.close()
    bob.close()
  })

  test('opens without the unreliable lane where the engine makes one channel only', async () => {
    const single = function (configuration?: RTCConfiguration) {
      const connection = new real.RTCPeerConnection(configuration)
      const create = connection.createDataChannel.bind(connection)
      connection.createDataChannel = (label, init) => {
        if (init?.id !== 0) throw new Error('not supported')
        return create(label, init)
      }
      return connection
    } as unknown as RtcEngine['RTCPeerConnection']
    const { alice, bob } = await openEnds(webRTC({ rtc: () => ({ ...real, RTCPeerConnection: single }) }))
    expect(alice.room.unreliable).toBe(0)
    alice.write('unreliable', Uint8Array.of(1))
    alice.write('reliable', Uint8Array.of(2))
    await bob.until(() => bob.count('bytes') === 1)
    expect(bob.frames('reliable')).toEqual([Uint8Array.of(2)])
    alice.close()
    bob.close()
  })
})

describe('a WebRTC link and a peer that breaks the rules', () => {
  /** Bob without a link of ours: his channels do what the test says. */
  const openRaw = async () => {
    const transport = webRTC({ rtc: () => real })
    await transport.load()
    const connection = new real.RTCPeerConnection({ iceServers: [] })
    const channel = connection.createDataChannel('0', { negotiated: true, id: 0 })
    const alice = beginLink(transport, 'bob', null, () => {})
    await alice.until(() => alice.count('signal') > 0)
    const offer = alice.happenings[0]
    if (offer?.type !== 'signal') throw new Error('Alice made no offer first')
    const signal = decodeSignal(offer.bytes)
    if (signal.kind !== 'offer') throw new Error(`Alice began with a signal of kind ${signal.kind}`)
    await connection.setRemoteDescription({ type: 'offer', sdp: signal.sdp })
    await connection.setLocalDescription(await connection.createAnswer())
    await vi.waitUntil(() => connection.iceGatheringState === 'complete')
    alice.signal(encodeSignal({ kind: 'answer', sdp: connection.localDescription?.sdp ?? '' }))
    await Promise.all([alice.until(() => alice.count('open') === 1), vi.waitUntil(() => channel.readyState === 'open')])
    return { alice, channel, connection }
  }

  test.each([
    ['text', 'hello', 'text where bytes belong'],
    ['a frame over 64 KiB', new Uint8Array(65_537), 'frame of 65537 bytes'],
    ['the end', 'end', 'ended by the other side'],
  ])('L5: %s closes it', async (_what, data, reason) => {
    const { alice, channel, connection } = await openRaw()
    channel.send(data as string)
    await closed(alice)
    expect(alice.closeReason).toBe(reason)
    expect(alice.count('bytes')).toBe(0)
    connection.close()
  })

  test('end() waits no longer than told for a peer that does not close', async () => {
    const { alice, connection } = await openRaw()
    const startedAt = performance.now()
    await alice.link.end(60)
    expect(performance.now() - startedAt).toBeGreaterThan(50)
    expect(alice.count('close')).toBe(0)
    connection.close()
  })

  test('a send that throws closes it with a reason', async () => {
    const { engine, connections } = setup()
    const transport = webRTC({ rtc: () => engine })
    const { alice, bob } = await openEnds(transport)
    expect(connections).toHaveLength(2)
    // wrtc throws on what is no buffer; browsers do so when their own buffer is full.
    alice.write('reliable', Symbol('no bytes') as unknown as Uint8Array)
    await Promise.all([closed(alice), closed(bob)])
    expect(alice.closeReason).toMatch(/^cannot send/)
  })
})
