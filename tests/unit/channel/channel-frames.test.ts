import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeChannelFrame,
  encodeChannelFrame,
  REASON,
  type ChannelFrame,
} from '../../../sdk/protocol/channel-frames.js'
import { DecodeError } from '../../../sdk/protocol/decode-error.js'
import { MAX_CHANNEL_HEAD_BYTES } from '../../../sdk/protocol/limits.js'

const id = fc.maxSafeNat()
const payload = fc.uint8Array()
const number = fc.option(fc.maxSafeNat())
const refusal = fc.constantFrom(
  REASON.FAILED,
  REASON.NO_HANDLER,
  REASON.BUSY,
  REASON.INVALID,
  REASON.STREAMED,
  REASON.LOST,
)
const frame: fc.Arbitrary<ChannelFrame> = fc.oneof(
  fc.record({ type: fc.constant('value' as const), isToEach: fc.boolean(), payload }),
  fc.record({ type: fc.constant('request' as const), id, isStream: fc.boolean(), payload }),
  fc.record({ type: fc.constant('answer' as const), id, isLast: fc.boolean(), number, payload }),
  fc.record({
    type: fc.constant('answer' as const),
    id,
    isLast: fc.constant(true),
    number,
    payload: fc.constant(null),
  }),
  fc.record({
    ...{ type: fc.constant('error' as const), id, reason: fc.constant(REASON.THROWN) },
    code: fc.string({ minLength: 1, maxLength: 64 }),
    text: fc.string({ maxLength: 512 }),
  }),
  fc.record({
    ...{ type: fc.constant('error' as const), id, reason: refusal },
    ...{ code: fc.constant(''), text: fc.constant('') },
  }),
  fc.record({ type: fc.constant('cancel' as const), id }),
  fc.record({ type: fc.constant('credit' as const), id, count: id }),
)

const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('a channel frame', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(frame, (frame) => {
        expect(decodeChannelFrame(encodeChannelFrame(frame))).toEqual(frame)
      }),
      { numRuns: 500 },
    )
  })

  it.each<[string, ChannelFrame]>([
    ['00 aabb', { type: 'value', isToEach: false, payload: unhex('aabb') }],
    ['06 aabb', { type: 'value', isToEach: true, payload: unhex('aabb') }],
    ['01 8101 01 aa', { type: 'request', id: 129, isStream: true, payload: unhex('aa') }],
    ['02 05 03 aa', { type: 'answer', id: 5, isLast: true, number: null, payload: unhex('aa') }],
    ['02 05 06 8101 aa', { type: 'answer', id: 5, isLast: false, number: 129, payload: unhex('aa') }],
    ['02 05 05 03', { type: 'answer', id: 5, isLast: true, number: 3, payload: null }],
    ['02 05 01', { type: 'answer', id: 5, isLast: true, number: null, payload: null }],
    ['03 05 00 0161 026263', { type: 'error', id: 5, reason: REASON.THROWN, code: 'a', text: 'bc' }],
    ['03 05 06', { type: 'error', id: 5, reason: REASON.LOST, code: '', text: '' }],
    ['03 05 02', { type: 'error', id: 5, reason: REASON.NO_HANDLER, code: '', text: '' }],
    ['04 05', { type: 'cancel', id: 5 }],
    ['05 05 08', { type: 'credit', id: 5, count: 8 }],
  ])('C4: is these bytes: %s', (bytes, frame) => {
    expect(hex(encodeChannelFrame(frame))).toBe(bytes.replaceAll(' ', ''))
  })

  it('has a head of at most 18 bytes', () => {
    const most = encodeChannelFrame({
      ...{ type: 'answer', isLast: false, payload: new Uint8Array(0) },
      ...{ id: Number.MAX_SAFE_INTEGER, number: Number.MAX_SAFE_INTEGER },
    })
    expect(most.length).toBe(MAX_CHANNEL_HEAD_BYTES)
  })

  it.each([
    ['nothing', ''],
    ['a type not in use', '07 05'],
    ['request flags not in use', '01 05 02'],
    ['answer flags not in use', '02 05 08'],
    ['an answer of a number alone', '02 05 04 01'],
    ['an answer of nothing that is not the last', '02 05 00'],
    ['a last answer without a value that goes on', '02 05 01 aa'],
    ['an error without a code', '03 05 00 00 00'],
    ['an error code of 65 characters', `03 05 00 41${'61'.repeat(65)} 00`],
    ['an error text of 513 characters', `03 05 00 0161 8104${'61'.repeat(513)}`],
    ['bytes after a CANCEL', '04 05 00'],
    ['a CREDIT without a count', '05 05'],
    ['an id beyond 2^53', '04 ffffffffffffffffff01'],
  ])('of %s is refused', (_name, bytes) => {
    expect(() => decodeChannelFrame(unhex(bytes))).toThrow(DecodeError)
  })

  it('D1: with a reason of a later version reads as a failed handler', () => {
    expect(decodeChannelFrame(unhex('03 05 63 aabb'))).toMatchObject({ type: 'error', reason: REASON.FAILED })
  })

  it('C2: of random bytes is a frame or a DecodeError', () => {
    const near = fc.tuple(fc.nat({ max: 6 }), fc.uint8Array()).map(([type, rest]) => Uint8Array.of(type, ...rest))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), near), (bytes) => {
        try {
          decodeChannelFrame(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})
