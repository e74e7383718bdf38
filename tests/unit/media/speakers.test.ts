import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Speakers } from '../../../sdk/media/speakers.js'

const STEP_MS = 100

type Levels = Readonly<Record<string, number>>

const setup = () => {
  const speakers = new Speakers()
  let nowMs = 5_000_000
  const hear = (levels: Levels): string | null => {
    nowMs += STEP_MS
    return speakers.hear(new Map(Object.entries(levels)), nowMs)
  }
  /** The levels for as long, and who was the speaker meanwhile, in turn. */
  const hearFor = (ms: number, levels: Levels | ((second: number) => Levels)): (string | null)[] => {
    const seen: (string | null)[] = []
    for (let at = 0; at < ms; at += STEP_MS) {
      const current = hear(typeof levels === 'function' ? levels(at / 1_000) : levels)
      if (seen.length === 0 || seen.at(-1) !== current) seen.push(current)
    }
    return seen
  }
  const sleep = (ms: number): void => {
    nowMs += ms
  }
  return { speakers, hear, hearFor, sleep }
}

const ada = { ada: 0.2, bob: 0.001 }
const bob = { ada: 0.001, bob: 0.2 }
const silence = { ada: 0.001, bob: 0.001 }

describe('the current speaker', () => {
  it('is nobody while nobody speaks', () => {
    const { hearFor, speakers } = setup()
    expect(hearFor(10_000, silence)).toEqual([null])
    expect(speakers.current).toBeNull()
  })

  it('is whoever speaks, soon after the first word', () => {
    const { hearFor } = setup()
    hearFor(1_000, silence)
    expect(hearFor(500, ada)).toEqual([null, 'ada'])
  })

  it('is not whoever coughs', () => {
    const { hearFor } = setup()
    hearFor(1_000, silence)
    expect(hearFor(100, { ada: 0.05, bob: 0 })).toEqual([null])
    expect(hearFor(5_000, silence)).toEqual([null])
  })

  it('stays through words and breaths, and ends two seconds after the last word', () => {
    const { hearFor } = setup()
    hearFor(1_000, ada)
    expect(hearFor(20_000, (second) => (second % 2 < 1.2 ? ada : silence))).toEqual(['ada'])
    hearFor(1_000, ada)
    expect(hearFor(2_000, silence)).toEqual(['ada'])
    expect(hearFor(3_000, silence)).toEqual(['ada', null])
  })

  it.each([9, 25, 40])(
    'changes when another one speaks, but never twice within a second and a half (turns of %i)',
    (turn) => {
      const { hearFor } = setup()
      hearFor(3_000, ada)
      expect(hearFor(3_000, bob)).toEqual(['ada', 'bob'])
      const { hear } = setup()
      const times: number[] = []
      let before: string | null = null
      for (let step = 0; step < 1_000; step++) {
        const now = hear(step % turn < turn / 2 ? ada : bob)
        if (now !== before) times.push(step * STEP_MS)
        before = now
      }
      expect(times.length).toBeGreaterThan(0)
      expect(times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) >= 1_500)).toBe(true)
    },
  )

  it('stays while another one speaks as loudly, or only interrupts', () => {
    const { hearFor } = setup()
    hearFor(3_000, ada)
    expect(hearFor(10_000, (second) => ({ ada: second % 1 < 0.7 ? 0.2 : 0.05, bob: 0.2 }))).toEqual(['ada'])
    expect(hearFor(400, { ada: 0.2, bob: 0.9 })).toEqual(['ada'])
    expect(hearFor(2_000, ada)).toEqual(['ada'])
  })

  it('is whoever is much louder for a while', () => {
    const { hearFor } = setup()
    hearFor(3_000, { ada: 0.1, bob: 0 })
    expect(hearFor(3_000, (second) => ({ ada: 0.1, bob: second % 1 < 0.8 ? 0.6 : 0.2 }))).toEqual(['ada', 'bob'])
  })

  it('is kept for a second and a half also when somebody much louder begins at once', () => {
    const { hear, hearFor } = setup()
    hearFor(400, { ada: 0.1, bob: 0 })
    let heldMs = 0
    while (hear({ ada: 0.1, bob: 0.9 }) === 'ada') heldMs += STEP_MS
    expect(heldMs).toBeGreaterThanOrEqual(1_200)
    expect(heldMs).toBeLessThan(1_600)
  })

  it('is not a fan, or anything else that goes on as it is', () => {
    const { hearFor, speakers } = setup()
    hearFor(40_000, { ada: 0.05, bob: 0 })
    expect(speakers.current).toBeNull()
    expect(hearFor(1_000, { ada: 0.05, bob: 0.2 }).at(-1)).toBe('bob')
    hearFor(4_000, { ada: 0.05, bob: 0 })
    expect(hearFor(1_000, { ada: 0.4, bob: 0 }).at(-1)).toBe('ada')
  })

  it('is nobody as soon as the speaker is gone, and the next one then', () => {
    const { hear, hearFor } = setup()
    hearFor(3_000, ada)
    expect(hear({ bob: 0.001 })).toBeNull()
    hearFor(3_000, ada)
    hearFor(500, { ada: 0.2, bob: 0.2 })
    expect(hear({ bob: 0.2 })).toBe('bob')
  })

  it('is asked anew after a sleep', () => {
    const { hear, hearFor, sleep } = setup()
    hearFor(3_000, ada)
    sleep(3_600_000)
    expect(hear(silence)).toBe(null)
  })

  it('is somebody who is here and speaks, whatever levels are told', () => {
    const level = fc.oneof(fc.double(), fc.constant(0.3))
    const heard = fc.array(fc.dictionary(fc.constantFrom('ada', 'bob', 'carol'), level), { maxLength: 60 })
    fc.assert(
      fc.property(heard, (all) => {
        const { hear } = setup()
        for (const levels of all) {
          const current = hear(levels)
          expect(current === null || Object.hasOwn(levels, current)).toBe(true)
        }
      }),
    )
  })
})
