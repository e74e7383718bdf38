import { describe, expect, it, onTestFinished } from 'vitest'
import { WebGroup } from '../../../sdk/group/index.js'
import { createVideo } from '../../support/wrtc-media.js'
import { audio, setup, setupMembers, streamOf, trackOf, video, Watcher } from './setup.js'
import { shows } from '../../support/wrtc-media.js'

const create = (): WebGroup => new WebGroup()

describe('addStream', () => {
  it.each<[string, unknown, unknown, ErrorConstructor]>([
    ['nothing', undefined, {}, TypeError],
    ['a track', { kind: 'video' }, {}, TypeError],
    ['a stream without tracks', { getTracks: () => [] }, {}, RangeError],
    ['a stream of what is no track', { getTracks: () => [{ kind: 'text', readyState: 'live' }] }, {}, TypeError],
    ['options that are none', null, 1, TypeError],
    ['an unknown option', null, { too: 'bob' }, TypeError],
    ['a recipient that is no id', null, { to: 7 }, TypeError],
    ['recipients that are no ids', null, { to: ['bob', 7] }, TypeError],
    ['metadata beyond 1 KiB', null, { metadata: 'x'.repeat(1_024) }, RangeError],
    ['metadata that cannot be carried', null, { metadata: () => 1 }, TypeError],
    ['an unknown limit', null, { quality: { maxWidth: 1 } }, TypeError],
    ['a limit that is none', null, { quality: { maxBitrate: -1 } }, RangeError],
    ['a limit of no number', null, { quality: { maxBitrate: '1' } }, RangeError],
  ])('throws for %s', (_what, stream, options, kind) => {
    const group = create()
    const given = stream === null ? streamOf(video(1)) : stream
    expect(() => group.addStream(given as MediaStream, options as object)).toThrow(kind)
  })

  it('throws for a stream whose tracks have ended, and takes those that go on', () => {
    const group = create()
    const ended = createVideo(1)
    ended.stop()
    expect(() => group.addStream(streamOf(ended.track))).toThrow(RangeError)
    const live = video(2)
    const camera = group.addStream(streamOf(ended.track, live))
    expect(() => camera.removeTrack(ended.track)).toThrow(RangeError)
    camera.removeTrack(live)
  })

  it('throws for the same stream twice, until it is removed', () => {
    const group = create()
    const stream = streamOf(video(1))
    const camera = group.addStream(stream)
    expect(() => group.addStream(stream)).toThrow(RangeError)
    camera.remove()
    group.addStream(stream)
  })

  it('throws beyond 16 streams, 8 tracks of one, and 16 tracks of a kind, and is as before then', async () => {
    const group = create()
    const track = video(1)
    const cameras = Array.from({ length: 16 }, () => group.addStream(streamOf(track)))
    expect(() => group.addStream(streamOf(audio()))).toThrow(RangeError)
    expect(() => cameras[0]?.addTrack(video(2))).toThrow(RangeError)
    for (const camera of cameras) camera.remove()
    const nine = Array.from({ length: 9 }, () => video(3))
    expect(() => group.addStream(streamOf(...nine))).toThrow(RangeError)
    const eight = nine.slice(1)
    await Promise.all([group.addStream(streamOf(...eight)), group.addStream(streamOf(...eight))].map((it) => it.ready))
    expect(() => group.addStream(streamOf(track))).toThrow(RangeError)
  })

  it.each<[string, () => unknown, unknown]>([
    [
      'what was promised fails',
      () => Promise.reject(new DOMException('denied', 'NotAllowedError')),
      { name: 'NotAllowedError' },
    ],
    ['what was promised is no stream', () => Promise.resolve(5), { name: 'TypeError' }],
    ['what was promised has no tracks', () => Promise.resolve(streamOf()), { name: 'RangeError' }],
  ])('rejects `ready` when %s, tells `error`, and there is no such stream', async (_what, make, error) => {
    const group = create()
    const errors: unknown[] = []
    group.on('error', (event) => errors.push(event.error))
    const camera = group.addStream(make() as Promise<MediaStream>)
    await expect(camera.ready).rejects.toMatchObject(error as object)
    expect(errors).toHaveLength(1)
    await expect(camera.addTrack(video(1))).rejects.toMatchObject({ code: 'closed' })
  })

  it('rejects `ready` with the reason of its signal, or `closed` when it is removed first', async () => {
    const group = create()
    const never = new Promise<MediaStream>(() => undefined)
    const reason = new Error('changed my mind')
    await expect(group.addStream(never, { signal: AbortSignal.abort(reason) }).ready).rejects.toBe(reason)
    const controller = new AbortController()
    const camera = group.addStream(never, { signal: controller.signal })
    controller.abort(reason)
    await expect(camera.ready).rejects.toBe(reason)
    const removed = group.addStream(Promise.resolve(streamOf(video(1))))
    removed.remove()
    await expect(removed.ready).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('OutgoingStream', { timeout: 30_000 }, () => {
  it('throws for tracks that cannot be exchanged, and goes on', async () => {
    const group = create()
    const [picture, sound, other] = [video(1), audio(), video(2)]
    const ended = createVideo(3)
    ended.stop()
    const camera = group.addStream(streamOf(picture, sound))
    const attempts: (() => unknown)[] = [
      () => camera.replaceTrack(other, picture),
      () => camera.replaceTrack(picture, sound),
      () => camera.replaceTrack(picture, audio()),
      () => camera.replaceTrack(picture, ended.track),
      () => camera.addTrack(picture),
      () => camera.addTrack(ended.track),
      () => camera.removeTrack(other),
    ]
    for (const attempt of attempts) expect(attempt).toThrow(RangeError)
    expect(() => camera.addTrack({} as MediaStreamTrack)).toThrow(TypeError)
    expect(() => {
      camera.mute('both' as 'audio')
    }).toThrow(RangeError)
    await camera.replaceTrack(picture, picture)
    await camera.replaceTrack(picture, other)
  })

  it('rejects what the engine cannot send, and the call goes on', async () => {
    const { members } = await setupMembers(2)
    const [ada, bob] = members
    ada.on('error', () => undefined)
    const watcher = new Watcher(bob)
    const picture = video(40)
    const camera = ada.addStream(streamOf(picture))
    const seen = await watcher.nth('stream:add', 1)
    const foreign = Object.assign(new EventTarget(), { kind: 'video', readyState: 'live' }) as MediaStreamTrack
    await expect(camera.replaceTrack(picture, foreign)).rejects.toThrow()
    await camera.replaceTrack(foreign, picture)
    await shows(trackOf(seen), 40)
  })

  it('leaves no listener on tracks that are not sent any more', async () => {
    const { create, join } = await setup()
    const ada = await join(create())
    const told = new Watcher(ada)
    const [first, second] = [video(1), video(2)]
    const camera = ada.addStream(streamOf(first))
    await camera.replaceTrack(first, second)
    first.dispatchEvent(new Event('ended'))
    camera.remove()
    second.dispatchEvent(new Event('ended'))
    expect(told.all('stream:lost')).toEqual([])
    onTestFinished(() => ada.leave())
  })
})
