import { describe, expect, it } from 'vitest'
import { nextEvent } from '../group/setup.js'
import { audio, createWatchedEngine, setupMembers, streamOf, video, Watcher } from './setup.js'

/** What Node has no elements for: plays, unless the page is one that nobody has touched. */
class Element {
  srcObject: MediaStream | null = null
  muted = false
  isRefused = false

  play(): Promise<void> {
    const refusal = Object.assign(new Error('no'), { name: 'NotAllowedError' })
    return this.isRefused && !this.muted ? Promise.reject(refusal) : Promise.resolve()
  }
}

const createAudioElement = () => new Element() as Element & HTMLAudioElement
const createVideoElement = () => Object.assign(createAudioElement(), { videoWidth: 0 }) as Element & HTMLVideoElement

const setup = async () => {
  const { transports, sending } = createWatchedEngine()
  const { members } = await setupMembers(2, { transports })
  const [ada, bob] = members
  const watcher = new Watcher(bob)
  const camera = ada.addStream(streamOf(video(40), audio()))
  const remote = await watcher.nth('stream:add', 1)
  return { ada, bob, watcher, camera, remote, sending: () => expect.poll(sending, { timeout: 10_000 }) }
}

describe('a stream that is attached', { timeout: 30_000 }, () => {
  it('Q9: is sent without its video while it is only heard, and with it once it is seen', async () => {
    const { remote, watcher, sending } = await setup()
    await sending().toEqual(['audio', 'video'])
    const [speaker, screen] = [createAudioElement(), createVideoElement()]
    remote.attach(speaker)
    expect(speaker.srcObject).toBe(remote.stream)
    await sending().toEqual(['audio'])
    const { attach, detach } = remote
    attach(screen)
    await sending().toEqual(['audio', 'video'])
    detach(screen)
    expect(screen.srcObject).toBeNull()
    await sending().toEqual(['audio'])
    expect(watcher.names()).toEqual(['stream:add'])
  })

  it('is sent as wished over the next join too, as what was wished in the one before is forgotten', async () => {
    const { ada, bob, remote, watcher, sending } = await setup()
    remote.attach(createAudioElement())
    await sending().toEqual(['audio'])
    const { key } = bob
    await bob.leave()
    await bob.join(key)
    const again = await watcher.nth('stream:add', 2)
    expect(again).not.toBe(remote)
    await sending().toEqual(['audio', 'video'])
    again.attach(createAudioElement())
    await sending().toEqual(['audio'])
    expect(ada.members).toHaveLength(2)
  })

  it('is taken out of its elements when it is removed, and not put into any more', async () => {
    const { remote, camera, watcher } = await setup()
    const [element, late] = [createVideoElement(), createVideoElement()]
    remote.attach(element)
    camera.remove()
    await watcher.nth('stream:remove', 1)
    expect(element.srcObject).toBeNull()
    remote.attach(late)
    remote.detach()
    expect(late.srcObject).toBeNull()
  })

  it('tells of sound that the browser refuses, and has it with startAudio()', async () => {
    const { bob, remote } = await setup()
    const element = Object.assign(createVideoElement(), { isRefused: true })
    const blocked = nextEvent(bob, 'audio:blocked')
    remote.attach(element)
    expect(await blocked).toEqual({})
    expect(element.muted).toBe(true)
    const errors: unknown[] = []
    bob.on('error', ({ error }) => errors.push(error))
    await expect(bob.startAudio()).rejects.toMatchObject({ code: 'media-denied' })
    expect(errors).toHaveLength(1)
    element.isRefused = false
    await bob.startAudio()
    expect(element.muted).toBe(false)
  })

  it('takes nothing but media elements, and startAudio() is of no effect before anything is played', async () => {
    const { ada, remote } = await setup()
    expect(() => remote.attach({} as HTMLVideoElement)).toThrow(TypeError)
    await ada.startAudio()
  })
})

describe('figures of media', { timeout: 30_000 }, () => {
  it('are in stats() while media go, and not after', async () => {
    const { ada, bob, camera } = await setup()
    const both = () => [...ada.stats().media, ...bob.stats().media]
    const soon = { timeout: 10_000 }
    await expect
      .poll(() => both().filter((each) => each.sentBitrate + each.receivedBitrate > 10_000).length, soon)
      .toBe(2)
    await expect.poll(() => bob.stats().media[0]?.receivedVideos[0], soon).toMatchObject({ width: 64, height: 48 })
    expect(ada.stats().media).toMatchObject([{ id: bob.myId, receivedBitrate: 0, quality: 'good' }])
    expect(JSON.parse(JSON.stringify(both()))).toEqual(both())
    camera.remove()
    await expect.poll(() => both()).toEqual([])
  })
})
