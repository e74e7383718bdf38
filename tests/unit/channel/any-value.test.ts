import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue, ValueTooLarge } from '../../../sdk/protocol/any-value.js'
import { DecodeError } from '../../../sdk/protocol/decode-error.js'
import { MAX_VALUE_DEPTH, MAX_VALUE_PARTS } from '../../../sdk/protocol/limits.js'

const MAX = 1_024 * 1_024

const nest = (depth: number): unknown => {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

const isForbidden = (key: string): boolean => key === '__proto__'

const leaf = fc.oneof(
  fc.constant(undefined),
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array(),
)
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('value')),
    fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => !isForbidden(key)),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
}))

describe('a value', () => {
  it('V1: arrives as it was, and in the bytes that lib0 writes', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const bytes = encodeValue(value, MAX)
        expect(decodeValue(bytes)).toEqual(value)
        expect(bytes).toEqual(encoding.encode((encoder) => encoding.writeAny(encoder, value as null)))
      }),
    )
  })

  it('V1: keeps -0, NaN, and the ends of every kind of number', () => {
    for (const value of [-0, NaN, Infinity, 2 ** 31, -(2 ** 31), 2 ** 53, 0.1, 0.5, 5e-324, 2n ** 63n - 1n]) {
      expect(decodeValue(encodeValue(value, MAX))).toBe(value)
    }
  })

  it('has bytes in buffers of their own', () => {
    const decoded = decodeValue(encodeValue([Uint8Array.of(1, 2)], MAX)) as [Uint8Array]
    expect(decoded[0].buffer.byteLength).toBe(2)
  })

  it.each([
    ['a function', { call: () => 1 }],
    ['a symbol', [Symbol('s')]],
    ['a bigint beyond 64 bits', 2n ** 63n],
    ['a date', new Date()],
    ['a map', new Map()],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a depth above 64', nest(MAX_VALUE_DEPTH + 1)],
    ['the key __proto__', JSON.parse('{"__proto__": 1}')],
  ])('with %s is a TypeError', (_name, value) => {
    expect(() => encodeValue(value, MAX)).toThrow(TypeError)
  })

  it('that contains itself is a TypeError that says so', () => {
    const cycle: { self?: unknown; items: unknown[] } = { items: [] }
    cycle.items.push({ cycle })
    expect(() => encodeValue(cycle, MAX)).toThrow('value contains itself')
  })

  it('that is shared over and over does not fill memory', () => {
    let value: unknown = 1
    for (let i = 0; i < 60; i++) value = [value, value]
    expect(() => encodeValue(value, MAX / 4)).toThrow(ValueTooLarge)
    expect(() => encodeValue(value, Infinity)).toThrow(TypeError)
  })

  it('above the bytes allowed is refused, at them not', () => {
    expect(encodeValue('abc', 5).length).toBe(5)
    expect(() => encodeValue('abc', 4)).toThrow(ValueTooLarge)
    expect(() => encodeValue('é', 3)).toThrow(ValueTooLarge)
  })
})

describe('hostile bytes', () => {
  const bytes = (write: (encoder: encoding.Encoder) => void): Uint8Array => encoding.encode(write)

  it('give a DecodeError or a value, never anything else', () => {
    const tagged = fc
      .tuple(fc.integer({ min: 110, max: 127 }), fc.uint8Array({ maxLength: 40 }))
      .map(([tag, rest]) => Uint8Array.of(tag, ...rest))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), tagged), (hostile) => {
        try {
          decodeValue(hostile)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('V2: cut from a value anywhere are refused', () => {
    const whole = encodeValue({ a: [1, 1e300, 2n, 'text', Uint8Array.of(1, 2, 3)], b: 0.5 }, MAX)
    for (let size = 0; size < whole.length; size++) {
      // As a view too: what lies behind it is not to be read.
      expect(() => decodeValue(whole.subarray(0, size))).toThrow(DecodeError)
    }
    expect(() => decodeValue(Uint8Array.of(...whole, 0))).toThrow(DecodeError)
  })

  it('V2: that nest without end are refused, at 64 they are not', () => {
    expect(decodeValue(encodeValue(nest(MAX_VALUE_DEPTH), MAX))).toEqual(nest(MAX_VALUE_DEPTH))
    const deep = new Uint8Array(200_000)
    for (let i = 0; i < deep.length; i += 2) deep.set([117, 1], i)
    expect(() => decodeValue(deep)).toThrow('too deep')
  })

  it('V2: that promise more items than there are bytes are refused at once', () => {
    const promise = bytes((encoder) => {
      encoding.writeUint8(encoder, 117)
      encoding.writeVarUint(encoder, 2 ** 40)
    })
    expect(() => decodeValue(promise)).toThrow(DecodeError)
  })

  it('V2: of more parts than a value may have are refused', () => {
    const many = bytes((encoder) => {
      encoding.writeUint8(encoder, 117)
      encoding.writeVarUint(encoder, MAX_VALUE_PARTS)
      encoding.writeUint8Array(encoder, new Uint8Array(MAX_VALUE_PARTS).fill(126))
    })
    expect(() => decodeValue(many)).toThrow('too many parts')
  })

  it('V2: with the key __proto__ change no prototype', () => {
    const hostile = bytes((encoder) => {
      encoding.writeAny(encoder, JSON.parse('{"__proto__": {"admin": true}}') as null)
    })
    expect(() => decodeValue(hostile)).toThrow('forbidden key')
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('V2: with text that is not UTF-8 are refused', () => {
    expect(() => decodeValue(Uint8Array.of(119, 1, 0xff))).toThrow('not UTF-8')
  })
})
