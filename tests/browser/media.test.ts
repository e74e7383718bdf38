import { setTimeout as delay } from 'node:timers/promises'
import { WebGroup } from 'skein'
import type { Page } from 'playwright'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createVideo } from '../support/wrtc-media.js'
import { colourIsSeen, view } from './media-scenes.js'
import { joinApart } from './scenes.js'
import { setup, useBrowser, type World } from './support.js'

useBrowser()

const joinTwo = async () => {
  const world = await setup()
  const [ada, bob] = await world.joinAll(2)
  return { ...world, ada, bob, atAda: await view(ada), atBob: await view(bob) }
}

/** A member that listens before it joins, since what is there comes at once. */
const joinWatching = async ({ createMember, openPage, key }: World, given?: Page) => {
  const page = given ?? (await openPage())
  const me = await createMember(page)
  const viewer = await view({ page, me, id: '' })
  await me.evaluate((member, groupKey) => member.group.join(groupKey), key)
  return { page, me, viewer, id: await me.evaluate((member) => member.group.myId) }
}

describe('media between pages', () => {
  it('two pages see and hear what the camera and the microphone of the other give', async () => {
    const { atAda, atBob, ada } = await joinTwo()
    for (const viewer of [atAda, atBob]) await viewer.evaluate((me) => me.openCamera())
    for (const viewer of [atAda, atBob]) {
      const seen = await viewer.evaluate(async (me) => {
        const { stream, metadata, muted } = await me.nth('stream:add', 1)
        return { metadata, muted, kinds: stream.getTracks().map(({ kind }) => kind), size: await me.frames(stream) }
      })
      expect(seen).toMatchObject({ metadata: { kind: 'camera' }, muted: { audio: false, video: false } })
      expect(seen.kinds.sort()).toEqual(['audio', 'video'])
      expect(seen.size.width / seen.size.height).toBeCloseTo(16 / 9, 1)
    }
    expect(await atBob.evaluate(async (me) => (await me.nth('stream:add', 1)).from)).toBe(ada.id)
  })

  it('whoever joins later sees what was there', async () => {
    const { atAda, ...world } = await joinTwo()
    await atAda.evaluate((me) => me.show('blue'))
    const { viewer: atCyn } = await joinWatching(world)
    await atCyn.evaluate(async (me) => me.untilColour((await me.nth('stream:add', 1)).stream, 'blue'))
  })

  it('Q4: the next track takes the place of the one before, in the same stream and without negotiation', async () => {
    const { ada, atAda, atBob } = await joinTwo()
    await colourIsSeen(atAda, atBob, 'red')
    const changes = await ada.me.evaluate(async ({ rules }) => {
      let count = 0
      for (const connection of rules.open) connection.onsignalingstatechange = () => count++
      const [sent] = window.harness.viewer?.sent ?? []
      const [own] = sent?.tracks ?? []
      if (sent === undefined || own === undefined) throw new Error('nothing is sent')
      await sent.replaceTrack(own.track, window.harness.createColour('green'))
      return count
    })
    await atBob.evaluate(async (me) => me.untilColour((await me.nth('stream:add', 1)).stream, 'green'))
    expect(changes).toBe(0)
    expect(await atBob.evaluate((me) => me.names())).toEqual(['stream:add'])
  })

  it('Q9: nothing is sent of what is muted, which others see, and then it goes on', async () => {
    const { ada, atAda, atBob } = await joinTwo()
    await colourIsSeen(atAda, atBob, 'red')
    await atAda.evaluate((me) => me.sent[0]?.mute('video'))
    await atBob.evaluate(async (me) => me.untilMuted(await me.nth('stream:add', 1), 'video', true))
    const sending = await ada.me.evaluate(({ rules }) =>
      [...rules.open].flatMap((connection) => connection.getSenders().filter(({ track }) => track !== null)),
    )
    expect(sending).toEqual([])
    await atAda.evaluate((me) => me.sent[0]?.unmute('video'))
    await atBob.evaluate(async (me) => {
      const seen = await me.nth('stream:add', 1)
      await me.untilMuted(seen, 'video', false)
      await me.untilColour(seen.stream, 'red')
    })
  })

  it('a stream that is removed is gone there, and another one comes', async () => {
    const { atAda, atBob } = await joinTwo()
    await atAda.evaluate((me) => me.show('red'))
    await atBob.evaluate((me) => me.nth('stream:add', 1).then(({ from }) => from))
    await atAda.evaluate((me) => {
      me.sent[0]?.remove()
      me.show('blue')
    })
    const removed = await atBob.evaluate(async (me) => {
      const { stream, reason } = await me.nth('stream:remove', 1)
      await me.untilColour((await me.nth('stream:add', 2)).stream, 'blue')
      return { reason, tracks: stream.getTracks().map(({ readyState }) => readyState) }
    })
    expect(removed).toEqual({ reason: 'removed', tracks: ['ended'] })
  })

  it('a page that is loaded again shows all streams within 2 s of being joined, and is shown', async () => {
    const { ada, bob, atAda, atBob, ...world } = await joinTwo()
    const { viewer: atCyn } = await joinWatching(world)
    for (const [viewer, colour] of [
      [atAda, 'red'],
      [atCyn, 'green'],
    ] as const) {
      await viewer.evaluate((me, shown) => me.show(shown), colour)
    }
    await atBob.evaluate((me) => me.nth('stream:add', 2).then(() => undefined))
    await bob.page.reload()
    const again = await joinWatching(world, bob.page)
    const tookMs = await again.viewer.evaluate(async (viewer) => {
      const all = [await viewer.nth('stream:add', 1), await viewer.nth('stream:add', 2)]
      await Promise.all(all.map(({ stream }) => viewer.frames(stream, 1)))
      return performance.now() - viewer.joinedAtMs
    })
    expect(tookMs).toBeLessThan(2_000)
    await again.page.evaluate(() => window.harness.viewer?.show('blue'))
    await atAda.evaluate(async (me) => me.untilColour((await me.nth('stream:add', 2)).stream, 'blue'))
    expect(ada.id).not.toBe(again.id)
  })

  it('Q8: a member that is reached through others alone gets no media and is told why, while messages go on', async () => {
    const { ada, bob, carol } = await joinApart(await setup())
    const [atAda, atBob, atCarol] = [await view(ada), await view(bob), await view(carol)]
    await colourIsSeen(atAda, atCarol, 'red')
    const told = await atBob.evaluate((me) => me.nth('stream:unavailable', 1))
    expect(told).toEqual({ from: ada.id, metadata: { kind: 'red' }, reason: 'relayed', hint: 'turn' })
    await ada.me.evaluate(({ group }) => group.send('still here'))
    await bob.me.evaluate((me) => me.untilMessage('still here'))
    expect(await atBob.evaluate((me) => me.names())).toEqual(['stream:unavailable'])
  })

  it.each(['cut', 'swallow'] as const)('Q7: a stream stays the same over a new link (%s)', async (how) => {
    const { ada, atAda, atBob } = await joinTwo()
    await colourIsSeen(atAda, atBob, 'red')
    const before = await atBob.evaluate(
      async (me, [id, act]) => {
        const { stream } = await me.nth('stream:add', 1)
        const [track] = stream.getVideoTracks()
        window.harness.me?.rules[act](id)
        await me.nth('stream:update', 1)
        await me.untilColour(stream, 'red')
        return track?.readyState
      },
      [ada.id, how] as const,
    )
    expect(before).toBe('ended')
    expect(await atBob.evaluate((me) => me.names().filter((name) => name !== 'stream:update'))).toEqual(['stream:add'])
    await atAda.evaluate((me) => me.sent[0]?.remove())
    await atBob.evaluate((me) => me.nth('stream:remove', 1).then(() => undefined))
  })

  it('sixteen videos of one page are all seen at another', async () => {
    const { atAda, atBob } = await joinTwo()
    await atAda.evaluate((me) => {
      const track = window.harness.createColour('green', 64, 36)
      for (let i = 0; i < 16; i++) me.group.addStream(new MediaStream([track]))
    })
    const sizes = await atBob.evaluate(async (me) => {
      const all = await Promise.all(Array.from({ length: 16 }, (_, i) => me.nth('stream:add', i + 1)))
      return Promise.all(all.map(({ stream }) => me.frames(stream, 1)))
    })
    expect(sizes).toHaveLength(16)
  })

  it('Q9: a video is sent as large as it is seen, not at all when it is taken out, and again when it is back', async () => {
    const { ada, atAda, atBob } = await joinTwo()
    await atAda.evaluate((me) => me.openCamera({ video: { width: 640, height: 360 }, audio: true }))
    const heightIs = (height: number) =>
      expect
        .poll(() => atBob.evaluate(async (me) => (await me.frames((await me.nth('stream:add', 1)).stream, 1)).height), {
          timeout: 30_000,
        })
        .toBe(height)
    await heightIs(360)
    await atBob.evaluate(async (me) => me.place(await me.nth('stream:add', 1), 160, 90))
    await heightIs(90)
    await atBob.evaluate(async (me) => me.place(await me.nth('stream:add', 1), 320, 180))
    await heightIs(180)
    const sentBytes = (kind: string) =>
      ada.me.evaluate(async ({ rules }, wanted) => {
        let bytes = 0
        for (const connection of rules.open) {
          for (const entry of (await connection.getStats()).values() as Iterable<RTCOutboundRtpStreamStats>) {
            if (entry.type === 'outbound-rtp' && entry.kind === wanted) bytes += entry.bytesSent ?? 0
          }
        }
        return bytes
      }, kind)
    const growth = async (kind: string): Promise<number> => {
      const before = await sentBytes(kind)
      await delay(1_000)
      return (await sentBytes(kind)) - before
    }
    expect(await growth('video')).toBeGreaterThan(0)
    await atBob.evaluate(async (me) => (await me.nth('stream:add', 1)).detach())
    await expect.poll(() => growth('video'), { timeout: 20_000 }).toBe(0)
    expect(await growth('audio')).toBeGreaterThan(0)
    await atBob.evaluate(async (me) => me.place(await me.nth('stream:add', 1), 160, 90))
    await heightIs(90)
    expect(await atBob.evaluate((me) => me.names())).toEqual(['stream:add'])
  })

  it('no page sends more than its application allows, and stats() have what goes each way', async () => {
    const { ada, bob, atAda, atBob } = await joinTwo()
    await atAda.evaluate(async (me) => {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } })
      me.group.addStream(stream, { quality: { maxHeight: 180, maxFrameRate: 10, maxBitrate: 150_000 } })
    })
    await atBob.evaluate(async (me) => {
      const { stream } = await me.nth('stream:add', 1)
      while ((await me.frames(stream, 1)).height !== 180);
    })
    const statsOf = (viewer: typeof atAda) => viewer.evaluate((me) => me.group.stats().media)
    const settled = { timeout: 30_000, interval: 500 }
    await expect.poll(async () => (await statsOf(atBob))[0]?.receivedBitrate, settled).toBeGreaterThan(1_000)
    await expect.poll(async () => (await statsOf(atAda))[0]?.sentBitrate, settled).toBeGreaterThan(1_000)
    const [[sent], [received]] = [await statsOf(atAda), await statsOf(atBob)]
    expect([sent?.id, received?.id]).toEqual([bob.id, ada.id])
    expect(sent?.sentVideos[0]?.frameRate).toBeLessThan(14)
    expect(sent?.receivedBitrate).toBe(0)
    expect(received?.receivedVideos).toMatchObject([{ width: 320, height: 180 }])
    expect(received?.receivedBitrate).toBeLessThan(400_000)
    expect(sent?.rttMs).toBeLessThan(300)
    expect(['good', 'fair', 'poor']).toContain(sent?.quality)
  })

  it('whoever beeps is told by speaker:change, and that nobody does when that is muted', async () => {
    const { ada, atAda, atBob } = await joinTwo()
    await atBob.evaluate((me) => me.listen('speaker:change'))
    await atAda.evaluate((me) => me.openCamera())
    await atBob.evaluate(async (me) => me.place(await me.nth('stream:add', 1), 160, 90))
    const change = (count: number) => atBob.evaluate((me, nth) => me.nth('speaker:change', nth), count)
    expect(await change(1)).toEqual({ id: ada.id, previous: null })
    await atAda.evaluate((me) => me.sent[0]?.mute('audio'))
    expect(await change(2)).toEqual({ id: null, previous: ada.id })
  })

  it('a page and a member in Node see each other', async () => {
    const { signaling, key, join } = await setup()
    const node = new WebGroup({ signaling: signaling.url })
    onTestFinished(() => node.leave())
    await node.join(key)
    const ada = await join()
    const atAda = await view(ada)
    const camera = createVideo(120)
    onTestFinished(camera.stop)
    const { default: wrtc } = await import('@roamhq/wrtc')
    node.addStream(new wrtc.MediaStream([camera.track]))
    await atAda.evaluate(async (me) => me.frames((await me.nth('stream:add', 1)).stream))
    const seen = new Promise<void>((resolve) => {
      node.on('stream:add', ({ stream }) => {
        const sink = new wrtc.nonstandard.RTCVideoSink(stream.getVideoTracks()[0] as MediaStreamTrack)
        sink.onframe = (() => {
          sink.stop()
          resolve()
        }) as never
      })
    })
    await atAda.evaluate((me) => me.show('red'))
    await seen
  })
})
