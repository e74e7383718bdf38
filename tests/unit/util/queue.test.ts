import { describe, expect, it } from 'vitest'
import { Queue } from '../../../sdk/util/queue.js'

describe('Queue', () => {
  it('gives back what was put in, first in first out, and shows what is next', () => {
    const queue = new Queue<number>()
    let [put, taken] = [0, 0]
    for (let round = 0; round < 300; round++) {
      for (let i = 0; i < 7; i++) queue.push(put++)
      for (let i = 0; i < (round % 2 === 0 ? 3 : 9); i++) {
        expect(queue.first).toBe(taken)
        expect(queue.shift()).toBe(taken++)
      }
      expect(queue.length).toBe(put - taken)
    }
    while (queue.length > 0) expect(queue.shift()).toBe(taken++)
    expect(taken).toBe(put)
  })

  it('has nothing to give when it is empty', () => {
    const queue = new Queue<number>()
    expect([queue.first, queue.shift(), queue.length]).toEqual([undefined, undefined, 0])
    queue.push(1)
    queue.shift()
    expect([queue.first, queue.shift(), queue.length]).toEqual([undefined, undefined, 0])
  })
})
