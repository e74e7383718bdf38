import { describe, expect, it, onTestFinished } from 'vitest'
import { platform } from '#platform'
import { generateGroupKey, parseGroupKey } from '../../../sdk/crypto/index.js'
import { GroupCore } from '../../../sdk/group/group-core.js'
import { Journal } from '../../../sdk/group/journal.js'
import { resolveOptions, type Settings } from '../../../sdk/group/options.js'
import { sendToAll, sendToOne } from '../../../sdk/group/sending.js'
import { createMemoryNetwork } from '../../../sdk/link/memory.js'
import type { PageHandlers } from '../../../sdk/platform/platform.js'
import { createSignaling } from '../../../signaling/index.js'

/** Members in pages whose life the test decides. */
const setup = async (over: Partial<Settings> = {}) => {
  const network = createMemoryNetwork()
  const server = await createSignaling({ port: 0 }).listen()
  const key = generateGroupKey((size) => platform.randomBytes(size))
  const request = { key, groupKey: parseGroupKey(key), signal: undefined, timeoutMs: 5_000 }
  const cores: GroupCore[] = []
  const createMember = () => {
    const pages = new Set<PageHandlers>()
    const events: { readonly name: string; readonly payload: unknown }[] = []
    const listeners = new Set<() => void>()
    const core = new GroupCore(
      { ...resolveOptions({ signaling: server.url, transports: [network.transport] }), ...over },
      {
        emit: (name, payload) => {
          events.push({ name, payload })
          for (const listener of [...listeners]) listener()
        },
        listens: () => false,
        report: (error) => {
          events.push({ name: 'error', payload: error })
          for (const listener of [...listeners]) listener()
        },
      },
      {
        ...platform,
        watchPage: (handlers) => {
          pages.add(handlers)
          return () => pages.delete(handlers)
        },
      },
      new Journal(null, platform),
    )
    cores.push(core)
    const until = (isSo: () => boolean) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (!isSo()) return
          listeners.delete(check)
          resolve()
        }
        listeners.add(check)
        check()
      })
    const page = (name: 'pagehide' | 'pageshow' | 'online', persisted = true) => {
      // As in a browser, where leaving is told twice.
      const times = name === 'pagehide' ? 2 : 1
      for (const handlers of [...pages]) for (let i = 0; i < times; i++) handlers[name]?.({ persisted })
    }
    const stateReasons = () =>
      events.flatMap(({ name, payload }) => (name === 'state:change' ? [(payload as { reason: string }).reason] : []))
    return { core, pages, events, until, page, stateReasons, join: () => core.startJoin(request) }
  }
  onTestFinished(async () => {
    await Promise.all(cores.map((core) => core.leave()))
    await server.close()
  })
  return { network, server, createMember }
}

const ignore = (): void => undefined
const send = ({ core }: { readonly core: GroupCore }, data: string | Uint8Array) => sendToAll(core, ignore, data, {})

const setupPair = async (over: Partial<Settings> = {}) => {
  const { createMember, ...world } = await setup(over)
  const [ada, bob] = [createMember(), createMember()]
  await ada.join()
  await bob.join()
  await ada.until(() => ada.core.snapshots.members.length === 2)
  return { ...world, ada, bob }
}

const namesOf = (events: readonly { readonly name: string }[], names: readonly string[]) =>
  events.flatMap(({ name }) => (names.includes(name) ? [name] : []))

describe('GroupCore when its page goes away for good', () => {
  it('M8: has left before the event is over, and the others see it by its goodbye', async () => {
    const { network, ada, bob } = await setupPair()
    ada.page('pagehide', false)
    expect(ada.core.lifecycle.stage.name).toBe('left')
    expect(ada.stateReasons().slice(2)).toEqual(['pagehide', 'pagehide'])
    await bob.until(() => bob.core.snapshots.members.length === 1)
    expect(bob.events.findLast(({ name }) => name === 'member:leave')?.payload).toMatchObject({ reason: 'goodbye' })
    await bob.core.leave()
    expect(network.openEnds).toBe(0)
  })

  it('M8: says goodbye in the middle of a transfer too', async () => {
    const { ada, bob } = await setupPair()
    const first = send(ada, new Uint8Array(8_000_000))
    const next = send(ada, new Uint8Array(8_000_000))
    first.catch(() => undefined)
    next.catch(() => undefined)
    ada.page('pagehide', false)
    await bob.until(() => bob.core.snapshots.members.length === 1)
  })

  it('has left though the page may come back, when it is not to rejoin, and stays away then', async () => {
    const { ada } = await setupPair({ autoRejoin: false })
    ada.page('pagehide')
    ada.page('pageshow')
    expect(ada.core.lifecycle.stage.name).toBe('left')
  })

  it('is gone too when it was put away before and never woke up', async () => {
    const { ada, bob } = await setupPair()
    ada.page('pagehide')
    ada.page('pagehide', false)
    expect(ada.core.lifecycle.stage.name).toBe('left')
    await bob.core.leave()
  })

  it('watches the page only while there is something to do', async () => {
    const { createMember } = await setup()
    const member = createMember()
    expect(member.pages.size).toBe(0)
    await member.join()
    expect(member.pages.size).toBe(1)
    await member.core.leave()
    expect(member.pages.size).toBe(0)
  })

  it('cuts a leave short, which then does not end the join that follows', async () => {
    const { ada } = await setupPair()
    const leaving = ada.core.leave()
    ada.page('pagehide')
    expect(ada.core.lifecycle.stage.name).toBe('left')
    const joining = ada.join()
    await leaving
    await joining
    expect(ada.core.lifecycle.stage.name).toBe('joined')
    expect(ada.stateReasons()).toEqual(['join', 'joined', 'leave', 'pagehide', 'join', 'joined'])
  })

  it('ends a join with closed', async () => {
    const { createMember } = await setup()
    const member = createMember()
    const joining = member.join()
    member.page('pagehide')
    await expect(joining).rejects.toMatchObject({ code: 'closed' })
    expect(member.core.lifecycle.stage.name).toBe('left')
  })
})

describe('GroupCore whose page is put away and comes back', () => {
  it('M16: stays joined without any connection, and is the same member when it is back', async () => {
    const { network, ada, bob } = await setupPair()
    const id = ada.core.join?.id
    ada.page('pagehide')
    expect(network.openEnds).toBeLessThan(2)
    expect([ada.core.lifecycle.stage.name, ada.core.signalingState]).toEqual(['joined', 'closed'])
    expect(ada.core.snapshots.members).toHaveLength(2)
    await bob.until(() => bob.core.snapshots.peers[0]?.path === 'none')
    ada.page('pageshow')
    await bob.until(() => bob.core.snapshots.peers[0]?.path === 'direct')
    await ada.until(() => ada.core.snapshots.peers[0]?.path === 'direct')
    expect(ada.core.join?.id).toBe(id)
    expect(ada.stateReasons()).toEqual(['join', 'joined'])
    for (const { events } of [ada, bob]) {
      expect(namesOf(events, ['member:join', 'member:leave', 'error'])).toEqual(['member:join'])
    }
  })

  it('M16: sends later what is sent to it and by it meanwhile', async () => {
    const { ada, bob } = await setupPair()
    const texts = (events: typeof ada.events) =>
      events.flatMap(({ name, payload }) => (name === 'message' ? [(payload as { data: unknown }).data] : []))
    ada.page('pagehide')
    await Promise.all([send(ada, 'from the cache'), send(bob, 'into it')])
    await bob.until(() => bob.core.snapshots.peers[0]?.path === 'none')
    await sendToOne(bob.core, ignore, bob.core.snapshots.peers[0]?.id ?? '', 'and again', {})
    ada.page('pageshow')
    await bob.until(() => texts(bob.events).length === 1)
    await ada.until(() => texts(ada.events).length === 2)
    expect([texts(ada.events), texts(bob.events)]).toEqual([['into it', 'and again'], ['from the cache']])
  })

  it('comes back though it was hidden once more while it did', async () => {
    const { ada, bob } = await setupPair()
    for (const name of ['pagehide', 'pagehide', 'pageshow', 'pageshow', 'pagehide', 'pageshow'] as const) ada.page(name)
    await ada.until(() => ada.core.snapshots.peers[0]?.path === 'direct' && ada.core.signalingState === 'open')
    await bob.until(() => bob.core.snapshots.peers[0]?.path === 'direct')
    expect(namesOf(ada.events, ['error', 'member:leave'])).toEqual([])
  })

  it('S23: goes on dialling when the network comes back later than the page', async () => {
    const { server, ada, bob } = await setupPair()
    await bob.core.leave()
    ada.page('pagehide')
    await server.close()
    ada.page('pageshow')
    const failed = () =>
      ada.events.filter(({ name, payload }) => {
        const { previous, next } = payload as { previous: string; next: string }
        return name === 'signaling:change' && previous === 'connecting' && next === 'closed'
      }).length
    await ada.until(() => failed() > 0)
    const again = await createSignaling({ port: server.port }).listen()
    ada.page('online')
    await ada.until(() => ada.core.signalingState === 'open')
    expect(namesOf(ada.events, ['error'])).toEqual([])
    await ada.core.leave()
    expect(ada.pages.size).toBe(0)
    await again.close()
  })

  it('settles a leave that comes before it is back, and stays away', async () => {
    const { network, ada, bob } = await setupPair()
    ada.page('pagehide')
    await send(ada, 'too late')
    await ada.core.leave()
    ada.page('pageshow')
    expect(ada.core.lifecycle.stage.name).toBe('left')
    expect(ada.stateReasons().slice(2)).toEqual(['leave', 'left'])
    await bob.core.leave()
    expect(network.openEnds).toBe(0)
  })

  it('takes a pageshow without a pagehide for what it is: the page is there', async () => {
    const { ada } = await setupPair()
    ada.page('pageshow')
    expect(namesOf(ada.events, ['member:leave', 'link:change'])).toEqual([])
  })
})

describe('GroupCore that has lost everything', () => {
  it('has left after lingerMs when it is not to rejoin', async () => {
    const { server, createMember } = await setup({ autoRejoin: false, lingerMs: 200 })
    const member = createMember()
    await member.join()
    await server.close()
    await member.until(() => member.core.lifecycle.stage.name === 'left')
    expect(member.stateReasons()).toEqual(['join', 'joined', 'lost', 'left'])
  })

  it('stays while it has a link', async () => {
    const { server, ada, bob } = await setupPair({ autoRejoin: false, lingerMs: 200 })
    await server.close()
    await ada.until(() => ada.core.signalingState !== 'open')
    await bob.core.leave()
    await ada.until(() => ada.core.lifecycle.stage.name === 'left')
    const names = ada.events.map(({ name, payload }) => (name === 'state:change' ? payload : name))
    const gone = names.lastIndexOf('member:leave')
    expect(names.findIndex((event) => (event as { reason?: string }).reason === 'lost')).toBeGreaterThan(gone)
  })
})
