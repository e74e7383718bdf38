import { describe, expect, it } from 'vitest'
import { nextEvent, waitUntil } from '../group/setup.js'
import { shows, sounds } from '../../support/wrtc-media.js'
import { audio, setup, setupMembers, streamOf, trackOf, video, Watcher } from './setup.js'

describe('a stream in a group', { timeout: 30_000 }, () => {
  it('Q7: is added at every other member, with its metadata, and seen and heard there', async () => {
    const { members } = await setupMembers(3)
    const [ada, ...others] = members
    const watchers = others.map((group) => new Watcher(group))
    const camera = ada.addStream(streamOf(video(40), audio()), { metadata: { kind: 'camera' } })
    await camera.ready
    for (const watcher of watchers) {
      const added = await watcher.nth('stream:add', 1)
      expect(added).toMatchObject({
        from: ada.myId,
        metadata: { kind: 'camera' },
        muted: { audio: false, video: false },
      })
      await Promise.all([shows(trackOf(added), 40), sounds(trackOf(added, 'audio'))])
    }
  })

  it('may be several at once, from both sides, each with tracks of its own', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const [atAda, atBob] = [new Watcher(ada), new Watcher(bob)]
    ada.addStream(streamOf(video(40)), { metadata: 'camera' })
    ada.addStream(streamOf(video(90)), { metadata: 'screen' })
    bob.addStream(streamOf(video(200)), { metadata: 'camera' })
    await Promise.all([atBob.nth('stream:add', 2), atAda.nth('stream:add', 1)])
    expect(atBob.all('stream:add').map(({ metadata }) => metadata)).toEqual(['camera', 'screen'])
    await Promise.all([
      shows(trackOf(await atBob.nth('stream:add', 1)), 40),
      shows(trackOf(await atBob.nth('stream:add', 2)), 90),
      shows(trackOf(await atAda.nth('stream:add', 1)), 200),
    ])
  })

  it('is added at whoever joins later, after that member is here', async () => {
    const { create, join } = await setup()
    const ada = await join(create())
    ada.addStream(streamOf(video(40)))
    const bob = create()
    const watcher = new Watcher(bob)
    await join(bob)
    await shows(trackOf(await watcher.nth('stream:add', 1)), 40)
    expect(watcher.names()).toEqual(['member:join', 'stream:add'])
  })

  it('may be added before the first join, and stays over joins', async () => {
    const { create, join } = await setup()
    const [ada, bob] = [create(), create()]
    const watcher = new Watcher(bob)
    const camera = ada.addStream(streamOf(video(40)))
    await camera.ready
    await join(bob)
    await join(ada)
    const first = await watcher.nth('stream:add', 1)
    await ada.leave()
    await watcher.nth('stream:remove', 1)
    await join(ada)
    const second = await watcher.nth('stream:add', 2)
    await shows(trackOf(second), 40)
    expect(second.from).toBe(ada.myId)
    expect(second.from).not.toBe(first.from)
  })

  it('is for those alone whom it is meant for', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob, cyn] = members
    const [atBob, atCyn] = [new Watcher(bob), new Watcher(cyn)]
    ada.addStream(streamOf(video(40)), { to: bob.myId })
    await atBob.nth('stream:add', 1)
    ada.addStream(streamOf(video(90)), { to: [bob.myId, cyn.myId], metadata: 'both' })
    await Promise.all([atBob.nth('stream:add', 2), atCyn.nth('stream:add', 1)])
    expect(atCyn.all('stream:add').map(({ metadata }) => metadata)).toEqual(['both'])
  })

  it('is removed when its member removes it, and its tracks end there and not here', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const watcher = new Watcher(bob)
    const track = video(40)
    const camera = ada.addStream(streamOf(track), { metadata: 7 })
    const { stream } = await watcher.nth('stream:add', 1)
    const seen = trackOf({ stream })
    camera.remove()
    camera.remove()
    const removed = await watcher.nth('stream:remove', 1)
    expect(removed).toEqual({ from: ada.myId, stream, metadata: 7, reason: 'removed' })
    expect([seen.readyState, track.readyState]).toEqual(['ended', 'live'])
    await expect(camera.addTrack(video(90))).rejects.toMatchObject({ code: 'closed' })
    // The same again, as another.
    ada.addStream(streamOf(track))
    await shows(trackOf(await watcher.nth('stream:add', 2)), 40)
  })

  it('Q7: is removed before its member leaves, and whoever leaves is told of nothing', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    ada.addStream(streamOf(video(40)))
    bob.addStream(streamOf(video(90)))
    const [atAda, atBob] = [new Watcher(ada), new Watcher(bob)]
    const [, { stream }] = await Promise.all([atBob.nth('stream:add', 1), atAda.nth('stream:add', 1)])
    const left = nextEvent(bob, 'member:leave')
    await ada.leave()
    await left
    expect(atBob.names()).toEqual(['stream:add', 'stream:remove', 'member:leave'])
    expect(atBob.all('stream:remove')[0]).toMatchObject({ reason: 'left' })
    expect(atAda.names()).toEqual(['stream:add'])
    expect(trackOf({ stream }).readyState).toBe('ended')
  })

  it('may be a promise of one', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const watcher = new Watcher(bob)
    let give = (_stream: MediaStream): void => undefined
    const camera = ada.addStream(
      new Promise<MediaStream>((resolve) => {
        give = resolve
      }),
    )
    camera.mute('audio')
    give(streamOf(video(40), audio()))
    await camera.ready
    const added = await watcher.nth('stream:add', 1)
    expect(added.muted).toEqual({ audio: true, video: false })
    await shows(trackOf(added), 40)
  })

  it('goes when its signal aborts', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    const watcher = new Watcher(bob)
    const controller = new AbortController()
    ada.addStream(streamOf(video(40)), { signal: controller.signal })
    await watcher.nth('stream:add', 1)
    controller.abort()
    expect(await watcher.nth('stream:remove', 1)).toMatchObject({ reason: 'removed' })
  })

  it('that a listener hands on at once reaches the next', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob, cyn] = members
    const watcher = new Watcher(cyn)
    bob.on('stream:add', ({ stream }) => bob.addStream(stream, { to: cyn.myId, metadata: 'again' }))
    ada.addStream(streamOf(video(40)), { to: bob.myId })
    const again = await watcher.nth('stream:add', 1)
    expect(again).toMatchObject({ from: bob.myId, metadata: 'again' })
    await shows(trackOf(again), 40)
  })

  it('of a member that leaves in the middle of it all ends quietly', async () => {
    const { members } = await setupMembers(3)
    const [ada, bob, cyn] = members
    const errors: unknown[] = []
    for (const group of members) group.on('error', ({ error }) => errors.push(error))
    for (const group of members) group.addStream(streamOf(video(40), audio()))
    const watcher = new Watcher(cyn)
    await bob.leave()
    await waitUntil(cyn, () => !cyn.members.includes(bob.myId))
    await watcher.until(() => watcher.all('stream:add').some(({ from }) => from === ada.myId))
    expect(errors).toEqual([])
  })
})
