import { describe, expect, it, vi } from 'vitest'
import type { MediaLink } from '../../../sdk/link/media.js'
import { Line, type Outgoing } from '../../../sdk/media/line.js'
import { QualityLoop } from '../../../sdk/media/quality-loop.js'
import { showsAll } from '../../../sdk/media/wish.js'
import { createFakePlatform } from '../../support/fake-platform.js'

class Sender {
  encodings: RTCRtpEncodingParameters[] = [{ active: true }]

  getParameters() {
    return { encodings: this.encodings.map((each) => ({ ...each })) }
  }

  setParameters({ encodings }: { readonly encodings: RTCRtpEncodingParameters[] }): Promise<void> {
    this.encodings = encodings
    return Promise.resolve()
  }
}

const trackOf = (kind: 'audio' | 'video') =>
  ({ kind, getSettings: () => ({ width: 1_280, height: 720, frameRate: 30 }) }) as unknown as MediaStreamTrack

const outgoing = (kind: 'audio' | 'video', rest: Partial<Outgoing> = {}): Outgoing => ({
  kind,
  track: trackOf(kind),
  limits: {},
  wish: showsAll,
  ...rest,
})

/** A link of which `getStats` tells what it is told to. */
const createLine = () => {
  const senders = new Map<number, Sender>()
  const stats = vi.fn(() => Promise.resolve(new Map() as unknown as RTCStatsReport))
  const link = {
    send: (label: number) => {
      senders.set(label, senders.get(label) ?? new Sender())
      return Promise.resolve()
    },
    stop: (label: number) => void senders.delete(label),
    sender: (label: number) => senders.get(label) ?? null,
    stats,
  } as unknown as MediaLink
  return { line: new Line(link), senders, stats }
}

const setup = () => {
  const clock = createFakePlatform()
  const all = [createLine(), createLine()]
  const lines: Line[] = all.map(({ line }) => line)
  let reviews = 0
  const loop = new QualityLoop({
    lines: () => lines,
    now: () => clock.platform.now(),
    setTimer: (ms, run) => clock.platform.setTimer(ms, run),
    reviewed: () => {
      reviews++
    },
  })
  const tick = async (ms = 0): Promise<void> => {
    clock.advance(ms)
    await new Promise(setImmediate)
  }
  return { clock, all, lines, loop, tick, reviews: () => reviews }
}

describe('the quality of what is sent', () => {
  it('is at once what is wished and allowed, of each recipient', async () => {
    const { all, loop, tick } = setup()
    const [first, second] = all
    void first?.line.carry(new Map([[1, outgoing('video', { wish: { shown: true, maxHeight: 90 } })]]))
    void second?.line.carry(
      new Map([
        [1, outgoing('video', { limits: { maxHeight: 360, maxBitrate: 200_000, maxFrameRate: 10 } })],
        [2, outgoing('audio')],
      ]),
    )
    loop.review()
    await tick()
    expect(first?.senders.get(1)?.encodings).toMatchObject([{ active: true, scaleResolutionDownBy: 8 }])
    const [encoding] = second?.senders.get(1)?.encodings ?? []
    expect(encoding).toMatchObject({ active: true, maxBitrate: 200_000, maxFramerate: 10 })
    expect(encoding?.scaleResolutionDownBy).toBeGreaterThanOrEqual(2)
    expect(second?.senders.get(2)?.encodings).toEqual([{ active: true, maxBitrate: 40_000 }])
  })

  it('is reviewed once for all that changes in one task, and once a second', async () => {
    const { all, loop, tick, reviews } = setup()
    void all[0]?.line.carry(new Map([[1, outgoing('video')]]))
    for (let i = 0; i < 5; i++) loop.review()
    await tick()
    expect([reviews(), all[0]?.stats.mock.calls.length]).toEqual([1, 0])
    for (let second = 0; second < 3; second++) await tick(1_000)
    expect([reviews(), all[0]?.stats.mock.calls.length]).toEqual([4, 3])
  })

  it('is that of a link whose figures cannot be had, or do not come, without holding up others', async () => {
    const { all, loop, tick } = setup()
    all[0]?.stats.mockImplementation(() => new Promise(() => undefined))
    all[1]?.stats.mockImplementation(() => Promise.reject(new Error('closed')))
    for (const { line } of all) void line.carry(new Map([[1, outgoing('video')]]))
    loop.review()
    await tick()
    for (let second = 0; second < 3; second++) await tick(1_000)
    expect(all.map(({ stats }) => stats.mock.calls.length)).toEqual([1, 3])
    expect(all.map(({ line }) => line.stats)).toEqual([null, null])
  })

  it('takes no timer without media, and none after it was stopped', async () => {
    const { clock, all, lines, loop, tick } = setup()
    void all[0]?.line.carry(new Map([[1, outgoing('video')]]))
    loop.review()
    await tick()
    expect(clock.timers).toBe(1)
    lines.length = 0
    loop.review()
    await tick()
    expect(clock.timers).toBe(0)
    lines.push(...all.map(({ line }) => line))
    loop.review()
    await tick()
    loop.stop()
    expect(clock.timers).toBe(0)
  })
})
