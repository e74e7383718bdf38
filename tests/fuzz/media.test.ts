import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findFault, readDescription } from '../../sdk/link/media-description.js'
import { decodeMediaText, encodeMediaText, type Labels, type MediaText } from '../../sdk/link/media-texts.js'
import { encodeValue } from '../../sdk/protocol/any-value.js'
import { DecodeError } from '../../sdk/protocol/decode-error.js'
import { MAX_MEDIA_SLOTS, MAX_MEDIA_TEXT_LENGTH } from '../../sdk/protocol/limits.js'
import {
  decodeMediaFrame,
  encodeMediaFrame,
  type MediaFrame,
  type MediaTrack,
} from '../../sdk/protocol/media-frames.js'
import { mediaFrames } from '../support/media-frames.js'

const mid = fc.string({ maxLength: 16 })
const labels: fc.Arbitrary<Labels> = fc
  .uniqueArray(fc.tuple(mid, fc.nat(0xffff)), { maxLength: 32, selector: ([name]) => name })
  .map((pairs) => pairs.filter(([, label], index) => pairs.findIndex(([, other]) => other === label) === index))
const texts: fc.Arbitrary<MediaText> = fc.oneof(
  fc.record({ type: fc.constantFrom('offer' as const, 'answer' as const), sdp: fc.string(), labels }),
  fc.record({ type: fc.constant('labels' as const), labels }),
  fc.record({ type: fc.constant('want' as const), audio: fc.nat(MAX_MEDIA_SLOTS), video: fc.nat(MAX_MEDIA_SLOTS) }),
)

test('Q5: decodeMediaText gives back every text', () => {
  fc.assert(
    fc.property(texts, (said) => {
      expect(decodeMediaText(encodeMediaText(said) as string)).toEqual(said)
    }),
  )
})

test('Q5: what is too long is neither said nor read', () => {
  const sdp = 'x'.repeat(MAX_MEDIA_TEXT_LENGTH)
  expect(encodeMediaText({ type: 'offer', sdp, labels: [] })).toBeNull()
  expect(decodeMediaText(JSON.stringify({ offer: sdp, labels: [] }))).toBeNull()
})

test('Q5: decodeMediaText gives what is within its limits or null, for any JSON and any text', () => {
  const keys = fc.constantFrom('offer', 'answer', 'want', 'labels', 'more')
  const values = fc.oneof(fc.jsonValue(), labels, fc.array(fc.oneof(fc.integer(), fc.double(), fc.string())))
  const anything = fc.oneof(
    fc.dictionary(keys, values).map((fields) => JSON.stringify(fields)),
    fc.json(),
    fc.string(),
    fc.tuple(texts, fc.nat()).map(([said, at]) => {
      const text = encodeMediaText(said) ?? ''
      return text.slice(0, at % text.length)
    }),
  )
  fc.assert(
    fc.property(anything, (text) => {
      const said = decodeMediaText(text)
      if (said === null) return
      if (said.type === 'want') {
        expect(Math.max(said.audio, said.video)).toBeLessThanOrEqual(MAX_MEDIA_SLOTS)
      } else {
        expect(said.labels.length).toBeLessThanOrEqual(2 * MAX_MEDIA_SLOTS)
        expect(new Set(said.labels.map(([, label]) => label)).size).toBe(said.labels.length)
      }
    }),
  )
})

test('Q3: findFault gives a reason or null for any text, and reads no more sections than there are', () => {
  const pieces = fc.constantFrom(
    'v=0',
    'a=group:BUNDLE 0 1 2',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'm=audio 0 x',
    'm=',
    'a=mid:0',
    'a=mid:1',
    'a=ice-ufrag:abcd',
    `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB`,
    '',
  )
  const sdps = fc.oneof(
    fc.array(pieces).map((lines) => lines.join('\r\n')),
    fc.string(),
  )
  fc.assert(
    fc.property(sdps, sdps, (before, sdp) => {
      expect(['string', 'object']).toContain(typeof findFault(sdp, new Uint8Array(32), readDescription(before)))
    }),
  )
})

test('Q6: decodeMediaFrame gives back every frame', () => {
  fc.assert(
    fc.property(mediaFrames, (frame) => {
      expect(decodeMediaFrame(encodeMediaFrame(frame))).toEqual(frame)
    }),
  )
})

test('Q6: decodeMediaFrame gives what is within its limits or throws a DecodeError, on random and on damaged bytes', () => {
  const damaged = fc.tuple(mediaFrames, fc.nat(), fc.nat(255)).map(([frame, at, value]) => {
    const bytes = encodeMediaFrame(frame)
    bytes[at % bytes.length] = value
    return bytes
  })
  const random = fc
    .tuple(fc.nat(1), fc.uint8Array({ maxLength: 300 }))
    .map(([code, rest]) => Uint8Array.of(code, ...rest))
  fc.assert(
    fc.property(fc.oneof(damaged, random, fc.uint8Array()), (bytes) => {
      try {
        const frame = decodeMediaFrame(bytes)
        if (frame.type === 'state') expect(frame.streams.length).toBeLessThanOrEqual(16)
        else expect(frame.wishes.length).toBeLessThanOrEqual(32)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
  )
})

const stream = (id: number, tracks: readonly MediaTrack[] = [], size = 1) => ({
  id,
  // Its tag and its length take three bytes from 128 on.
  metadata: size === 1 ? encodeValue(null, 1) : encodeValue('x'.repeat(size - 3), size + 3),
  tracks,
})
const track = (label: number, kind: 'audio' | 'video' = 'video'): MediaTrack => ({ label, kind, muted: false })
const many = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index))
const state = (streams: Extract<MediaFrame, { type: 'state' }>['streams']) =>
  encodeMediaFrame({ type: 'state', streams })

test.each<[string, number, (count: number) => Uint8Array]>([
  ['streams', 16, (count) => state(many(count, (id) => stream(id)))],
  [
    'tracks of a stream',
    8,
    (count) =>
      state([
        stream(
          1,
          many(count, (label) => track(label)),
        ),
      ]),
  ],
  ['bytes of metadata', 1_024, (size) => state([stream(1, [], size)])],
  [
    'videos in all streams',
    16,
    (count) =>
      state(
        many(4, (id) =>
          stream(
            id,
            many(count, (at) => at)
              .filter((at) => at % 4 === id)
              .map((at) => track(at)),
          ),
        ),
      ),
  ],
  [
    'wishes',
    32,
    (count) =>
      encodeMediaFrame({ type: 'wishes', wishes: many(count, (label) => ({ label, shown: true, maxHeight: 0 })) }),
  ],
])('Q6: %s: %i are taken and no more', (_what, most, encode) => {
  expect(() => decodeMediaFrame(encode(most))).not.toThrow()
  expect(() => decodeMediaFrame(encode(most + 1))).toThrow(DecodeError)
})

test.each([
  ['two streams of one id', state([stream(1), stream(1)])],
  ['two tracks of one label', state([stream(1, [track(5)]), stream(2, [track(5, 'audio')])])],
  ['a type that is not in use', Uint8Array.of(2, 0)],
  ['a flag that is not in use', Uint8Array.of(1, 1, 5, 0, 2, 0)],
  ['metadata that are no value', Uint8Array.of(0, 1, 1, 0, 0, 0, 1, 0x10, 0)],
  ['bytes behind it', Uint8Array.of(...state([]), 0)],
])('Q6: %s is refused', (_what, bytes) => {
  expect(() => decodeMediaFrame(bytes)).toThrow(DecodeError)
})
