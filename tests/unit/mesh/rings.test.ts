import { describe, expect, it } from 'vitest'
import { besideOnRings, pointOn } from '../../../sdk/mesh/roster/rings.js'
import { encodeBase64url } from '../../../sdk/util/base64url.js'
import { Random } from '../../support/random.js'

const makeIds = (count: number, seed: string): string[] => {
  const random = new Random(seed)
  return Array.from({ length: count }, () => encodeBase64url(random.bytes(16)))
}

/** Whom each stands beside, when everybody knows of everybody. */
const plan = (ids: readonly string[], rings: number): Map<string, Set<string>> =>
  new Map(
    ids.map((id) => {
      const others = ids.filter((other) => other !== id).map((other) => ({ id: other, rings }))
      return [id, besideOnRings({ id, rings }, others)]
    }),
  )

const reachedFrom = (start: string, beside: ReadonlyMap<string, ReadonlySet<string>>): Map<string, number> => {
  const steps = new Map([[start, 0]])
  for (const [id, count] of steps) {
    for (const next of beside.get(id) ?? []) if (!steps.has(next)) steps.set(next, count + 1)
  }
  return steps
}

describe('rings', () => {
  it('G2: put each member beside at most two others a ring, who say the same', () => {
    const beside = plan(makeIds(200, 'rings'), 4)
    for (const [id, others] of beside) {
      expect(others.size).toBeLessThanOrEqual(8)
      for (const other of others) expect(beside.get(other)?.has(id)).toBe(true)
    }
  })

  it.each([1, 2, 4])('G2: join all, on %i of them', (rings) => {
    const ids = makeIds(60, `joined by ${String(rings)}`)
    expect(reachedFrom(ids[0] as string, plan(ids, rings)).size).toBe(60)
  })

  it('G2: lead from each of 200 to every other in a few steps', () => {
    const ids = makeIds(200, 'steps')
    const steps = reachedFrom(ids[0] as string, plan(ids, 4))
    expect(Math.max(...steps.values())).toBeLessThanOrEqual(5)
  })

  it('G2: change for the neighbors of a newcomer and for nobody else', () => {
    const ids = makeIds(101, 'newcomer')
    const before = plan(ids.slice(0, 100), 4)
    const after = plan(ids, 4)
    const newcomer = after.get(ids[100] as string) as Set<string>
    const changed = ids.slice(0, 100).filter((id) => {
      const [old, now] = [before.get(id) as Set<string>, after.get(id) as Set<string>]
      return old.size !== now.size || [...old].some((other) => !now.has(other))
    })
    expect(changed.every((id) => newcomer.has(id))).toBe(true)
  })

  it('G2: leave out who is on fewer rings', () => {
    const [me = '', ...ids] = makeIds(10, 'fewer')
    const others = ids.map((id, index) => ({ id, rings: index === 0 ? 3 : 1 }))
    expect(besideOnRings({ id: me, rings: 3 }, others).size).toBeLessThanOrEqual(3)
  })

  it('G2: stand two at one point in the order of their ids', () => {
    // The first 30 bits of the two are the same.
    const [a, b] = ['AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAABAAAAAAAAAAAAAAA']
    expect(pointOn(0, a)).toBe(pointOn(0, b))
    for (const [me, other] of [
      [a, b],
      [b, a],
    ] as const) {
      expect([...besideOnRings({ id: me, rings: 1 }, [{ id: other, rings: 1 }])]).toEqual([other])
    }
  })

  it('G2: give every implementation the same points', () => {
    expect([0, 1, 13].map((ring) => pointOn(ring, 'AAECAwQFBgcICQoLDA0ODw'))).toEqual([
      445_473_901, 3_664_685_787, 680_977_253,
    ])
  })
})
