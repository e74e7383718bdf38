import { describe, expect, it, vi } from 'vitest'
import { platform } from '#platform'
import type { SignalingHandlers } from '../../../sdk/discovery/signaling-socket.js'
import { EngineHost, type Happening } from '../../../sdk/group/engine-host.js'
import { Journal } from '../../../sdk/group/journal.js'
import type { LinkHandlers, SignaledTransport, Transport } from '../../../sdk/link/link.js'
import type { MediaPort } from '../../../sdk/link/media.js'
import type { Effects, EngineEvent } from '../../../sdk/mesh/events.js'
import { isDialable } from '../../../sdk/platform/socket-url.js'

/** What a link that carries media gives; nobody takes it up here. */
const media = { isClosed: false } as MediaPort

type React = (event: EngineEvent, effects: Effects) => void

interface Overrides {
  readonly onHappening?: (happening: Happening) => void
  readonly allowInsecure?: boolean
}

/** A host around an engine that does what `react` says, in a time that the test moves. */
const setup = (react: React, over: Overrides = {}) => {
  const log: string[] = []
  const happenings: Happening[] = []
  const servers: { readonly handlers: SignalingHandlers; closed: boolean; readonly written: Uint8Array[] }[] = []
  const links: { readonly handlers: LinkHandlers; closed: boolean; code?: number | undefined; ended: () => void }[] = []
  const timers = new Set<{ readonly atMs: number; readonly fn: () => void }>()
  const errors: unknown[] = []
  const clock = { nowMs: 1_000 }
  const expected: string[] = []
  let depth = 0
  const transport: SignaledTransport = {
    kind: 'signaled',
    name: 'fake',
    load: () => Promise.resolve(),
    canLink: (memberId) => memberId !== 'unreachable',
    expect: ({ memberId }) => {
      if (memberId === 'broken') throw new Error('no such engine')
      expected.push(`expect ${memberId}`)
      return {
        open: ({ handlers }) => {
          expected.push(`open ${memberId}`)
          return transport.open({ memberId, remote: null, iceServers: [], handlers })
        },
        close: () => expected.push(`close ${memberId}`),
      }
    },
    open: ({ memberId, handlers }) => {
      if (memberId === 'broken') throw new Error('no such engine')
      const link: (typeof links)[number] = { handlers, closed: false, ended: (): void => undefined }
      links.push(link)
      return {
        media: memberId === 'without media' ? null : media,
        signal: () => undefined,
        write: () => undefined,
        close: (code) => {
          link.closed = true
          link.code = code
        },
        end: () =>
          new Promise<void>((resolve) => {
            link.ended = () => {
              link.closed = true
              resolve()
            }
          }),
      }
    },
  }
  const dialed: string[] = []
  const dialing: Transport = {
    kind: 'dialed',
    name: 'fake',
    load: () => Promise.resolve(),
    dial: ({ address, handlers }) => {
      dialed.push(address)
      return transport.open({ memberId: 'dialed', remote: null, iceServers: [], handlers })
    },
  }
  const host: EngineHost = new EngineHost({
    engine: {
      peer: () => null,
      newCarrier: () => 1_000,
      step: (event, _nowMs, effects) => {
        log.push('carrier' in event ? `${event.type} ${event.carrier}` : event.type)
        depth++
        expect(depth).toBe(1)
        react(event, effects)
        depth--
      },
    },
    transports: [transport, dialing],
    isDialable: (address) => isDialable(address, over.allowInsecure ?? false),
    iceServers: [],
    journal: new Journal(null, platform),
    openServer: (handlers) => {
      const server = { handlers, closed: false, written: [] as Uint8Array[] }
      servers.push(server)
      return {
        write: (bytes) => server.written.push(bytes),
        close: () => {
          server.closed = true
        },
      }
    },
    clock: {
      now: () => clock.nowMs,
      soon: (fn) => {
        queueMicrotask(fn)
      },
      setTimer: (ms, fn) => {
        const timer = { atMs: clock.nowMs + ms, fn }
        timers.add(timer)
        return () => timers.delete(timer)
      },
    },
    onHappening: (happening) => {
      happenings.push(happening)
      over.onHappening?.(happening)
    },
    onAdmitted: () => undefined,
    onReported: () => undefined,
    onFailed: () => undefined,
    onCrash: (error) => errors.push(error),
  })
  return { host, log, happenings, servers, links, expected, dialed, timers, errors, clock }
}

const leaveOn: React = (event, effects) => {
  if (event.type === 'leave') effects.emit({ type: 'left' })
}
const message = { from: 'bob', to: 'all', stream: 0, kind: 'text', end: false, bytes: new Uint8Array() } as const
const room = { reliable: 1, unreliable: 1 }

describe('EngineHost', () => {
  const expectBob: React = (event, effects) => {
    if (event.type === 'start') for (const id of ['broken', 'unreachable', 'bob', 'carol']) effects.expectLink(id)
    if (event.type === 'timer') for (const carrier of [1, 2]) effects.openLink(carrier, 'bob', new Uint8Array(1))
    leaveOn(event, effects)
  }

  it('makes ready for one member that is about to begin, and takes that for its link', () => {
    const { host, expected, links, timers } = setup(expectBob)
    host.push({ type: 'start' })
    expect([expected, links.length, timers.size]).toEqual([['expect bob'], 0, 1])
    host.push({ type: 'timer' })
    expect([expected, links.length, timers.size]).toEqual([['expect bob', 'open bob'], 2, 0])
    host.push({ type: 'leave', now: false })
    expect(expected).toEqual(['expect bob', 'open bob'])
  })

  it('lets go of what it made ready for a member that does not begin, when the page may be kept, and when it leaves', () => {
    const { host, expected, timers } = setup(expectBob)
    host.push({ type: 'start' })
    for (const { atMs, fn } of timers) {
      expect(atMs).toBe(6_000)
      fn()
    }
    expect(expected).toEqual(['expect bob', 'close bob'])
    host.push({ type: 'start' })
    host.push({ type: 'suspend' })
    expect(expected.slice(2)).toEqual(['expect bob', 'close bob'])
    host.push({ type: 'start' })
    host.push({ type: 'leave', now: false })
    expect(expected.slice(4)).toEqual(['expect bob', 'close bob'])
    expect(timers.size).toBe(0)
  })

  it('tells of each link that is bound and carries media, in order with all else, and of no other', () => {
    const { host, happenings } = setup((event, effects) => {
      if (event.type !== 'start') return
      effects.openLink(1, 'bob', null)
      effects.openLink(2, 'without media', null)
      effects.emit({ type: 'joined' })
      for (const carrier of [1, 2, 3]) effects.linkBound(carrier, `member ${carrier}`)
      effects.deliver(message)
    })
    host.push({ type: 'start' })
    expect(happenings.map(({ type }) => type)).toEqual(['notice', 'linked', 'message'])
    expect(happenings[1]).toEqual({ type: 'linked', id: 'member 1', media })
  })

  it('never enters a step from a listener: what it pushes waits its turn', () => {
    const { host, log } = setup(
      (event, effects) => {
        if (event.type === 'start') effects.deliver(message)
      },
      {
        onHappening: () => {
          host.push({ type: 'hint', hint: 'online' })
        },
      },
    )
    host.push({ type: 'start' })
    expect(log).toEqual(['start', 'hint'])
  })

  it('tells what happened after the step, in order', () => {
    const { host, happenings } = setup((_event, effects) => {
      effects.emit({ type: 'member:join', id: 'bob' })
      effects.deliver(message)
      effects.emit({ type: 'member:leave', id: 'bob', reason: 'goodbye' })
    })
    host.push({ type: 'start' })
    expect(happenings.map((it) => (it.type === 'notice' ? it.notice.type : it.type))).toEqual([
      'member:join',
      'message',
      'member:leave',
    ])
  })

  it.each([
    [false, ['wss://a.example']],
    [true, ['ws://bots.example', 'ws://127.0.0.1:9000', 'wss://a.example']],
  ])('W6: dials addresses without TLS only where that is allowed: %s', (allowInsecure, expected) => {
    const addresses = ['ws://bots.example', 'ws://127.0.0.1:9000', 'wss://a.example', 'ftp://a.example']
    const { host, log, dialed } = setup(
      (event, effects) => {
        if (event.type === 'start') addresses.forEach((address, index) => effects.dialLink(index, address))
      },
      { allowInsecure },
    )
    host.push({ type: 'start' })
    expect(dialed).toEqual(expected)
    const refused = addresses.flatMap((address, index) => (expected.includes(address) ? [] : [index]))
    expect(log).toEqual(['start', ...refused.map((index) => `carrier:closed ${index}`)])
  })

  it('wakes an engine that asks for now once, in a microtask', async () => {
    const { host, log } = setup((event, effects) => {
      if (event.type === 'timer') return
      effects.wake(0)
      effects.wake(1_000)
    })
    host.push({ type: 'start' })
    expect(log).toEqual(['start'])
    await Promise.resolve()
    expect(log).toEqual(['start', 'timer'])
  })

  it('keeps one timer, for the earliest time asked for', () => {
    const asked = [3_000, 2_000, 4_000]
    const { host, timers } = setup((_event, effects) => {
      effects.wake(asked.shift() ?? Infinity)
    })
    for (let i = 0; i < 3; i++) host.push({ type: 'hint', hint: 'online' })
    expect([...timers].map(({ atMs }) => atMs)).toEqual([2_000])
  })

  it('hears only the server connection in use', () => {
    let carrier = 0
    const { host, log, servers } = setup((event, effects) => {
      if (event.type === 'start' || event.type === 'carrier:closed') effects.openServer(++carrier)
    })
    host.push({ type: 'start' })
    servers[0]?.handlers.onOpen({ url: 'ws://a', room: 1 })
    servers[0]?.handlers.onClose({ code: 1006, reason: '', opened: true, refused: false })
    servers[0]?.handlers.onBytes(new Uint8Array(1))
    servers[1]?.handlers.onBytes(new Uint8Array(1))
    expect(log).toEqual(['start', 'carrier:open 1', 'carrier:closed 1', 'carrier:bytes 2'])
  })

  it('hears nothing of a link that the engine has closed', () => {
    const { host, log, links } = setup((event, effects) => {
      if (event.type === 'start') effects.openLink(1, 'bob', null)
      if (event.type === 'carrier:open') effects.close(1, 'now')
    })
    host.push({ type: 'start' })
    links[0]?.handlers.onOpen({ binding: null, room })
    links[0]?.handlers.onBytes('reliable', new Uint8Array(1))
    links[0]?.handlers.onClose('late')
    expect(links[0]?.closed).toBe(true)
    expect(log).toEqual(['start', 'carrier:open 1'])
  })

  it.each([
    ['now', undefined],
    ['misconduct', 4000],
  ] as const)('L8: closes a link that the engine closes with "%s" with the code %s', (how, code) => {
    const { host, links } = setup((event, effects) => {
      if (event.type === 'start') effects.openLink(1, 'bob', null)
      if (event.type === 'carrier:bytes') effects.close(1, how)
    })
    host.push({ type: 'start' })
    links[0]?.handlers.onOpen({ binding: null, room })
    links[0]?.handlers.onBytes('reliable', new Uint8Array(1))
    expect(links[0]).toMatchObject({ closed: true, code })
  })

  it.each(['unreachable', 'broken'])('closes a link to a member that is %s, after the step', (memberId) => {
    const { host, log } = setup((event, effects) => {
      if (event.type === 'start') effects.openLink(1, memberId, null)
    })
    host.push({ type: 'start' })
    expect(log).toEqual(['start', 'carrier:closed 1'])
  })

  const withLinkLeftToOther = () => {
    const made = setup((event, effects) => {
      if (event.type === 'start') effects.openLink(1, 'bob', null)
      if (event.type === 'carrier:open') effects.close(1, 'by-other')
      leaveOn(event, effects)
    })
    made.host.push({ type: 'start' })
    const [link] = made.links
    if (link === undefined) throw new Error('there is no link')
    link.handlers.onOpen({ binding: null, room })
    return { ...made, link }
  }

  it('leaves a link to a member that has said goodbye to its other end, and hears nothing of it', async () => {
    const { host, link, log, timers } = withLinkLeftToOther()
    link.handlers.onBytes('reliable', new Uint8Array(1))
    expect([link.closed, log]).toEqual([false, ['start', 'carrier:open 1']])
    link.handlers.onClose('ended by the other side')
    expect([link.closed, timers.size, log]).toEqual([true, 0, ['start', 'carrier:open 1']])
    host.stop()
    await host.closed
  })

  it('closes such a link itself when the other end takes a second, and has left no earlier', async () => {
    const { host, link, timers, clock } = withLinkLeftToOther()
    const closed = vi.fn()
    void host.closed.then(closed)
    host.push({ type: 'leave', now: false })
    await Promise.resolve()
    expect([link.closed, closed.mock.calls.length]).toEqual([false, 0])
    const [timer] = timers
    expect(timer?.atMs).toBe(clock.nowMs + 1_000)
    timer?.fn()
    expect(link.closed).toBe(true)
    await host.closed
  })

  it('closes such a link at once when the page is put away', () => {
    const { host, link, timers } = withLinkLeftToOther()
    host.push({ type: 'suspend' })
    expect([link.closed, timers.size]).toEqual([true, 0])
  })

  it('is closed once the engine has left and what it wrote has drained', async () => {
    const { host, links, servers, timers } = setup((event, effects) => {
      if (event.type === 'start') {
        effects.openServer(1)
        effects.openLink(2, 'bob', null)
        effects.wake(9_000)
      }
      if (event.type !== 'leave') return
      effects.close(2, 'drained')
      effects.emit({ type: 'left' })
    })
    let closed = false
    void host.closed.then(() => {
      closed = true
    })
    host.push({ type: 'start' })
    host.push({ type: 'leave', now: false })
    expect([servers[0]?.closed, timers.size]).toEqual([true, 0])
    await Promise.resolve()
    expect(closed).toBe(false)
    links[0]?.ended()
    await host.closed
  })

  it('stops at once, from a listener too', async () => {
    const { host, links, log } = setup(
      (event, effects) => {
        leaveOn(event, effects)
        if (event.type !== 'start') return
        effects.openLink(1, 'bob', null)
        effects.deliver(message)
      },
      {
        onHappening: ({ type }) => {
          if (type === 'message') host.stop()
        },
      },
    )
    host.push({ type: 'start' })
    expect(log).toEqual(['start', 'leave'])
    expect(links[0]?.closed).toBe(true)
    await host.closed
    host.push({ type: 'timer' })
    expect(log).toHaveLength(2)
  })

  it('stops at once where a step was cut off, as Firefox does to a page that sends when its tab is closed', async () => {
    const { host, links, log } = setup((event, effects) => {
      leaveOn(event, effects)
      if (event.type === 'start') return effects.openLink(1, 'bob', null)
      if (event.type !== 'timer') return
      // Nothing can be cut off here; what is seen from inside a step is what is left when it never returns.
      host.push({ type: 'hint', hint: 'online' })
      host.stop()
      expect(log).toEqual(['start', 'timer', 'leave'])
      expect(links[0]?.closed).toBe(true)
    })
    host.push({ type: 'start' })
    host.push({ type: 'timer' })
    await host.closed
    expect(log).toEqual(['start', 'timer', 'leave'])
  })

  it('closes everything when the engine throws, and says so', async () => {
    const thrown = new Error('bug')
    const { host, links, errors } = setup((event, effects) => {
      if (event.type === 'start') effects.openLink(1, 'bob', null)
      else throw thrown
    })
    host.push({ type: 'start' })
    host.push({ type: 'timer' })
    expect(errors).toEqual([thrown])
    expect(links[0]?.closed).toBe(true)
    await host.closed
  })
})
