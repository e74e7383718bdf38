import { describe, expect, it } from 'vitest'
import { ServerConnection, type Reach } from '../../../sdk/mesh/setup/server-connection.js'
import { CLOSE_FULL, CLOSE_RESTART } from '../../../sdk/protocol/close-codes.js'
import { decodeClientFrame, encodeServerFrame, type ServerFrame } from '../../../sdk/protocol/server-frames.js'
import { setupCore } from '../../support/mesh-core.js'

const welcome: ServerFrame = { type: 'welcome', connection: new Uint8Array(16), empty: false, introductions: [] }

const setup = (unlinked: Uint8Array[] = []) => {
  const { core, effects } = setupCore()
  const introduced: Uint8Array[] = []
  let alone = 0
  let reach: Reach = 'all'
  const server = new ServerConnection(core, {
    introduced: ({ connection }) => introduced.push(connection),
    signal: () => undefined,
    gone: () => undefined,
    alone: () => alone++,
    reach: () => reach,
    unlinked: () => unlinked,
  })
  const at = (ms: number): number => {
    core.nowMs = ms
    return server.tick()
  }
  /** Asks the connection whenever it wants to be asked, up to a time. */
  const runTo = (ms: number): void => {
    for (let next = at(core.nowMs); next <= ms; next = at(Math.max(core.nowMs + 1, next))) continue
    at(ms)
  }
  const receive = (frame: ServerFrame): void => {
    server.handleBytes(encodeServerFrame(frame))
  }
  const join = (): void => {
    server.handleOpen(100_000)
    receive(welcome)
  }
  const sent = () => effects.writes.splice(0).map(({ bytes }) => decodeClientFrame(bytes))
  return {
    core,
    effects,
    server,
    introduced,
    aloneCount: () => alone,
    at,
    runTo,
    receive,
    join,
    sent,
    setReach: (next: Reach) => (reach = next),
  }
}

/** The time that it waits before it dials again. */
const delayOf = (fail: (world: ReturnType<typeof setup>) => void): number => {
  const world = setup()
  world.server.start()
  world.join()
  const { core } = world
  fail(world)
  const dials = world.effects.opened.length
  const begun = core.nowMs
  for (let ms = begun; ; ms++) {
    world.at(ms)
    if (world.effects.opened.length > dials) return ms - begun
    if (ms > begun + 120_000) return Infinity
  }
}

describe('ServerConnection', () => {
  it('joins when its socket is open, and is open with WELCOME', () => {
    const { server, effects, receive, sent, core } = setup()
    server.start()
    expect([effects.opened.length, server.isOpen]).toEqual([1, false])
    server.handleOpen(100_000)
    expect(sent()).toMatchObject([{ type: 'join', topic: core.options.keys.topic, bot: false, full: false }])
    expect(server.isOpen).toBe(false)
    receive(welcome)
    expect(server.isOpen).toBe(true)
    expect(effects.notices.map((notice) => notice.type === 'signaling:change' && notice.state)).toEqual([
      'connecting',
      'open',
    ])
  })

  it('tells of introductions, and that nobody else is there', () => {
    const { server, introduced, aloneCount, receive } = setup()
    const introduction = { connection: new Uint8Array(16).fill(4), bot: false, full: false, hello: new Uint8Array(9) }
    server.start()
    server.handleOpen(100_000)
    receive({ ...welcome, introductions: [introduction] })
    receive({ type: 'introduced', ...introduction })
    receive({ type: 'introductions', empty: true, introductions: [] })
    expect([introduced.length, aloneCount()]).toEqual([2, 1])
  })

  it('answers a ping, before WELCOME too', () => {
    const { server, receive, sent } = setup()
    server.start()
    server.handleOpen(100_000)
    receive({ type: 'ping' })
    receive(welcome)
    receive({ type: 'ping' })
    expect(sent().map(({ type }) => type)).toEqual(['join', 'pong', 'pong'])
  })

  it.each<[string, ServerFrame]>([
    ['anything but WELCOME', { type: 'gone', connection: new Uint8Array(16) }],
    ['a second WELCOME', welcome],
  ])('leaves a server that sends %s out of turn', (name, frame) => {
    const { server, effects, receive } = setup()
    server.start()
    server.handleOpen(100_000)
    if (name.includes('second')) receive(welcome)
    receive(frame)
    expect(effects.closes).toHaveLength(1)
    expect(effects.notices.at(-1)).toMatchObject({ state: 'closed', reason: 'protocol-error' })
  })

  it('leaves a server of another version, and says so', () => {
    const { server, effects } = setup()
    server.start()
    server.handleOpen(100_000)
    server.handleBytes(Uint8Array.of(0x81, 9))
    expect(effects.notices.at(-1)).toMatchObject({ state: 'closed', reason: 'version-mismatch' })
  })

  it('waits with full jitter under a ceiling that doubles from 250 ms to 4 s', () => {
    const { core, server, effects, at } = setup()
    server.start()
    const longest: number[] = []
    for (let failure = 0; failure < 200; failure++) {
      server.handleClosed(1006, 'lost')
      const untilMs = at(core.nowMs)
      const delay = untilMs - core.nowMs
      const ceiling = Math.min(4_000, 250 * 2 ** failure)
      expect(delay).toBeLessThanOrEqual(ceiling)
      longest.push(delay)
      at(untilMs)
      expect(effects.opened).toHaveLength(failure + 2)
    }
    const late = longest.slice(10)
    expect(Math.max(...late)).toBeGreaterThan(3_500)
    expect(Math.min(...late)).toBeLessThan(500)
  })

  it('begins from 250 ms again after a connection that lasted', () => {
    const { core, server, effects, at, join } = setup()
    server.start()
    for (let failure = 0; failure < 20; failure++) {
      server.handleClosed(1006, 'lost')
      at(at(core.nowMs))
    }
    join()
    core.nowMs += 5_000
    server.handleClosed(1006, 'lost')
    expect(at(core.nowMs) - core.nowMs).toBeLessThanOrEqual(250)
    expect(effects.opened).toHaveLength(21)
  })

  it('waits longer and longer for a server that takes it in and sends it away at once, whatever its drain hint', () => {
    const { core, server, effects, at, join, receive } = setup()
    server.start()
    const fromMs = core.nowMs
    while (core.nowMs - fromMs < 60_000) {
      join()
      receive({ type: 'drain', reconnectInMs: 0 })
      server.handleClosed(CLOSE_RESTART, 'restart')
      at(at(core.nowMs))
    }
    expect(effects.opened.length).toBeGreaterThan(10)
    expect(effects.opened.length).toBeLessThan(80)
  })

  it('waits 30 s when the room is full', () => {
    expect(
      delayOf(({ server }) => {
        server.handleClosed(CLOSE_FULL, 'full')
      }),
    ).toBe(30_000)
  })

  it('waits as long as a drain hint says, at most 30 s, and once', () => {
    const drained = (reconnectInMs: number): number =>
      delayOf(({ server, receive }) => {
        receive({ type: 'drain', reconnectInMs })
        server.handleClosed(CLOSE_RESTART, 'restart')
      })
    expect([drained(1_700), drained(0xffff_ffff)]).toEqual([1_700, 30_000])
  })

  it('waits no longer when the network is back', () => {
    const { server, effects } = setup()
    server.start()
    server.handleClosed(CLOSE_FULL, 'full')
    server.hurry()
    server.hurry()
    expect(effects.opened).toHaveLength(2)
  })

  it.each<[Reach, number]>([
    ['all', 60_000],
    ['some', 10_000],
    ['none', 3_000],
  ])('asks for introductions again while it reaches %s every %i ms', (reach, everyMs) => {
    const tried = Array.from({ length: 12 }, (_, index) => new Uint8Array(16).fill(index))
    const { server, join, sent, setReach, runTo, receive, core } = setup(tried)
    setReach(reach)
    server.start()
    join()
    sent()
    const begun = core.nowMs
    const asked: number[] = []
    for (let ms = 100; ms <= 3 * everyMs; ms += 100) {
      receive({ type: 'ping' })
      runTo(begun + ms)
      const asks = sent().filter((frame) => frame.type === 'ask')
      for (const ask of asks) {
        asked.push(ms)
        expect(ask.tried).toHaveLength(reach === 'all' ? 0 : 8)
      }
    }
    expect(asked).toEqual([everyMs, 2 * everyMs, 3 * everyMs])
  })

  it('asks soon after members were lost, and not more often than every 5 s', () => {
    const { server, join, sent, runTo, core } = setup()
    server.start()
    join()
    runTo(21_000)
    sent()
    server.askSoon()
    server.askSoon()
    runTo(21_000)
    expect(sent()).toMatchObject([{ type: 'ask', tried: [] }])
    server.askSoon()
    runTo(25_999)
    expect(sent()).toEqual([])
    runTo(core.nowMs + 1)
    expect(sent()).toHaveLength(1)
  })

  it('leaves a server that is silent for 45 s, welcomed or not', () => {
    for (const isWelcomed of [true, false]) {
      const { server, effects, join, at } = setup()
      server.start()
      if (isWelcomed) join()
      else server.handleOpen(100_000)
      at(45_999)
      expect(effects.closes).toHaveLength(0)
      at(46_000)
      expect(effects.closes).toHaveLength(1)
      expect(effects.notices).toContainEqual({ type: 'signaling:change', state: 'closed', reason: 'silent' })
    }
  })

  it('writes nothing beyond the room, and the rest with the next room', () => {
    const { server, join, effects } = setup()
    server.start()
    join()
    server.handleRoom(150)
    for (let i = 0; i < 3; i++) server.signal(new Uint8Array(16), new Uint8Array(100))
    expect(effects.writes).toHaveLength(2)
    server.handleRoom(1_000)
    expect(effects.writes).toHaveLength(4)
  })

  it('leaves a server that takes nothing for a megabyte', () => {
    const { server, join, effects } = setup()
    server.start()
    join()
    server.handleRoom(0)
    for (let i = 0; i < 18; i++) server.signal(new Uint8Array(16), new Uint8Array(61_440))
    expect(effects.notices.at(-1)).toMatchObject({ state: 'closed', reason: 'overflow' })
  })

  it('passes nothing on while it is not open', () => {
    const { server, effects } = setup()
    server.start()
    expect(server.signal(new Uint8Array(16), new Uint8Array(1))).toBe(false)
    server.handleOpen(100_000)
    expect(server.signal(new Uint8Array(16), new Uint8Array(1))).toBe(false)
    expect(effects.writes).toHaveLength(1)
  })
})
