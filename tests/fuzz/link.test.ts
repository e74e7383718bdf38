import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseFingerprint } from '../../sdk/link/fingerprint.js'
import { packSdp, unpackSdp } from '../../sdk/link/sdp-codec.js'
import { SDP_PIECES } from '../../sdk/link/sdp-pieces.js'
import { decodeSignal, encodeSignal, type LinkSignal } from '../../sdk/link/signal-codec.js'
import { DecodeError } from '../../sdk/protocol/decode-error.js'
import { MAX_DESCRIPTION_BYTES } from '../../sdk/protocol/limits.js'
import { Reader } from '../../sdk/protocol/reader.js'

const wellFormed = fc.string({ unit: 'grapheme' })

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const blob = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength, maxLength })
const groups = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.nat(0xffff), { minLength, maxLength }).map((each) => each.map((group) => group.toString(16)).join(':'))

/** What a piece of SDP holds in its holes, in the one form that packs. */
const holes: Readonly<Record<string, fc.Arbitrary<string>>> = {
  '{n}': fc.bigInt(0n, 2n ** 63n - 1n).map(String),
  '{b}': fc
    .nat(79)
    .chain((size) => blob(3 * size + 3, 3 * size + 3).map((bytes) => Buffer.from(bytes).toString('base64'))),
  '{h}': blob(1, 255).map(hexOf),
  '{f}': blob(32, 32).map((bytes) => (hexOf(bytes).match(/../g) ?? []).join(':').toUpperCase()),
  '{u}': fc.uuid(),
  '{4}': fc.ipV4(),
  '{6}': fc.oneof(
    groups(8, 8),
    fc.tuple(groups(0, 3), groups(0, 3)).map(([before, after]) => `${before}::${after}`),
  ),
}
const filled = fc
  .constantFrom(...SDP_PIECES)
  .chain((piece) => fc.tuple(...piece.split(/(\{.\})/).map((part) => holes[part] ?? fc.constant(part))))
  .map((parts) => parts.join(''))
/** Begins with a line that saves more than the few bytes that others may cost. */
const known = fc
  .array(filled, { maxLength: 20 })
  .map((parts) => `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB\r\n${parts.join('\r\n')}`)
const mixed = fc
  .array(fc.oneof(filled, wellFormed, fc.constantFrom('\r\n', '\n', 'a=', '0', ' ')))
  .map((parts) => parts.join(''))

const signals: fc.Arbitrary<LinkSignal> = fc.oneof(
  fc.record({ kind: fc.constantFrom('offer' as const, 'answer' as const), sdp: fc.oneof(wellFormed, known, mixed) }),
  fc.record({
    kind: fc.constant('candidate' as const),
    candidate: fc
      .oneof(fc.string({ unit: 'grapheme', maxLength: 100 }), mixed)
      .map((rest) => `candidate:${rest}`)
      .filter((candidate) => Buffer.byteLength(candidate) <= 2_048),
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

test('L9: packSdp packs every text that is made of pieces, and it comes back the same', () => {
  fc.assert(
    fc.property(known, (text) => {
      const packed = packSdp(text)
      expect(packed).not.toBeNull()
      expect(unpackSdp(new Reader(packed as Uint8Array))).toBe(text)
    }),
  )
})

test('C2, L10: unpackSdp gives text of at most 48 KiB or throws a DecodeError', () => {
  const codes = fc.uint8Array({ max: SDP_PIECES.length, maxLength: 20_000, size: 'max' })
  fc.assert(
    fc.property(fc.oneof(codes, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      try {
        expect(unpackSdp(new Reader(bytes)).length).toBeLessThanOrEqual(MAX_DESCRIPTION_BYTES)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
  )
})

test('C2: decodeSignal throws a DecodeError or nothing, on random and on damaged bytes', () => {
  const damaged = fc.tuple(signals, fc.nat(), fc.nat(255)).map(([signal, at, value]) => {
    const bytes = encodeSignal(signal)
    bytes[at % bytes.length] = value
    return bytes.subarray(0, 1 + (at % bytes.length))
  })
  const coded = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.uint8Array({ maxLength: 300 }))
  const random = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    coded.map(([code, rest]) => Uint8Array.of(code, ...rest)),
  )
  fc.assert(
    fc.property(fc.oneof(random, damaged), (bytes) => {
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
