import type { PresenceState } from 'skein'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { readPlace } from '../../../demo/2-chat/cursor.js'
import { readLinks } from '../../../demo/2-chat/link-reports.js'
import { isTyping, OwnTyping } from '../../../demo/2-chat/typing.js'
import { typingInWords } from '../../../demo/2-chat/words.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('typing ends three seconds after the last key, or when it is sent', () => {
  const states: (PresenceState | null)[] = []
  const typing = new OwnTyping({ set: (state) => states.push(state) })
  const isShown = (): boolean => isTyping(states.at(-1) ?? null)
  typing.go()
  vi.advanceTimersByTime(2_900)
  typing.go()
  vi.advanceTimersByTime(2_900)
  expect(isShown()).toBe(true)
  vi.advanceTimersByTime(200)
  expect(isShown()).toBe(false)
  typing.go()
  typing.stop()
  expect(isShown()).toBe(false)
  expect(vi.getTimerCount()).toBe(0)
})

it.each([
  [[], ''],
  [['Ada'], 'Ada is typing'],
  [['Ada', 'Bob'], 'Ada and Bob are typing'],
  [['Ada', 'Bob', 'Carol'], 'Ada, Bob and Carol are typing'],
  [['Ada', 'Bob', 'Carol', 'Dave'], 'Several people are typing'],
])('%j: %s', (names, words) => {
  expect(typingInWords(names)).toBe(words)
})

it('a place is two fractions, and all else is nowhere', () => {
  expect(readPlace({ x: 0, y: 1, z: 2 })).toEqual({ x: 0, y: 1 })
  for (const value of [null, 'x', [], {}, { x: 0.5 }, { x: -0.1, y: 0 }, { x: NaN, y: 0 }, { x: '0', y: 0 }]) {
    expect(readPlace(value)).toBeNull()
  }
})

it('a report of links is a list of ids, and all else is none', () => {
  expect(readLinks(['a', 'b'])).toEqual(['a', 'b'])
  for (const value of [null, 'all', [1], ['a'.repeat(65)], Array<string>(257).fill('a'), { to: [] }]) {
    expect(readLinks(value)).toBeNull()
  }
})
