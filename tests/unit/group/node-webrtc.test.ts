import { describe, expect, it, onTestFinished } from 'vitest'
import { WebGroup, type GroupEvents } from '../../../sdk/group/index.js'
import { createSignaling } from '../../../signaling/index.js'
import { digest, nextEvent, record, waitUntil } from './setup.js'

/** Members in this process over the WebRTC of Node and a real signaling server. */
const setup = async (count: number) => {
  const server = await createSignaling({ port: 0 }).listen()
  const groups = Array.from({ length: count }, () => new WebGroup({ signaling: server.url }))
  onTestFinished(async () => {
    await Promise.all(groups.map((group) => group.leave()))
    await server.close()
  })
  return { server, groups: groups as [WebGroup, WebGroup, ...WebGroup[]] }
}

const setupPair = async () => {
  const { server, groups } = await setup(2)
  const [ada, bob] = groups
  const key = WebGroup.generateKey()
  await ada.join(key)
  await bob.join(key)
  await waitUntil(ada, () => ada.members.length === 2)
  return { server, key, ada, bob }
}

describe('WebGroup over WebRTC in Node', { timeout: 30_000 }, () => {
  it('exchanges text, binary and empty messages, small and large, in order', async () => {
    const { ada, bob } = await setupPair()
    expect(ada.neighbors).toEqual([bob.myId])
    const messages = [
      'grüß dich 🪿',
      '',
      new Uint8Array(),
      new Uint8Array([0, 255]),
      new Uint8Array(3_000_000).map((_, i) => i % 253),
      'after',
    ]
    const log = record(bob, ['message'])
    const done = waitUntil(bob, () => log.length === messages.length)
    for (const data of messages) await ada.send(data)
    await done
    expect(log.map(({ event }) => digest((event as GroupEvents['message']).data))).toEqual(messages.map(digest))
  })

  it('leaves, is seen leaving, and joins again as a new member', async () => {
    const { key, ada, bob } = await setupPair()
    const first = bob.myId
    const left = nextEvent(ada, 'member:leave')
    await bob.leave()
    expect(await left).toEqual({ id: first, reason: 'goodbye' })
    await bob.join(key)
    expect(bob.myId).not.toBe(first)
    await waitUntil(ada, () => ada.members.includes(bob.myId))
    const received = nextEvent(bob, 'message')
    await ada.sendTo(bob.myId, 'welcome back')
    expect(await received).toEqual({ from: ada.myId, data: 'welcome back', to: 'me' })
  })

  it('keeps two groups apart', async () => {
    const { groups } = await setup(4)
    const [ada, bob, carol, dave] = groups as unknown as [WebGroup, WebGroup, WebGroup, WebGroup]
    const [one, two] = [WebGroup.generateKey(), WebGroup.generateKey()]
    await Promise.all([ada.join(one), carol.join(two)])
    await Promise.all([bob.join(one), dave.join(two)])
    const logs = [ada, carol].map((group) => record(group, ['message']))
    const received = [nextEvent(ada, 'message'), nextEvent(carol, 'message')]
    await Promise.all([bob.send('to one'), dave.send('to two')])
    await Promise.all(received)
    const data = logs.map((log) => log.map(({ event }) => (event as GroupEvents['message']).data))
    expect(data).toEqual([['to one'], ['to two']])
  })
})
