import { describe, expect, it, vi } from 'vitest'
import { WebGroup } from '../../../sdk/group/index.js'
import { nextEvent, waitUntil } from '../group/setup.js'
import { shows } from '../../support/wrtc-media.js'
import { createWatchedEngine, onlyWhere, setup, setupMembers, streamOf, trackOf, video, Watcher } from './setup.js'

/** Ada and Bob, who have no link while `isApart`, and Cyn, through whom they reach each other. */
const setupRelayed = async () => {
  const { create, join } = await setup()
  const apart = { is: true }
  const blocked = new Set<string>()
  const rules = onlyWhere((id) => !apart.is || !blocked.has(id))
  const cyn = await join(create())
  const [ada, bob] = [create(rules), create(rules)]
  for (const group of [ada, bob]) group.onMyId = (id) => blocked.add(id)
  await join(ada)
  await join(bob)
  await waitUntil(ada, () => ada.peers.some(({ id, path }) => id === bob.myId && path === 'relayed'))
  return { ada, bob, cyn, apart }
}

describe('a stream and the links there are', { timeout: 60_000 }, () => {
  it('Q8: does not reach a member through others, who is told so, while messages go on', async () => {
    const { ada, bob, cyn, apart } = await setupRelayed()
    const [atBob, atCyn] = [new Watcher(bob), new Watcher(cyn)]
    ada.addStream(streamOf(video(40)), { metadata: 'camera' })
    await shows(trackOf(await atCyn.nth('stream:add', 1)), 40)
    expect(await atBob.nth('stream:unavailable', 1)).toEqual({
      from: ada.myId,
      metadata: 'camera',
      reason: 'relayed',
      hint: 'turn',
    })
    const message = nextEvent(bob, 'message')
    await ada.send('still here')
    expect(await message).toMatchObject({ data: 'still here' })
    expect(atBob.names()).toEqual(['stream:unavailable'])
    // A way is found.
    apart.is = false
    await shows(trackOf(await atBob.nth('stream:add', 1)), 40)
    expect(atBob.names()).toEqual(['stream:unavailable', 'stream:add'])
  })

  it('Q7: stays the same when another link takes the place of the one that brought it', async () => {
    const { transports, connections } = createWatchedEngine()
    const { members } = await setupMembers(2, { transports })
    const [ada, bob] = members
    const watcher = new Watcher(bob)
    ada.addStream(streamOf(video(40)))
    const seen = await watcher.nth('stream:add', 1)
    const before = trackOf(seen)
    await shows(before, 40)
    connections[0]?.close()
    await watcher.nth('stream:update', 1)
    const after = trackOf(seen)
    await shows(after, 40)
    expect([after === before, before.readyState]).toEqual([false, 'ended'])
    expect(watcher.names()).not.toContain('stream:remove')
    expect(watcher.all('stream:add')).toHaveLength(1)
  })

  it('Q8: is removed when no link takes the place of the one that brought it for 3 s, and comes back with one', async () => {
    const { connections, transports } = createWatchedEngine()
    const { create, join } = await setup()
    const apart = { is: false }
    const [transport] = transports
    if (transport === undefined) throw new Error('no transport')
    const canLink = transport.canLink.bind(transport)
    const strict = { transports: [{ ...transport, canLink: (id: string) => !apart.is && canLink(id) }] }
    const ada = await join(create(strict))
    const bob = await join(create(strict))
    const cyn = await join(create())
    await waitUntil(cyn, () => cyn.neighbors.length === 2)
    await waitUntil(bob, () => bob.members.length === 3)
    const watcher = new Watcher(bob)
    ada.addStream(streamOf(video(40)), { metadata: 'camera' })
    const { stream } = await watcher.nth('stream:add', 1)
    const isBetween = async (connection: RTCPeerConnection): Promise<boolean> =>
      [...(await connection.getStats()).values()].some(
        (stat: { type: string; kind?: string }) => stat.type === 'inbound-rtp' && stat.kind === 'video',
      )
    apart.is = true
    for (const connection of connections) {
      if (connection.connectionState === 'connected' && (await isBetween(connection))) connection.close()
    }
    const removed = await watcher.nth('stream:remove', 1)
    expect(removed).toMatchObject({ from: ada.myId, stream, reason: 'unreachable' })
    await watcher.nth('stream:unavailable', 1)
    expect(bob.members).toContain(ada.myId)
    apart.is = false
    const again = await watcher.nth('stream:add', 2)
    await shows(trackOf(again), 40)
    expect(again.stream).not.toBe(stream)
    const names = watcher.names().filter((name) => name.startsWith('stream:'))
    expect(names).toEqual(['stream:add', 'stream:remove', 'stream:unavailable', 'stream:add'])
  })

  it('does not come where the engine has no media, and is unavailable there', async () => {
    const { create, join } = await setup()
    const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = (await import('@roamhq/wrtc')).default
    const bare = { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate }
    const { webRTC } = await import('../../../sdk/group/index.js')
    const ada = await join(create())
    const bob = await join(create({ transports: [webRTC({ rtc: () => bare })] }))
    await waitUntil(ada, () => ada.members.length === 2)
    const watcher = new Watcher(bob)
    ada.addStream(streamOf(video(40)))
    await watcher.nth('stream:unavailable', 1)
    await ada.send('hello')
    expect(bob.members).toContain(ada.myId)
  })

  it('shows again within 2 s of being joined, at who joins anew and at the others', async () => {
    const { members, key } = await setupMembers(2)
    const [ada, bob] = members
    const [atAda, atBob] = [new Watcher(ada), new Watcher(bob)]
    ada.addStream(streamOf(video(40)))
    bob.addStream(streamOf(video(90)))
    await Promise.all([atAda.nth('stream:add', 1), atBob.nth('stream:add', 1)])
    await bob.leave()
    await atAda.nth('stream:remove', 1)
    await bob.join(key)
    const joinedAt = performance.now()
    const [toBob, toAda] = await Promise.all([atBob.nth('stream:add', 2), atAda.nth('stream:add', 2)])
    await Promise.all([shows(trackOf(toBob), 40), shows(trackOf(toAda), 90)])
    expect(performance.now() - joinedAt).toBeLessThan(2_000)
  })

  it('Q9: of which nothing is sent is not on the link at all', async () => {
    const { transports, sending } = createWatchedEngine()
    const { members } = await setupMembers(2, { transports })
    const [ada, bob] = members
    const watcher = new Watcher(bob)
    const camera = ada.addStream(streamOf(video(40)))
    await watcher.nth('stream:add', 1)
    expect(sending()).toEqual(['video'])
    camera.mute('video')
    await vi.waitUntil(() => sending().length === 0)
    camera.unmute('video')
    await vi.waitUntil(() => sending().length === 1)
    camera.remove()
    await vi.waitUntil(() => sending().length === 0)
  })

  it('Q5: makes nothing of links while nobody has media or waits for any, and is ready where both wait', async () => {
    const { transports, connections } = createWatchedEngine()
    const world = await setup()
    const [ada, bob] = [world.create({ transports }), world.create({ transports })]
    await world.join(ada)
    await world.join(bob)
    await waitUntil(ada, () => ada.members.length === 2)
    const message = nextEvent(bob, 'message')
    await ada.send('hello')
    await message
    const slots = () => connections.map((connection) => connection.getTransceivers().length)
    expect(slots()).toEqual([0, 0])
    await bob.leave()
    for (const group of [ada, bob]) group.on('stream:add', () => undefined)
    await world.join(bob)
    await vi.waitUntil(() => slots().slice(2).join() === '2,2')
  })

  it('leaves nothing behind when both have left', async () => {
    const { transports, connections } = createWatchedEngine()
    const { members } = await setupMembers(2, { transports })
    const watchers = members.map((group) => new Watcher(group))
    for (const group of members) group.addStream(streamOf(video(40)))
    const added = await Promise.all(watchers.map((watcher) => watcher.nth('stream:add', 1)))
    await Promise.all(members.map((group) => group.leave()))
    expect(connections.map(({ connectionState }) => connectionState)).toEqual(connections.map(() => 'closed'))
    expect(added.map((seen) => trackOf(seen).readyState)).toEqual(['ended', 'ended'])
    expect(new WebGroup().state).toBe('left')
  })
})
