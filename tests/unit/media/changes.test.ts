import wrtc from '@roamhq/wrtc'
import { describe, expect, it } from 'vitest'
import { shows, sounds } from '../../support/wrtc-media.js'
import { audio, setup, setupMembers, streamOf, trackOf, video, Watcher } from './setup.js'

const setupStream = async (...tracks: MediaStreamTrack[]) => {
  const { members } = await setupMembers(2)
  const [ada, bob] = members
  const watcher = new Watcher(bob)
  const camera = ada.addStream(streamOf(...tracks))
  const seen = await watcher.nth('stream:add', 1)
  return { ada, bob, watcher, camera, seen }
}

describe('a stream that changes', { timeout: 30_000 }, () => {
  it('Q4: shows the next track where the one before was, and nobody is told of anything', async () => {
    const first = video(40)
    const { camera, seen, watcher } = await setupStream(first)
    const shown = trackOf(seen)
    await shows(shown, 40)
    const second = video(200)
    await camera.replaceTrack(first, second)
    await shows(shown, 200)
    await camera.replaceTrack(second, video(90))
    await shows(shown, 90)
    expect(watcher.names()).toEqual(['stream:add'])
    expect([first.readyState, trackOf(seen)]).toEqual(['live', shown])
  })

  it('takes tracks in and lets them go, in the stream that others have', async () => {
    const picture = video(40)
    const { camera, seen, watcher } = await setupStream(picture)
    const sound = audio()
    await camera.addTrack(sound)
    await watcher.until(() => seen.stream.getTracks().length === 2)
    await sounds(trackOf(seen, 'audio'))
    const shown = trackOf(seen)
    camera.removeTrack(picture)
    await watcher.until(() => seen.stream.getTracks().length === 1)
    expect([shown.readyState, picture.readyState]).toEqual(['ended', 'live'])
    expect(new Set(watcher.all('stream:update'))).toEqual(new Set([seen]))
    await camera.addTrack(picture)
    await watcher.until(() => seen.stream.getTracks().length === 2)
    await shows(trackOf(seen), 40)
  })

  it('Q9: sends nothing while muted, which others are told, and goes on after that', async () => {
    const picture = video(40)
    const { ada, camera, seen, watcher } = await setupStream(picture, audio())
    await shows(trackOf(seen), 40)
    camera.mute('video')
    expect(camera.muted).toEqual({ audio: false, video: true })
    const update = await watcher.nth('stream:update', 1)
    expect([update, update.muted]).toEqual([seen, { audio: false, video: true }])
    // What is muted now is not what is sent when it goes on.
    await camera.replaceTrack(picture, video(200))
    await sounds(trackOf(seen, 'audio'))
    camera.unmute('video')
    await watcher.nth('stream:update', 2)
    await shows(trackOf(seen), 200)
    expect(seen.muted).toEqual({ audio: false, video: false })
    expect(ada.members).toHaveLength(2)
  })

  it('is told muted at once to who comes while it is', async () => {
    const { create, join } = await setup()
    const ada = await join(create())
    const camera = ada.addStream(streamOf(video(40), audio()))
    camera.mute('audio')
    const bob = create()
    const watcher = new Watcher(bob)
    await join(bob)
    expect((await watcher.nth('stream:add', 1)).muted).toEqual({ audio: true, video: false })
  })

  it('Q7: of which a copy is stopped where it is seen is whole again when its member replaces the track', async () => {
    const first = video(40)
    const { camera, seen, watcher } = await setupStream(first)
    trackOf(seen).stop()
    camera.removeTrack(first)
    await watcher.until(() => seen.stream.getTracks().length === 0)
    await camera.addTrack(first)
    await watcher.until(() => seen.stream.getTracks().length === 1)
    await shows(trackOf(seen), 40)
  })

  it('Q9: whose track ends by itself is told so, and others see it muted until it is replaced', async () => {
    // One that comes over a connection ends with that.
    const [one, two] = [new wrtc.RTCPeerConnection(), new wrtc.RTCPeerConnection()]
    one.addTransceiver('video', { direction: 'sendrecv' })
    await one.setLocalDescription(await one.createOffer())
    await two.setRemoteDescription(one.localDescription as RTCSessionDescription)
    const device = two.getTransceivers()[0]?.receiver.track as MediaStreamTrack
    const { ada, camera, seen, watcher } = await setupStream(device)
    const atAda = new Watcher(ada)
    one.close()
    two.close()
    device.dispatchEvent(new Event('ended'))
    expect(await atAda.nth('stream:lost', 1)).toEqual({ stream: camera, track: device })
    await watcher.until(() => seen.muted.video)
    await camera.replaceTrack(device, video(120))
    await watcher.until(() => !seen.muted.video)
    await shows(trackOf(seen), 120)
  })

  it('ends with the last of many changes made at once', async () => {
    const tracks = [40, 80, 120, 160].map(video)
    const { camera, seen, watcher } = await setupStream(tracks[0] as MediaStreamTrack)
    const all: Promise<void>[] = []
    for (let i = 1; i < 200; i++) {
      const [from, to] = [tracks[(i - 1) % 4], tracks[i % 4]] as [MediaStreamTrack, MediaStreamTrack]
      all.push(camera.replaceTrack(from, to))
      if (i % 3 === 0) camera.mute('video')
      else camera.unmute('video')
    }
    camera.unmute('video')
    await Promise.all(all)
    await watcher.until(() => !seen.muted.video)
    await shows(trackOf(seen), 160)
  })
})
