import { describe, expect, it } from 'vitest'
import { SpeakerWatch, type SpeakerChange } from '../../../sdk/media/speaker-watch.js'
import { createFakePlatform } from '../../support/fake-platform.js'

const setup = () => {
  const clock = createFakePlatform()
  const levels = new Map<string, number>()
  const told: SpeakerChange[] = []
  const state = { isListening: true }
  const watch = new SpeakerWatch({
    heard: () => [...levels].map(([id, level]) => ({ id, level: () => Promise.resolve(level) })),
    listens: () => state.isListening,
    changed: (change) => void told.push(change),
    now: () => clock.platform.now(),
    setTimer: (ms, run) => clock.platform.setTimer(ms, run),
  })
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 200) {
      clock.advance(200)
      await new Promise(setImmediate)
    }
  }
  return { clock, levels, told, state, watch, pass }
}

describe('speaker:change', () => {
  it('tells who begins to speak, who goes on, and that nobody does', async () => {
    const { levels, told, watch, pass } = setup()
    levels.set('ada', 0.2).set('bob', 0)
    watch.review()
    await pass(3_000)
    levels.set('ada', 0).set('bob', 0.2)
    await pass(5_000)
    levels.set('bob', 0)
    await pass(5_000)
    expect(told).toEqual([
      { id: 'ada', previous: null },
      { id: 'bob', previous: 'ada' },
      { id: null, previous: 'bob' },
    ])
  })

  it('tells that nobody speaks when the last audio is gone, and then waits for none', async () => {
    const { clock, levels, told, watch, pass } = setup()
    levels.set('ada', 0.2)
    watch.review()
    await pass(2_000)
    levels.clear()
    await pass(400)
    expect(told).toEqual([
      { id: 'ada', previous: null },
      { id: null, previous: 'ada' },
    ])
    expect(clock.timers).toBe(0)
  })

  it('takes no timer while nobody listens, or nothing is heard, or the group was left', async () => {
    const { clock, levels, state, watch, pass } = setup()
    watch.review()
    expect(clock.timers).toBe(0)
    levels.set('ada', 0.2)
    state.isListening = false
    watch.review()
    expect(clock.timers).toBe(0)
    state.isListening = true
    watch.review()
    watch.review()
    expect(clock.timers).toBe(1)
    state.isListening = false
    await pass(400)
    expect(clock.timers).toBe(0)
    state.isListening = true
    watch.review()
    watch.stop()
    expect(clock.timers).toBe(0)
  })
})
