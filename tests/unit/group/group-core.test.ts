import { describe, expect, it, onTestFinished } from 'vitest'
import { platform } from '#platform'
import { generateGroupKey, parseGroupKey } from '../../../sdk/crypto/index.js'
import { GroupCore } from '../../../sdk/group/group-core.js'
import { resolveOptions, type Settings } from '../../../sdk/group/options.js'
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
    const page = (name: 'pagehide' | 'pageshow' | 'online') => {
      // As in a browser, where leaving is told twice.
      const times = name === 'pagehide' ? 2 : 1
      for (const handlers of [...pages]) for (let i = 0; i < times; i++) handlers[name]?.({ persisted: true })
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

const setupPair = async (over: Partial<Settings> = {}) => {
  const { createMember, ...world } = await setup(over)
  const [ada, bob] = [createMember(), createMember()]
  await ada.join()
  await bob.join()
  await ada.until(() => ada.core.snapshots.members.length === 2)
  return { ...world, ada, bob }
}

describe('GroupCore when its page goes away', () => {
  it('M8: has left before the event is over, and the others see it by its goodbye', async () => {
    const { network, ada, bob } = await setupPair()
    ada.page('pagehide')
    expect(ada.core.lifecycle.stage.name).toBe('left')
    expect(ada.stateReasons().slice(2)).toEqual(['pagehide', 'pagehide'])
    await bob.until(() => bob.core.snapshots.members.length === 1)
    expect(bob.events.findLast(({ name }) => name === 'member:leave')?.payload).toMatchObject({ reason: 'goodbye' })
    await bob.core.leave()
    expect(network.openEnds).toBe(0)
  })

  it('M8: says goodbye in the middle of a transfer too', async () => {
    const { ada, bob } = await setupPair()
    const send = ada.core.send('all', new Uint8Array(8_000_000), undefined)
    const next = ada.core.send('all', new Uint8Array(8_000_000), undefined)
    send.catch(() => undefined)
    next.catch(() => undefined)
    ada.page('pagehide')
    await bob.until(() => bob.core.snapshots.members.length === 1)
  })

  it('joins again as a new member when it comes back', async () => {
    const { ada, bob } = await setupPair()
    const first = ada.core.join?.id
    ada.page('pagehide')
    ada.page('pageshow')
    await ada.until(() => ada.core.lifecycle.stage.name === 'joined')
    expect(ada.stateReasons().slice(4)).toEqual(['pageshow', 'joined'])
    expect(ada.core.join?.id).not.toBe(first)
    await bob.until(() => bob.core.snapshots.has(ada.core.join?.id ?? ''))
  })

  it('joins again though it was hidden once more while it did', async () => {
    const { createMember } = await setup()
    const member = createMember()
    await member.join()
    for (const name of ['pagehide', 'pageshow', 'pagehide', 'pageshow'] as const) member.page(name)
    await member.until(() => member.core.lifecycle.stage.name === 'joined')
    expect(member.events.filter(({ name }) => name === 'error')).toEqual([])
  })

  it('tries again when the network comes back later than the page', async () => {
    const { server, createMember } = await setup()
    const member = createMember()
    await member.join()
    member.page('pagehide')
    await server.close()
    member.page('pageshow')
    await member.until(() => member.events.some(({ name }) => name === 'error'))
    expect(member.stateReasons().slice(4)).toEqual(['pageshow', 'signaling-unreachable'])
    const again = await createSignaling({ port: server.port }).listen()
    member.page('online')
    await member.until(() => member.core.lifecycle.stage.name === 'joined')
    await member.core.leave()
    expect(member.pages.size).toBe(0)
    await again.close()
  })

  it('stays away when the application has left meanwhile, or wants no rejoining', async () => {
    const { ada, bob } = await setupPair({ autoRejoin: false })
    ada.page('pagehide')
    ada.page('pageshow')
    expect(ada.core.lifecycle.stage.name).toBe('left')
    await bob.core.leave()
    bob.page('pageshow')
    expect(bob.core.lifecycle.stage.name).toBe('left')
    const again = await setupPair()
    again.ada.page('pagehide')
    await again.ada.core.leave()
    again.ada.page('pageshow')
    expect(again.ada.core.lifecycle.stage.name).toBe('left')
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
