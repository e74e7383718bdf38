import { describe, expect, it } from 'vitest'
import type { Entry, History } from '../../browser/chaos/history.js'
import { allAgree, withoutCause, type Trouble } from '../../browser/chaos/partings.js'

const history = (id: string, entries: readonly Entry[], endedAtMs: number | null = null): History => ({
  id,
  name: id,
  entries,
  endedAtMs,
})

const joins = (id: string): Entry => ({ atMs: 0, type: 'join', id })
const leaves = (id: string, reason: string, atMs = 20_000): Entry => ({ atMs, type: 'leave', id, reason })
const trouble = (id: string | null, fromMs: number, untilMs: number): Trouble => ({ id, fromMs, untilMs })

describe('a departure', () => {
  const baseless = (entry: Entry, troubles: readonly Trouble[], endedAtMs: number | null = null): number =>
    withoutCause([history('ada', [joins('bob'), entry]), history('bob', [], endedAtMs)], troubles).length

  it('of a member that is there and in no trouble has no cause', () => {
    expect(baseless(leaves('bob', 'timeout'), [])).toBe(1)
    expect(baseless(leaves('bob', 'goodbye'), [])).toBe(1)
    expect(baseless(leaves('bob', 'goodbye'), [], 30_000)).toBe(1)
  })

  it('of one that has ended has one', () => {
    expect(baseless(leaves('bob', 'goodbye'), [], 10_000)).toBe(0)
    expect(baseless(leaves('bob', 'timeout'), [], 10_000)).toBe(0)
  })

  it('has one when either of the two was in trouble for long enough, and lately', () => {
    expect(baseless(leaves('bob', 'timeout'), [trouble('bob', 5_000, 18_000)])).toBe(0)
    expect(baseless(leaves('bob', 'timeout'), [trouble('ada', 5_000, 18_000)])).toBe(0)
    expect(baseless(leaves('bob', 'timeout'), [trouble('eve', 5_000, 18_000)])).toBe(1)
    expect(baseless(leaves('bob', 'timeout'), [trouble('bob', 15_000, 18_000)])).toBe(1)
    expect(baseless(leaves('bob', 'timeout', 60_000), [trouble('bob', 5_000, 18_000)])).toBe(1)
  })
})

describe('troubles', () => {
  const baseless = (...troubles: readonly Trouble[]): number =>
    withoutCause([history('ada', [joins('bob'), leaves('bob', 'timeout')]), history('bob', [])], troubles).length

  it('that follow each other count as one, whosever they are of the two', () => {
    expect(baseless(trouble('bob', 8_000, 13_000), trouble('ada', 12_000, 18_000))).toBe(0)
    expect(baseless(trouble('bob', 8_000, 13_000), trouble(null, 12_000, 18_000))).toBe(0)
    expect(baseless(trouble('bob', 6_000, 11_000), trouble('ada', 14_000, 18_000))).toBe(1)
    expect(baseless(trouble('bob', 8_000, 13_000), trouble('eve', 12_000, 18_000))).toBe(1)
  })

  it('make nobody break the protocol', () => {
    const entries = [joins('bob'), leaves('bob', 'removed')]
    expect(withoutCause([history('ada', entries), history('bob', [])], [trouble('bob', 0, 20_000)])).toHaveLength(1)
  })
})

describe('members agree', () => {
  it('when those who have not ended have each other alone', () => {
    const gone = history('eve', [], 1)
    expect(allAgree([history('ada', [joins('bob')]), history('bob', [joins('ada')]), gone])).toBe(true)
    expect(allAgree([history('ada', [joins('bob')]), history('bob', []), gone])).toBe(false)
    expect(allAgree([history('ada', [joins('bob'), joins('eve')]), history('bob', [joins('ada')]), gone])).toBe(false)
  })
})
