import { expect, it } from 'vitest'
import { safetyNumberOf } from '../../../sdk/crypto/safety-number.js'
import { sodium } from './setup.js'

const one = new Uint8Array(32).fill(1)
const two = new Uint8Array(32).fill(2)

it('safetyNumberOf gives the frozen digits', () => {
  expect(safetyNumberOf(sodium, one, two)).toBe(
    '77992 72886 32500 67557 98931 75707 51231 90880 20439 33533 84157 02947',
  )
})

it('safetyNumberOf gives 12 groups of 5 digits, the same from both sides', () => {
  expect(safetyNumberOf(sodium, two, one)).toMatch(/^\d{5}( \d{5}){11}$/)
  expect(safetyNumberOf(sodium, two, one)).toBe(safetyNumberOf(sodium, one, two))
})

it('safetyNumberOf gives another number for another identity, however little differs', () => {
  const close = Uint8Array.from(two, (byte, index) => (index === 31 ? byte ^ 1 : byte))
  const numbers = [
    safetyNumberOf(sodium, one, two),
    safetyNumberOf(sodium, one, close),
    safetyNumberOf(sodium, two, close),
  ]
  const groups = numbers.map((number) => number.split(' '))
  expect(new Set(numbers).size).toBe(3)
  for (const index of [1, 2]) {
    expect(groups[index]?.filter((group, at) => group === groups[0]?.[at]).length).toBeLessThan(3)
  }
})
