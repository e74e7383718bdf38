import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findFault, readDescription } from '../../sdk/link/media-description.js'
import { decodeMediaText, encodeMediaText, type Labels, type MediaText } from '../../sdk/link/media-texts.js'
import { MAX_MEDIA_SLOTS, MAX_MEDIA_TEXT_LENGTH } from '../../sdk/protocol/limits.js'

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
