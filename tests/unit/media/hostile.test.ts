import { describe, expect, it, vi } from 'vitest'
import { encodeValue } from '../../../sdk/protocol/any-value.js'
import { encodeMediaFrame, type MediaStreamState, type MediaTrack } from '../../../sdk/protocol/media-frames.js'
import { shows } from '../../support/wrtc-media.js'
import { audio, createWatchedEngine, setupMembers, speak, streamOf, trackOf, video, Watcher } from './setup.js'

const nothing = encodeValue(null, 1)
const state = (...streams: Partial<MediaStreamState>[]): Uint8Array =>
  encodeMediaFrame({
    type: 'state',
    streams: streams.map((stream, id) => ({ id: 1_000 + id, metadata: nothing, tracks: [], ...stream })),
  })
const track = (label: number, kind: 'audio' | 'video' = 'video'): MediaTrack => ({ label, kind, muted: false })

/** Eve says of her streams what she likes; Bob is to be none the worse for it. */
const setup = async () => {
  const { transports, sending } = createWatchedEngine()
  const { members } = await setupMembers(2, { transports })
  const [eve, bob] = members
  const watcher = new Watcher(bob)
  const errors: unknown[] = []
  bob.on('error', ({ error }) => errors.push(error))
  const say = (bytes: Uint8Array) => speak(eve, bob.myId, bytes)
  /** The call goes on: what she sends by the rules arrives. */
  const goesOn = async (): Promise<void> => {
    const before = watcher.all('stream:add').length
    eve.addStream(streamOf(video(40)), { metadata: 'by the rules' })
    const added = await watcher.nth('stream:add', before + 1)
    expect(added.metadata).toBe('by the rules')
    await shows(trackOf(added), 40)
    expect([errors, bob.members.length]).toEqual([[], 2])
  }
  return { eve, bob, watcher, say, goesOn, sending }
}

describe('a member that says of its streams what is not so', { timeout: 30_000 }, () => {
  it.each<[string, () => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['what is no frame', () => new Uint8Array(100).fill(0xff)],
    ['a stream that never comes', () => state({ tracks: [track(500)] })],
    [
      'as many streams as may be, none of which comes',
      () => state(...Array.from({ length: 16 }, (_, id) => ({ tracks: [track(500 + id)] }))),
    ],
    ['hundreds of streams', () => state(...Array.from({ length: 500 }, () => ({})))],
    ['streams without tracks', () => state({}, {}, {})],
    ['the same stream twice', () => state({ id: 1 }, { id: 1 })],
    ['metadata that are no value', () => state({ metadata: new Uint8Array(1_024) })],
    ['metadata that are too long', () => state({ metadata: encodeValue('x'.repeat(1_100), 2_000) })],
    [
      'wishes of tracks that are not there',
      () => encodeMediaFrame({ type: 'wishes', wishes: [{ label: 7, shown: false, maxHeight: 0 }] }),
    ],
  ])('Q6: tells nobody of anything by announcing %s', async (_what, make) => {
    const { say, goesOn, watcher } = await setup()
    await say(make())
    expect(watcher.names()).toEqual([])
    await goesOn()
  })

  it('Q7: gets no stream shown whose track is of another kind than it says', async () => {
    const { eve, say, watcher, goesOn } = await setup()
    const camera = eve.addStream(streamOf(audio()))
    const { stream } = await watcher.nth('stream:add', 1)
    expect(stream.getTracks().map(({ kind }) => kind)).toEqual(['audio'])
    const [own] = camera.tracks
    await say(state({ tracks: [track(own?.label ?? 0, 'video')] }))
    await watcher.nth('stream:remove', 1)
    camera.remove()
    await goesOn()
  })

  it('Q6: that changes its mind a thousand times leaves what it said last', async () => {
    const { eve, say, watcher } = await setup()
    eve.addStream(streamOf(video(40)))
    await watcher.nth('stream:add', 1)
    for (let i = 0; i < 1_000; i += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, j) => say(state({ tracks: [track((i + j) % 20)] }))))
    }
    await say(state())
    const adds = watcher.all('stream:add').length
    expect(watcher.all('stream:remove')).toHaveLength(adds)
  })

  it('Q9: may wish not to be sent a video, and is sent it again when it wishes so', async () => {
    const { eve, bob, sending } = await setup()
    const camera = bob.addStream(streamOf(video(40), audio()))
    await camera.ready
    await vi.waitUntil(() => sending().join() === 'audio,video')
    const wish = (shown: boolean) =>
      encodeMediaFrame({
        type: 'wishes',
        wishes: camera.tracks.map(({ label }) => ({ label, shown, maxHeight: 0 })),
      })
    await speak(eve, bob.myId, wish(false))
    // What is heard is heard though nobody looks.
    await vi.waitUntil(() => sending().join() === 'audio')
    await speak(eve, bob.myId, wish(true))
    await vi.waitUntil(() => sending().join() === 'audio,video')
  })
})
