import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RandomSet } from '../../../signaling/random-set.js'
import { seededRandom } from './rooms-world.js'

describe('RandomSet', () => {
  it('holds and draws what a plain set would, each item once', () => {
    const action = fc.tuple(fc.boolean(), fc.nat(12))
    fc.assert(
      fc.property(fc.array(action), fc.nat(), (actions, seed) => {
        const set = new RandomSet<number>()
        const model = new Set<number>()
        for (const [add, item] of actions) {
          if (add) {
            set.add(item)
            model.add(item)
          } else {
            set.delete(item)
            model.delete(item)
          }
          expect(set.size).toBe(model.size)
        }
        const drawn = [...set.draw(seededRandom(seed))]
        expect(drawn).toHaveLength(model.size)
        expect(new Set(drawn)).toEqual(model)
      }),
    )
  })

  it('draws every order about as often as any other', () => {
    const set = new RandomSet<string>()
    for (const item of ['a', 'b', 'c']) set.add(item)
    const random = seededRandom(1)
    const orders = new Map<string, number>()
    for (let i = 0; i < 6_000; i++) {
      const order = [...set.draw(random)].join('')
      orders.set(order, (orders.get(order) ?? 0) + 1)
    }
    expect(orders.size).toBe(6)
    for (const count of orders.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})
