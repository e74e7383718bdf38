import { describe, expect, it } from 'vitest'
import { Attachments } from '../../../sdk/media/attach.js'
import { createFakePlatform } from '../../support/fake-platform.js'

/** In pages, with real elements: tests/browser/attaching.test.ts. Here is what those never do, and where there is no page. */
class Element {
  srcObject: unknown = null
  muted = false
  autoplay = false
  plays: (() => Promise<void>)[] = []

  play(): Promise<void> {
    return this.plays.shift()?.() ?? Promise.resolve()
  }
}

const refuse = () => Promise.reject(Object.assign(new Error('not yet'), { name: 'NotAllowedError' }))
const never = () => new Promise<void>(() => undefined)
const stream = (audio: boolean) => ({ getAudioTracks: () => (audio ? [{}] : []) }) as unknown as MediaStream

const setup = () => {
  const fake = createFakePlatform()
  let blocked = 0
  const attachments = new Attachments({ wish: () => undefined, blocked: () => blocked++ }, fake.platform)
  const attach = (to: MediaStream, element: Element): void =>
    attachments.attach(to, element as unknown as HTMLMediaElement)
  return { attachments, attach, fake, told: () => blocked }
}

describe('attached where there is no page', () => {
  it('plays, and counts as shown', () => {
    const { attachments, attach } = setup()
    const [element, shown] = [new Element(), stream(true)]
    // As a video has them, which only sounds otherwise.
    Object.assign(element, { videoWidth: 0 })
    attach(shown, element)
    expect([element.srcObject, element.autoplay]).toEqual([shown, true])
    expect(attachments.wishOf(shown)).toEqual({ shown: true, maxHeight: null })
    attachments.close()
    expect(element.srcObject).toBeNull()
  })
})

describe('sound that was refused', () => {
  it('is told of when a stream that had none gets some', async () => {
    const { attachments, attach, told } = setup()
    const element = new Element()
    let hasAudio = false
    const growing = { getAudioTracks: () => (hasAudio ? [{}] : []) } as unknown as MediaStream
    element.plays = [refuse]
    attach(growing, element)
    await expect.poll(() => element.muted).toBe(true)
    expect(told()).toBe(0)
    hasAudio = true
    attachments.handleTracks(growing)
    attachments.handleTracks(growing)
    expect(told()).toBe(1)
  })

  it('is started without a wait for an element that has nothing to play yet', async () => {
    const { attachments, attach, fake } = setup()
    const element = new Element()
    element.plays = [refuse, () => Promise.resolve(), never]
    attach(stream(true), element)
    await expect.poll(() => element.muted).toBe(true)
    const starting = attachments.startAudio()
    fake.advance(1_000)
    await starting
    expect(element.muted).toBe(false)
  })

  it('is given back to an element that is detached, and asked for anew in the next', async () => {
    const { attachments, attach, told } = setup()
    const [first, second, shown] = [new Element(), new Element(), stream(true)]
    first.plays = [refuse]
    attach(shown, first)
    await expect.poll(told).toBe(1)
    attachments.detach(shown)
    expect([first.muted, first.srcObject]).toEqual([false, null])
    second.plays = [refuse]
    attach(shown, second)
    await expect.poll(told).toBe(2)
  })

  it('leaves an element alone that plays something else by then, or that the application has muted', async () => {
    const { attachments, attach, told } = setup()
    const [moved, muted, shown] = [new Element(), new Element(), stream(true)]
    moved.plays = [refuse]
    muted.plays = [refuse]
    muted.muted = true
    attach(shown, moved)
    moved.srcObject = null
    attach(shown, muted)
    await attachments.startAudio()
    expect([told(), moved.muted, muted.muted]).toEqual([0, false, true])
  })

  it('leaves nothing behind once all is closed', async () => {
    const { attachments, attach, fake } = setup()
    const element = new Element()
    attach(stream(true), element)
    expect(fake.timers).toBe(1)
    attachments.close()
    expect(fake.timers).toBe(0)
  })
})
