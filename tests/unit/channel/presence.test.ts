import { describe, expect, it } from 'vitest'
import { Presence, PresenceCore, type PresenceChange } from '../../../sdk/channel/index.js'
import { PresenceTraffic } from '../../../sdk/channel/presence-traffic.js'
import { encodeValue } from '../../../sdk/protocol/any-value.js'
import { STREAM_KIND, STREAM_MODE } from '../../../sdk/protocol/streams.js'
import { FakeHub, FakeNetwork } from '../../support/fake-hub.js'
import { FakeTimers, settle } from './setup.js'

const createMember = (network: FakeNetwork) => {
  const hub = new FakeHub(network)
  const timers = new FakeTimers()
  const changes: PresenceChange[] = []
  const core = new PresenceCore(hub, (change) => changes.push(change))
  core.start(new PresenceTraffic(core, hub, timers))
  const presence = new Presence(core)
  hub.join()
  const leave = () => {
    network.leave(hub)
    presence.left()
  }
  /** How often it was told to all. */
  const sent = () => hub.ownNamed('presence').flatMap((stream) => stream.sent)
  return { hub, timers, changes, presence, leave, sent }
}

const setup = () => {
  const network = new FakeNetwork()
  return { network, ada: createMember(network), bob: createMember(network) }
}

describe('presence', () => {
  it('is of a type that the application names', () => {
    const { ada } = setup()
    const cursors = ada.presence.as<{ readonly x: number }>()
    cursors.set({ x: 1 })
    const x: number | undefined = cursors.mine?.x
    expect([x, ada.presence.mine]).toEqual([1, { x: 1 }])
  })

  it('shows others my state, frozen all through, and tells them what it was before', async () => {
    const { ada, bob } = setup()
    const state = { cursor: { x: 1 }, list: [1] }
    ada.presence.set(state)
    state.cursor.x = 9
    await settle()
    const shown = bob.presence.get('member-1')
    expect(shown).toEqual({ cursor: { x: 1 }, list: [1] })
    expect([shown, shown?.cursor, shown?.list].every((value) => Object.isFrozen(value))).toBe(true)
    expect(ada.presence.mine).toEqual(shown)
    expect(ada.presence.get('member-1')).toBe(ada.presence.mine)
    ada.timers.advance(50)
    ada.presence.set({ typing: true })
    await settle()
    expect(bob.changes).toEqual([
      { id: 'member-1', previous: null, next: { cursor: { x: 1 }, list: [1] } },
      { id: 'member-1', previous: { cursor: { x: 1 }, list: [1] }, next: { typing: true } },
    ])
    expect(ada.changes).toEqual([])
  })

  it('gives the same snapshot until something changes, and nobody can change it', async () => {
    const { ada, bob } = setup()
    const empty = bob.presence.all
    ada.presence.set({ a: 1 })
    await settle()
    const all = bob.presence.all
    expect([...empty]).toEqual([])
    expect([...all]).toEqual([['member-1', { a: 1 }]])
    expect(bob.presence.all).toBe(all)
    expect(() => (all as Map<string, unknown>).set('x', 1)).toThrow(TypeError)
    expect(() => {
      ;(all as Map<string, unknown>).clear()
    }).toThrow(TypeError)
  })

  it('is cleared by null', async () => {
    const { ada, bob } = setup()
    ada.presence.set({ a: 1 })
    ada.timers.advance(50)
    ada.presence.set(null)
    await settle()
    expect(bob.changes.at(-1)).toEqual({ id: 'member-1', previous: { a: 1 }, next: null })
    expect([bob.presence.get('member-1'), ada.presence.mine, bob.presence.all.size]).toEqual([null, null, 0])
  })

  it('E2: is told once in 50 ms, of the newest, the last one always', async () => {
    const { ada, bob } = setup()
    for (let i = 0; i < 100; i++) ada.presence.set({ i })
    await settle()
    expect(bob.presence.get('member-1')).toEqual({ i: 0 })
    ada.timers.advance(49)
    await settle()
    expect(ada.sent()).toHaveLength(1)
    ada.timers.advance(1)
    await settle()
    expect(bob.presence.get('member-1')).toEqual({ i: 99 })
    expect(ada.sent()).toHaveLength(2)
    expect(ada.timers.count).toBe(0)
  })

  it('does not wait for a late timer once the time is up', async () => {
    const { ada, bob } = setup()
    ada.presence.set({ i: 1 })
    ada.presence.set({ i: 2 })
    await settle()
    // Hidden: the clock goes on, timers do not.
    ada.timers.nowMs += 50
    ada.presence.set({ i: 3 })
    await settle()
    expect(bob.presence.get('member-1')).toEqual({ i: 3 })
    expect(ada.timers.count).toBe(0)
  })

  it('is not told again while it is equal, however it came to be so', async () => {
    const { ada } = setup()
    ada.presence.set({ a: 1 })
    ada.presence.set({ a: 2 })
    ada.presence.set({ a: 1 })
    await settle()
    ada.timers.advance(1_000)
    ada.presence.set({ a: 1 })
    await settle()
    expect(ada.sent()).toHaveLength(1)
  })

  it('E2: keeps but the newest for a member that does not acknowledge, and goes on with the others', async () => {
    const { network, ada, bob } = setup()
    const cyd = createMember(network)
    network.heldFor.add(bob.hub)
    const text = 'x'.repeat(1_024)
    for (let i = 0; i < 10; i++) {
      ada.presence.set({ i, text })
      ada.timers.advance(50)
      await settle()
    }
    expect(cyd.presence.get('member-1')).toEqual({ i: 9, text })
    expect(ada.sent().filter(({ to }) => to !== 'member-3')).toMatchObject([{ to: 'all' }])
    network.release()
    await settle()
    expect(bob.presence.get('member-1')).toEqual({ i: 9, text })
    expect(bob.changes.map(({ next }) => next)).toMatchObject([{ i: 0 }, { i: 9 }])
  })

  it('E1, E2: is told to whoever comes, to that one alone, and goes with whoever leaves', async () => {
    const { network, ada, bob } = setup()
    ada.presence.set({ a: 1 })
    bob.presence.set({ b: 1 })
    await settle()
    const before = ada.sent().length
    const cyd = createMember(network)
    await settle()
    expect(ada.sent().slice(before)).toMatchObject([{ to: 'member-3' }])
    expect([...cyd.presence.all]).toEqual([
      ['member-1', { a: 1 }],
      ['member-2', { b: 1 }],
    ])
    ada.leave()
    expect(cyd.changes.at(-1)).toEqual({ id: 'member-1', previous: { a: 1 }, next: null })
    expect(cyd.presence.get('member-1')).toBeNull()
  })

  it('E2: tells a newcomer what the others know, and what is due goes to all', async () => {
    const { network, ada } = setup()
    ada.presence.set({ a: 1 })
    ada.presence.set({ a: 2 })
    const cyd = createMember(network)
    await settle()
    ada.timers.advance(50)
    await settle()
    expect(cyd.presence.get('member-1')).toEqual({ a: 2 })
    expect(ada.sent().map(({ to }) => to)).toEqual(['all', 'member-3', 'all'])
  })

  it('outlasts joins: what was set meanwhile is told in the next', async () => {
    const { ada, bob } = setup()
    ada.presence.set({ a: 1 })
    bob.presence.set({ b: 1 })
    await settle()
    ada.leave()
    expect([ada.presence.all.size, ada.presence.mine]).toEqual([0, { a: 1 }])
    ada.presence.set({ a: 2 })
    ada.presence.set({ a: 3 })
    ada.hub.join()
    await settle()
    expect(bob.presence.get('member-3')).toEqual({ a: 3 })
    expect(ada.presence.get('member-2')).toEqual({ b: 1 })
    expect(ada.changes.at(-1)).toEqual({ id: 'member-2', previous: null, next: { b: 1 } })
  })

  it.each([
    ['an array', []],
    ['a text', 'away'],
    ['undefined', undefined],
    ['a date', new Date()],
    ['a function inside', { f: () => 1 }],
  ])('of %s is a TypeError', (_name, state) => {
    expect(() => {
      setup().ada.presence.set(state as never)
    }).toThrow(TypeError)
  })

  it('above 4 KiB is message-too-large, and what was before stays', () => {
    const { presence } = setup().ada
    presence.set({ a: 1 })
    expect(() => {
      presence.set({ text: 'x'.repeat(4_096) })
    }).toThrow(expect.objectContaining({ code: 'message-too-large' }))
    expect(presence.mine).toEqual({ a: 1 })
  })

  it('E1: ignores hostile states, and that a stream ends', async () => {
    const { ada, bob } = setup()
    ada.presence.set({ a: 1 })
    await settle()
    const stream = ada.hub.own(STREAM_KIND.PRESENCE, STREAM_MODE.MESSAGES, 'presence')
    const bad = [
      new Uint8Array(0),
      Uint8Array.of(99),
      encodeValue(['an array'], 100),
      encodeValue('x', 100),
      encodeValue({ text: 'x'.repeat(5_000) }, 10_000),
      encodeValue({ a: 1 }, 100),
    ]
    for (const bytes of bad) await stream.send('all', bytes)
    await stream.send('all', Uint8Array.of(99), { end: true })
    await settle()
    expect(bob.presence.get('member-1')).toEqual({ a: 1 })
    expect(bob.changes).toHaveLength(1)
    expect(bob.hub.reports).toEqual([])
  })
})
