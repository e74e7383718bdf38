import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseFingerprint } from '../../sdk/link/fingerprint.js'
import { decodeSignal, encodeSignal, type LinkSignal } from '../../sdk/link/signal-codec.js'
import { DecodeError } from '../../sdk/protocol/decode-error.js'

const wellFormed = fc.string({ unit: 'grapheme' })

const signals: fc.Arbitrary<LinkSignal> = fc.oneof(
  fc.record({ kind: fc.constantFrom('offer' as const, 'answer' as const), sdp: wellFormed }),
  fc.record({
    kind: fc.constant('candidate' as const),
    candidate: fc.string({ unit: 'grapheme', maxLength: 100 }).map((rest) => `candidate:${rest}`),
    sdpMid: fc.option(fc.string({ minLength: 1, maxLength: 60 })),
    sdpMLineIndex: fc.option(fc.nat(254)),
  }),
)

test('decodeSignal gives back every signal', () => {
  fc.assert(
    fc.property(signals, (signal) => {
      expect(decodeSignal(encodeSignal(signal))).toEqual(signal)
    }),
  )
})

test('C2: decodeSignal throws a DecodeError or nothing, on random and on damaged bytes', () => {
  const damaged = fc.tuple(signals, fc.nat(), fc.nat(255)).map(([signal, at, value]) => {
    const bytes = encodeSignal(signal)
    bytes[at % bytes.length] = value
    return bytes.subarray(0, 1 + (at % bytes.length))
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), (bytes) => {
      try {
        decodeSignal(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
  )
})

test('L2: parseFingerprint gives 32 bytes or null for any text', () => {
  const pieces = fc.constantFrom('a=fingerprint:', 'sha-256 ', `${'AB:'.repeat(31)}AB`, 'cd:', '\r', '\n', ' ', 'm=')
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      expect([undefined, 32]).toContain(parseFingerprint(parts.join(''))?.length)
    }),
  )
})
