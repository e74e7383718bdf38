import { SkeinError } from 'skein'
import { expect, it } from 'vitest'
import { safeType } from '../../../demo/2-chat/files/images.js'
import { linePath, Pace } from '../../../demo/2-chat/files/pace.js'
import {
  amountInWords,
  paceInWords,
  receivingFailureInWords,
  reportInWords,
  sizeInWords,
  timeLeftInWords,
} from '../../../demo/2-chat/files/words.js'

it.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 KiB'],
  [58_000_000, '55.3 MiB'],
  [3 * 2 ** 30, '3 GiB'],
  [2 ** 52, '4096 TiB'],
])('%d bytes are %s', (bytes, words) => {
  expect(sizeInWords(bytes)).toBe(words)
})

it.each([
  [0.2, 'a second left'],
  [4.4, '4 seconds left'],
  [23, 'about 25 seconds left'],
  [61, 'about 1 minute left'],
  [600, 'about 10 minutes left'],
  [7_000, 'about 2 hours left'],
  [1e9, 'days left'],
])('%d s are %s', (seconds, words) => {
  expect(timeLeftInWords(seconds)).toBe(words)
})

it('how far and how fast is said without what is not known', () => {
  expect(amountInWords({ bytes: 1024, size: 2048 })).toBe('1 KiB of 2 KiB')
  expect(amountInWords({ bytes: 1024, size: null })).toBe('1 KiB')
  const progress = { bytes: 0, size: null, rate: 2048, secondsLeft: null }
  expect(paceInWords(progress, 'idle')).toBe('2 KiB a second')
  expect(paceInWords({ ...progress, secondsLeft: 5 }, 'idle')).toBe('2 KiB a second, 5 seconds left')
  expect(paceInWords({ ...progress, rate: 0 }, 'idle')).toBe('idle')
})

it('what became of a file is told for each of those that it was for', () => {
  const report = {
    delivered: ['Ada', 'Bob'],
    failed: [
      { id: 'Carol', code: 'file-declined' },
      { id: 'Dave', code: 'transfer-cancelled' },
      { id: 'Eve', code: 'member-left' },
      { id: 'Frank', code: 'stream-refused' },
    ],
  } as const
  expect(reportInWords(report, (id) => id)).toBe(
    'sent to Ada and Bob; declined by Carol; cancelled by Dave; Eve left before it was there; did not get through to Frank',
  )
})

it.each([
  [new SkeinError('transfer-cancelled', '', { by: 'me' }), 'cancelled'],
  [new SkeinError('transfer-cancelled', '', { by: 'them' }), 'cancelled by Ada'],
  [new SkeinError('member-left', ''), 'Ada has left before it was here'],
  [new SkeinError('file-corrupt', ''), 'what arrived is not what was sent'],
  [new DOMException('', 'AbortError'), 'not saved: no place was chosen'],
  [new DOMException('', 'QuotaExceededError'), 'could not be saved'],
])('why a file does not arrive: %s', (error, words) => {
  expect(receivingFailureInWords(error, 'Ada')).toBe(words)
})

it('samples are bytes a second, never less than none, and the oldest go', () => {
  const pace = new Pace()
  pace.sample(100, 0)
  pace.sample(600, 500)
  pace.sample(600, 1_000)
  pace.sample(0, 1_500)
  expect(pace.samples).toEqual([1_000, 0, 0])
  expect(pace.isStill).toBe(false)
  pace.sample(0, 2_000)
  pace.sample(0, 2_500)
  expect(pace.isStill).toBe(true)
  for (let i = 0; i < 100; i += 1) pace.sample(i, 3_000 + i)
  expect(pace.samples).toHaveLength(60)
})

it('the line ends at the right, and the fastest is at the top', () => {
  expect(linePath([], 118, 20)).toBe('')
  expect(linePath([0, 50, 100], 118, 20)).toBe('M114.0 20.0L116.0 10.0L118.0 0.0')
})

it.each([
  ['image/png', 'image/png'],
  ['text/html', 'application/octet-stream'],
  ['image/svg+xml', 'application/octet-stream'],
])('what came as %s is kept as %s', (type, kept) => {
  expect(safeType(type)).toBe(kept)
})
