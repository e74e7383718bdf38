import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReplayWindow } from '../../../sdk/mesh/session/replay-window.js'

describe('ReplayWindow', () => {
  it('takes every counter once, in any order within its size', () => {
    const window = new ReplayWindow(8)
    for (const counter of [3, 0, 7, 5]) {
      expect(window.isFresh(counter)).toBe(true)
      window.mark(counter)
      expect(window.isFresh(counter)).toBe(false)
    }
    expect([1, 2, 4, 6].map((counter) => window.isFresh(counter))).toEqual([true, true, true, true])
  })

  it('takes nothing older than its size', () => {
    const window = new ReplayWindow(8)
    window.mark(100)
    expect([92, 93].map((counter) => window.isFresh(counter))).toEqual([false, true])
  })

  it('jumps as far as numbers go', () => {
    const window = new ReplayWindow(8)
    window.mark(3)
    window.mark(2 ** 53 - 1)
    expect([2 ** 53 - 1, 2 ** 53 - 2, 3].map((counter) => window.isFresh(counter))).toEqual([false, true, false])
  })

  it('agrees with a list of all that was met', () => {
    const counters = fc.array(fc.oneof(fc.nat(40), fc.nat(400)), { maxLength: 60 })
    fc.assert(
      fc.property(counters, (all) => {
        const window = new ReplayWindow(16)
        const met = new Set<number>()
        for (const counter of all) {
          const isOld = counter <= Math.max(-1, ...met) - 16
          expect(window.isFresh(counter)).toBe(!isOld && !met.has(counter))
          if (window.isFresh(counter)) {
            window.mark(counter)
            met.add(counter)
          }
        }
      }),
    )
  })
})
