import { describe, expect, it } from 'vitest'
import type { Router } from '../../../sdk/mesh/route/router.js'
import { Trees } from '../../../sdk/mesh/route/tree.js'

const setup = (links: readonly (readonly [string, string, number?])[], silent: readonly string[] = []) => {
  const graph = new Map<string, Map<string, number>>()
  for (const [a, b, cost = 10] of links) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      graph.set(from, (graph.get(from) ?? new Map<string, number>()).set(to, cost))
    }
  }
  let asked = 0
  const router = {
    version: 0,
    neighborsOf: (id: string) => {
      asked++
      return [...(graph.get(id) ?? [])].map(([other, cost]) => ({ id: other, cost }))
    },
    passes: (id: string) => !silent.includes(id),
  }
  return { trees: new Trees(router as unknown as Router), router, asked: () => asked }
}

const star = (hub: string, count: number): [string, string][] =>
  Array.from({ length: count }, (_, index) => [hub, `${hub}${String(index)}`])

describe('the tree of an author', () => {
  it('T4: grows level by level, near ones first', () => {
    const { trees } = setup([
      ['a', 'b', 100],
      ['a', 'c', 10],
      ['b', 'd'],
      ['c', 'd'],
      ['c', 'e'],
    ])
    expect([...trees.of('a', 0)]).toEqual([
      ['a', ['c', 'b']],
      ['c', ['d', 'e']],
    ])
  })

  it('T4: passes nothing through who does not relay, but for its author', () => {
    const { trees } = setup(
      [
        ['a', 'b'],
        ['b', 'c'],
      ],
      ['a', 'b'],
    )
    expect([...trees.of('a', 4)]).toEqual([['a', ['b']]])
  })

  it('T4: has no more children than its fanout, but where nobody else could have them', () => {
    const { trees } = setup([...star('a', 6), ['a0', 'a4']])
    expect([...trees.of('a', 4)]).toEqual([
      ['a', ['a0', 'a1', 'a2', 'a3', 'a5']],
      ['a0', ['a4']],
    ])
  })

  it('T4: reaches those that no turn took, however far down, in one look at each', () => {
    const chain = Array.from({ length: 100 }, (_, at): [string, string] => [`c${String(at)}`, `c${String(at + 1)}`])
    const { trees, asked } = setup([...chain, ...star('c100', 50), ...star('c50', 50)])
    const tree = trees.of('c0', 4)
    expect([...tree.values()].flat().length).toBe(200)
    expect(asked()).toBeLessThanOrEqual(2 * 201)
  })

  it('is grown again for whom a member passes it on to when links have changed, and only then', () => {
    const { trees, router, asked } = setup(star('a', 3))
    expect(trees.childrenOf('a', 'a', 0)).toEqual(['a0', 'a1', 'a2'])
    const once = asked()
    expect(trees.childrenOf('a', 'a', 0)).toEqual(['a0', 'a1', 'a2'])
    expect(trees.childrenOf('stranger', 'stranger', 0)).toEqual([])
    expect(asked()).toBe(once + 1)
    router.version++
    trees.childrenOf('a', 'a', 0)
    expect(asked()).toBe(2 * once + 1)
  })
})
