import { describe, expect, it } from 'vitest'
import { bots, createPlan, kinds, pages, targetsOf } from '../../browser/chaos/plan.js'

describe('a plan of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(createPlan(7, 60_000)).toEqual(createPlan(7, 60_000))
    expect(createPlan(7, 60_000)).not.toEqual(createPlan(8, 60_000))
  })

  it('has every kind of fault in it within a minute, whatever the seed', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { faults } = createPlan(seed, 40_000)
      expect([...new Set(faults.map(({ kind }) => kind))].sort(), String(seed)).toEqual([...kinds].sort())
    }
  })

  it('has everything in it within some minutes, for pages and bots', () => {
    const { faults } = createPlan(1, 20 * 60_000)
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(kinds))
    expect(new Set(faults.flatMap(targetsOf))).toEqual(new Set([...pages, ...bots, 'server']))
  })

  it('keeps three pairs of pages apart, and nobody from more than two', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { apart } = createPlan(seed, 1_000)
      expect(new Set(apart.map((pair) => [...pair].sort().join())).size).toBe(3)
      for (const name of pages) expect(apart.filter((pair) => pair.includes(name)).length).toBeLessThan(3)
    }
  })

  it('takes no link from those who have none', () => {
    const { apart, faults } = createPlan(5, 20 * 60_000)
    const pairs = new Set(apart.map((pair) => [...pair].sort().join()))
    expect(faults.filter((fault) => 'other' in fault && pairs.has(targetsOf(fault).sort().join()))).toEqual([])
  })

  it('does nothing to those who are still in trouble', () => {
    const { faults } = createPlan(3, 20 * 60_000)
    const freeAtMs = new Map<string, number>()
    for (const fault of faults) {
      for (const name of targetsOf(fault)) {
        expect(freeAtMs.get(name) ?? 0).toBeLessThanOrEqual(fault.atMs)
        freeAtMs.set(name, fault.atMs + ('forMs' in fault ? fault.forMs : 0))
      }
    }
  })
})
