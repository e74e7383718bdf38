import { describe, expect, it, vi } from 'vitest'
import { SkeinError, WebGroup, WebGroupState, type GroupEvents } from '../../../sdk/group/index.js'
import { digest, nextEvent, record, setup, setupMembers, waitUntil } from './setup.js'

const code = (value: string) => expect.objectContaining({ name: 'SkeinError', code: value }) as unknown

describe('WebGroup before a join', () => {
  it('is left and empty', () => {
    const group = new WebGroup()
    expect(group.state).toBe(WebGroupState.LEFT)
    expect(group.signalingState).toBe('closed')
    expect([group.myId, group.id, group.key]).toEqual(['', '', ''])
    expect([group.members, group.neighbors, group.peers]).toEqual([[], [], []])
  })

  it('generates keys that differ and can be joined with', () => {
    expect(WebGroup.generateKey()).toMatch(/^sk1_[\w-]{46}$/)
    expect(WebGroup.generateKey()).not.toBe(WebGroup.generateKey())
  })

  it('describes what it would contact', () => {
    const group = new WebGroup({ signaling: 'wss://a.example' })
    expect(group.describe()).toEqual({
      hosts: [{ host: 'a.example', use: 'signaling' }],
      hostsComplete: true,
      memberAddresses: true,
      key: null,
    })
  })

  it('leaves without ado', async () => {
    await new WebGroup().leave()
  })
})

describe('WebGroup.join', () => {
  it('M15: resolves in an empty group, with a fresh key when none is given', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    await group.join()
    expect(group.state).toBe('joined')
    expect(group.signalingState).toBe('open')
    expect(group.myId).toMatch(/^[\w-]{22}$/)
    expect(group.id).toMatch(/^[\w-]{22}$/)
    expect(group.key).toMatch(/^sk1_/)
    expect(group.members).toEqual([group.myId])
    expect(group.describe().key).toBe('generated')
  })

  it('accepts a typed key, the same one however Unicode composes it', { timeout: 20_000 }, async () => {
    const { createGroup } = await setup()
    const [ada, bob] = [createGroup(), createGroup()]
    await ada.join('caf\u00e9')
    expect(ada.join('cafe\u0301')).toBe(ada.join())
    await bob.join('cafe\u0301')
    expect(bob.id).toBe(ada.id)
    expect(bob.members).toContain(ada.myId)
    expect(ada.describe().key).toBe('typed')
  })

  it('tells of its states in order', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    const log = record(group, ['state:change', 'signaling:change'])
    const states: string[] = []
    const onMyId = vi.fn()
    group.onStateChange = (state) => states.push(state)
    group.onMyId = onMyId
    await group.join()
    const { myId } = group
    await group.leave()
    expect(states).toEqual(['joining', 'joined', 'leaving', 'left'])
    expect(onMyId.mock.calls).toEqual([[myId]])
    expect(log.map(({ event }) => event)).toEqual([
      { previous: 'left', next: 'joining', reason: 'join' },
      { previous: 'closed', next: 'connecting', reason: expect.any(String) as string },
      { previous: 'connecting', next: 'open', reason: expect.any(String) as string },
      { previous: 'joining', next: 'joined', reason: 'joined' },
      { previous: 'joined', next: 'leaving', reason: 'leave' },
      { previous: 'open', next: 'closed', reason: expect.any(String) as string },
      { previous: 'leaving', next: 'left', reason: 'left' },
    ])
  })

  it('gives the same promise for the same key or none, and rejects another key', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    const key = WebGroup.generateKey()
    const promise = group.join(key)
    expect(group.join()).toBe(promise)
    await promise
    expect(group.join(key)).toBe(promise)
    group.on('error', () => undefined)
    await expect(group.join('another')).rejects.toEqual(code('already-joined'))
    expect(group.state).toBe('joined')
  })

  it.each<[unknown, typeof TypeError | typeof RangeError]>([
    [7, TypeError],
    [null, TypeError],
    [{}, TypeError],
    ['', RangeError],
    ['x'.repeat(513), RangeError],
    ['sk1_damaged', RangeError],
  ])('throws at the call for the key %o', (key, errorClass) => {
    const group = new WebGroup({ signaling: 'ws://localhost:1' })
    expect(() => group.join(key as string)).toThrow(errorClass)
    expect(group.state).toBe('left')
  })

  it.each([{ timeoutMs: '1' }, { signal: {} }, { timeout: 1 }, null])(
    'throws at the call for options %o',
    (options) => {
      expect(() => new WebGroup().join('key', options as object)).toThrow(TypeError)
    },
  )

  it.each([0, -1, 1.5, Infinity, NaN])('throws a RangeError for timeoutMs %d', (timeoutMs) => {
    expect(() => new WebGroup().join('key', { timeoutMs })).toThrow(RangeError)
  })

  it('M15: finds everyone who is there, and is told of them once it has joined', async () => {
    const { createGroup, key, members } = await setupMembers(2)
    const group = createGroup()
    const log = record(group, ['state:change', 'member:join'])
    await group.join(key)
    expect(group.members).toHaveLength(3)
    expect(new Set(group.members)).toEqual(new Set([group, ...members].map(({ myId }) => myId)))
    expect(log.map(({ name }) => name)).toEqual(['state:change', 'state:change', 'member:join', 'member:join'])
  })

  it('lets a listener greet those found on joining', async () => {
    const { createGroup, key, members } = await setupMembers(2)
    const received = members.map((member) => nextEvent(member, 'message'))
    const group = createGroup()
    group.on('member:join', ({ id }) => group.sendTo(id, 'hello'))
    await group.join(key)
    expect((await Promise.all(received)).map(({ from, data, to }) => [from, data, to])).toEqual([
      [group.myId, 'hello', 'me'],
      [group.myId, 'hello', 'me'],
    ])
  })

  it('shows profiles to members', async () => {
    const { createGroup, key, members } = await setupMembers(2, { profile: { name: 'Ada' } })
    const group = createGroup()
    await group.join(key)
    expect(group.peers.map(({ profile }) => profile)).toEqual([{ name: 'Ada' }, { name: 'Ada' }])
    await waitUntil(members[0], () => members[0].members.length === 3)
    expect(members[0].peers.find(({ id }) => id === group.myId)?.profile).toEqual({})
  })

  it('asks for ICE servers at every join', async () => {
    const { createGroup } = await setup()
    const iceServers = vi.fn(() => Promise.resolve([{ urls: 'stun:a.example' }]))
    const group = createGroup({ iceServers })
    expect(group.describe().hostsComplete).toBe(false)
    await group.join()
    expect(group.describe().hosts).toContainEqual({ host: 'a.example', use: 'stun' })
    await group.leave()
    await group.join()
    expect(iceServers).toHaveBeenCalledTimes(2)
  })
})

describe('WebGroup.leave', () => {
  it('is idempotent and shows nothing afterwards', async () => {
    const { network, members } = await setupMembers(2)
    const [ada, bob] = members
    const seen = nextEvent(bob, 'member:leave')
    const { myId } = ada
    const promise = ada.leave()
    expect(ada.state).toBe('leaving')
    expect(ada.leave()).toBe(promise)
    await promise
    expect(await seen).toEqual({ id: myId, reason: 'goodbye' })
    expect([ada.state, ada.signalingState, ada.myId, ada.id, ada.key]).toEqual(['left', 'closed', '', '', ''])
    expect([ada.members, ada.neighbors, ada.peers]).toEqual([[], [], []])
    await ada.leave()
    expect(network.openEnds).toBe(0)
  })

  it('ends a join with closed', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    const joining = group.join()
    const leaving = group.leave()
    await expect(joining).rejects.toEqual(code('closed'))
    await leaving
    expect(group.state).toBe('left')
  })

  it('is followed by no member or message event', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob, carol] = members
    await bob.send('before')
    const leaving = ada.leave()
    const log = record(ada, ['member:join', 'member:leave', 'member:update', 'link:change', 'message'])
    await Promise.all([leaving, bob.leave(), carol?.leave()])
    expect(log).toEqual([])
  })

  it('M8: lets what was sent arrive', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const received = nextEvent(bob, 'message')
    const data = new Uint8Array(300_000).fill(7)
    await ada.send(data)
    await ada.leave()
    expect(digest((await received).data)).toBe(digest(data))
  })

  it('rejects sends that wait for room with closed', async () => {
    const { members } = await setupMembers(2)
    const [ada] = members
    const sends = Array.from({ length: 40 }, () => ada.send(new Uint8Array(1_000_000)))
    const leaving = ada.leave()
    const results = await Promise.allSettled(sends)
    expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: code('closed') })
    await leaving
  })

  it.runIf('asyncDispose' in Symbol)('is what await using calls', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    await group.join()
    await group[Symbol.asyncDispose]()
    expect(group.state).toBe('left')
  })

  it('adds no method called undefined', () => {
    expect('undefined' in WebGroup.prototype).toBe(false)
  })
})

describe('WebGroup joined again', () => {
  it('is a new member', async () => {
    const { key, members } = await setupMembers(2)
    const [ada, bob] = members
    const first = ada.myId
    await ada.leave()
    await ada.join(key)
    expect(ada.myId).not.toBe(first)
    await waitUntil(bob, () => bob.members.includes(ada.myId))
    expect(bob.members).toEqual([bob.myId, ada.myId])
  })

  it('works at once: join, leave, join, as a view that mounts twice does', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    const key = WebGroup.generateKey()
    const log = record(group, ['state:change'])
    const first = group.join(key)
    const leaving = group.leave()
    const second = group.join(key)
    expect(group.join()).toBe(second)
    await expect(first).rejects.toEqual(code('closed'))
    await leaving
    await second
    expect(group.state).toBe('joined')
    expect(log.map(({ event }) => (event as GroupEvents['state:change']).next)).toEqual([
      'joining',
      'leaving',
      'left',
      'joining',
      'joined',
    ])
  })

  it('works while it still leaves, with another key too, and a leave ends that join', async () => {
    const { members } = await setupMembers(2)
    const [ada] = members
    const leaving = ada.leave()
    const another = WebGroup.generateKey()
    const waiting = ada.join(another)
    expect(ada.state).toBe('leaving')
    ada.on('error', () => undefined)
    await expect(ada.join('a third')).rejects.toEqual(code('already-joined'))
    expect(ada.leave()).toBe(leaving)
    await expect(waiting).rejects.toEqual(code('closed'))
    const next = ada.join(another)
    await next
    expect([ada.state, ada.key, ada.members.length]).toEqual(['joined', another, 1])
  })
})

describe('WebGroup.sendTo', () => {
  it('rejects what waits for room with member-left when its recipient leaves', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members as [(typeof members)[0], (typeof members)[0]]
    const sends = Array.from({ length: 4 }, () => ada.sendTo(bob.myId, new Uint8Array(6_000_000)))
    const left = nextEvent(ada, 'member:leave')
    await Promise.all([bob.leave(), left])
    const results = await Promise.allSettled(sends)
    expect(results[0]).toMatchObject({ status: 'fulfilled' })
    expect(results[3]).toMatchObject({ status: 'rejected', reason: { code: 'member-left' } })
  })

  it('lets a message to all go on when a recipient that it waited for leaves', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob] = members as [(typeof members)[0], (typeof members)[0]]
    const sends = Array.from({ length: 4 }, () => ada.send(new Uint8Array(6_000_000)))
    await bob.leave()
    await Promise.all(sends)
  })
})

describe('WebGroup.send', () => {
  it.each<[string, string | Uint8Array]>([
    ['text', 'grüß dich 🪿'],
    ['empty text', ''],
    ['binary', new Uint8Array([0, 1, 255])],
    ['empty binary', new Uint8Array()],
    ['many chunks', new Uint8Array(1_000_000).map((_, index) => index % 251)],
  ])('delivers %s to all', async (_name, data) => {
    const { members } = await setupMembers(3)
    const [ada, ...others] = members
    const received = others.map((member) => nextEvent(member, 'message'))
    await ada.send(data)
    for (const event of await Promise.all(received)) {
      expect({ ...event, data: digest(event.data) }).toEqual({ from: ada.myId, data: digest(data), to: 'all' })
    }
  })

  it('P3: keeps the order of messages to all and to one', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const log = record(bob, ['message'])
    const done = waitUntil(bob, () => log.length === 20)
    for (let i = 0; i < 10; i++) {
      void ada.send(`all ${i}`)
      void ada.sendTo(bob.myId, `bob ${i}`)
    }
    await done
    expect(log.map(({ event }) => (event as GroupEvents['message']).data)).toEqual(
      Array.from({ length: 10 }, (_, i) => [`all ${i}`, `bob ${i}`]).flat(),
    )
  })

  it('copies the data during the call', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const received = nextEvent(bob, 'message')
    const data = new Uint8Array([1, 2, 3])
    const sent = ada.send(data)
    data.fill(9)
    await sent
    expect((await received).data).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('resolves at once when nobody else is there', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    await group.join()
    await group.send('hello?')
  })

  it('tells the onMessage property too', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const onMessage = vi.fn()
    bob.onMessage = onMessage
    const received = nextEvent(bob, 'message')
    await ada.send('hello')
    await received
    expect(onMessage.mock.calls).toEqual([[ada.myId, 'hello']])
  })

  it('rejects before the group is joined', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    group.on('error', () => undefined)
    await expect(group.send('x')).rejects.toEqual(code('not-joined'))
    void group.join()
    await expect(group.send('x')).rejects.toEqual(code('not-joined'))
    await group.leave()
    await expect(group.sendTo('someone', 'x')).rejects.toEqual(code('not-joined'))
  })

  it('rejects for unknown members and for myself', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    group.on('error', () => undefined)
    await group.join()
    await expect(group.sendTo('nobody', 'x')).rejects.toEqual(code('member-unknown'))
    await expect(group.sendTo(group.myId, 'x')).rejects.toEqual(code('member-unknown'))
  })

  it('rejects what is larger than limits.messageBytes, and goes on', async () => {
    const { members } = await setupMembers(2, { limits: { messageBytes: 10 } })
    const [ada, bob] = members
    ada.on('error', () => undefined)
    await expect(ada.send('eleven char')).rejects.toEqual(code('message-too-large'))
    const received = nextEvent(bob, 'message')
    await ada.send('ten chars!')
    expect((await received).data).toBe('ten chars!')
  })

  it('throws at the call for data that is neither string nor bytes', () => {
    const group = new WebGroup()
    for (const data of [7, null, {}, [1]]) expect(() => group.send(data as string)).toThrow(TypeError)
    expect(() => group.sendTo(7 as unknown as string, 'x')).toThrow(TypeError)
    expect(() => group.send('x', { confirm: 1 } as object)).toThrow(/confirm/)
    expect(() => group.send('x', { confirmed: true } as object)).toThrow(/"confirmed"/)
  })

  it('with confirm tells who has it, once their SDK has handed it over, and who left first', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob, cyd] = members as [WebGroup, WebGroup, WebGroup]
    let heard = 0
    for (const other of [bob, cyd]) other.on('message', () => heard++)
    const report = await ada.send('all of you', { confirm: true })
    expect(heard).toBe(2)
    expect([...report.delivered].sort()).toEqual([bob.myId, cyd.myId].sort())
    expect(report.failed).toEqual([])
    await ada.sendTo(bob.myId, 'you', { confirm: true })
    expect(heard).toBe(3)
  })

  it('with confirm rejects with the reason of its signal, and with closed when the group is left', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const abort = new AbortController()
    const reason = new Error('mine')
    const aborted = ada.send('x', { confirm: true, signal: abort.signal })
    abort.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    const left = ada.sendTo(bob.myId, new Uint8Array(8_000_000), { confirm: true })
    left.catch(() => undefined)
    await ada.leave()
    await expect(left).rejects.toMatchObject({ code: 'closed' })
  })

  it('does not send when its signal was aborted before', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const reason = new Error('mine')
    await expect(ada.send('never', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const received = nextEvent(bob, 'message')
    await ada.send('second')
    expect((await received).data).toBe('second')
  })
})

describe('WebGroup snapshots', () => {
  it('stay the same while nothing changes', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const { members: ids, neighbors, peers } = ada
    await ada.send('x')
    await nextEvent(bob, 'message')
    expect(ada.members).toBe(ids)
    expect(ada.neighbors).toBe(neighbors)
    expect(ada.peers).toBe(peers)
    expect(neighbors).toEqual([bob.myId])
    expect(peers).toMatchObject([{ id: bob.myId, path: 'direct', via: [], bot: false }])
  })

  it('agree with every event', async () => {
    const { createGroup, key, members } = await setupMembers(2)
    const [ada] = members
    const joined = nextEvent(ada, 'member:join').then(({ id, peer }) => {
      expect(ada.members).toContain(id)
      expect(ada.peers).toContain(peer)
    })
    const group = createGroup()
    await group.join(key)
    await joined
    const left = nextEvent(ada, 'member:leave').then(({ id }) => {
      expect(ada.members).not.toContain(id)
    })
    await group.leave()
    await left
  })
})

describe('WebGroup relaying', () => {
  it('reaches a member that cannot be linked through another', async () => {
    const { network, key, createGroup, members } = await setupMembers(2)
    const [ada, bob] = members
    const carol = createGroup()
    carol.onMyId = (id) => {
      network.refuse(ada.myId, id)
    }
    await carol.join(key)
    await waitUntil(carol, () => carol.members.includes(ada.myId))
    await waitUntil(ada, () => ada.members.includes(carol.myId))
    expect(carol.peers.find(({ id }) => id === ada.myId)).toMatchObject({ path: 'relayed', via: [bob.myId] })
    expect(carol.neighbors).toEqual([bob.myId])
    const received = nextEvent(ada, 'message')
    await carol.sendTo(ada.myId, 'through Bob')
    expect(await received).toEqual({ from: carol.myId, data: 'through Bob', to: 'me' })
  })

  it(
    'shows a lost link as a change of path, not as a member that left, and heals it',
    { timeout: 20_000 },
    async () => {
      const { network, members } = await setupMembers(3)
      const [ada, bob, carol] = members
      if (!carol) throw new Error('three members were asked for')
      const log = record(ada, ['member:leave'])
      network.refuse(ada.myId, bob.myId)
      network.cut(ada.myId, bob.myId)
      await waitUntil(ada, () => ada.peers.some(({ path }) => path === 'relayed'))
      expect(ada.peers.find(({ id }) => id === bob.myId)).toMatchObject({ path: 'relayed', via: [carol.myId] })
      expect(ada.neighbors).toEqual([carol.myId])
      const received = nextEvent(bob, 'message')
      await ada.send('through Carol')
      expect(await received).toEqual({ from: ada.myId, data: 'through Carol', to: 'all' })
      const direct = waitUntil(ada, () => ada.peers.every(({ path }) => path === 'direct'))
      network.allow(ada.myId, bob.myId)
      await direct
      expect(log).toEqual([])
    },
  )
})

describe('WebGroup side by side', () => {
  it('two groups in one place do not hear each other', async () => {
    const { createGroup } = await setup()
    const groups = Array.from({ length: 4 }, () => createGroup())
    const [ada, bob, carol, dave] = groups as [WebGroup, WebGroup, WebGroup, WebGroup]
    const [one, two] = [WebGroup.generateKey(), WebGroup.generateKey()]
    await Promise.all([ada.join(one), carol.join(two)])
    await Promise.all([bob.join(one), dave.join(two)])
    const logs = [ada, carol].map((group) => record(group, ['message']))
    const received = [nextEvent(ada, 'message'), nextEvent(carol, 'message')]
    await Promise.all([bob.send('to one'), dave.send('to two')])
    await Promise.all(received)
    expect(logs.map((log) => log.map(({ event }) => (event as GroupEvents['message']).data))).toEqual([
      ['to one'],
      ['to two'],
    ])
    expect(ada.id).toBe(bob.id)
    expect(ada.id).not.toBe(carol.id)
  })
})

describe('WebGroup without its server', () => {
  it('stays joined and goes on talking', async () => {
    const { server, members } = await setupMembers(2)
    const [ada, bob] = members
    const lost = waitUntil(ada, () => ada.signalingState !== 'open')
    await server.close()
    await lost
    expect(ada.state).toBe('joined')
    const received = nextEvent(bob, 'message')
    await ada.send('still here')
    expect((await received).data).toBe('still here')
  })
})

describe('WebGroup.on', () => {
  it('stops when asked to, in each of its ways', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    const controller = new AbortController()
    const [byOff, bySignal, once] = [vi.fn(), vi.fn(), vi.fn()]
    const off = group.on('state:change', byOff)
    group.on('state:change', bySignal, { signal: controller.signal })
    group.on('state:change', once, { once: true })
    const joining = group.join()
    off()
    controller.abort()
    await joining
    for (const listener of [byOff, bySignal, once]) expect(listener).toHaveBeenCalledTimes(1)
  })

  it('reports a listener that throws and still calls the others', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    const [onError, after] = [vi.fn(), vi.fn()]
    const thrown = new Error('mine')
    group.on('error', onError)
    group.onStateChange = () => {
      throw thrown
    }
    group.on('state:change', after)
    await group.join()
    expect(after).toHaveBeenCalledTimes(2)
    expect(onError.mock.calls).toEqual([[{ error: thrown }], [{ error: thrown }]])
  })

  it('refuses unknown names and what is no function', () => {
    const group = new WebGroup()
    expect(() => group.on('joined' as 'message', () => undefined)).toThrow(TypeError)
    expect(() => group.on('message', 'text' as unknown as () => void)).toThrow(TypeError)
    expect(() => group.on('message', () => undefined, { once: 1 } as object)).toThrow(TypeError)
  })

  it('tells error listeners of rejections, but for those that the caller brought about', async () => {
    const { createGroup } = await setup()
    const group = createGroup()
    const errors: unknown[] = []
    group.on('error', ({ error }) => errors.push(error))
    await group.send('x').catch(() => undefined)
    await group.join(undefined, { signal: AbortSignal.abort() }).catch(() => undefined)
    const joining = group.join()
    await group.leave()
    await joining.catch(() => undefined)
    expect(errors).toEqual([code('not-joined')])
  })

  it('logs an error that nobody listens for, and one thrown by a listener for errors', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const group = new WebGroup()
    await group.send('x').catch(() => undefined)
    expect(log.mock.calls).toEqual([['skein:', code('not-joined')]])
    group.on('error', () => {
      throw new Error('again')
    })
    await group.send('x').catch(() => undefined)
    expect(log).toHaveBeenCalledTimes(2)
    log.mockRestore()
  })
})

describe('WebGroup.stats and describe', () => {
  it('are plain data without secrets', async () => {
    const { key, members } = await setupMembers(2)
    const [ada, bob] = members
    await ada.send('hello')
    const stats = ada.stats()
    expect(stats).toMatchObject({ state: 'joined', signalingState: 'open', myId: ada.myId })
    expect(stats.peers).toMatchObject([{ id: bob.myId, path: 'direct', via: [] }])
    expect(stats.totals).toMatchObject({ members: 2, links: 1, messagesSent: 1 })
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats)
    expect(JSON.stringify([stats, ada.describe()])).not.toContain(key.slice(4))
    await ada.leave()
    expect(ada.stats()).toEqual({
      state: 'left',
      signalingState: 'closed',
      myId: '',
      peers: [],
      totals: null,
      media: [],
    })
  })
})

describe('SkeinError', () => {
  it('is what the group exports', () => {
    expect(new SkeinError('closed', 'x')).toBeInstanceOf(Error)
  })
})
