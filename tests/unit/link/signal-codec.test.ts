import { expect, test } from 'vitest'
import { decodeSignal, encodeSignal, type LinkSignal } from '../../../sdk/link/signal-codec.js'
import { DecodeError } from '../../../sdk/protocol/decode-error.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'

test('C4: encodeSignal writes these very bytes', () => {
  // code 1, then the text
  expect(encodeSignal({ kind: 'offer', sdp: 'v=0' })).toEqual(Uint8Array.of(1, 0x76, 0x3d, 0x30))
  expect(encodeSignal({ kind: 'answer', sdp: 'v=0' })).toEqual(Uint8Array.of(2, 0x76, 0x3d, 0x30))
  // code 3, section 1, a mid of one byte "0", then the text
  expect(encodeSignal({ kind: 'candidate', candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 1 })).toEqual(
    Uint8Array.of(3, 1, 1, 0x30, ...encodeUtf8('candidate:1')),
  )
})

test.each<LinkSignal>([
  { kind: 'offer', sdp: 'v=0\r\ns=ü\r\n' },
  { kind: 'answer', sdp: '' },
  { kind: 'candidate', candidate: 'candidate:1', sdpMid: null, sdpMLineIndex: 0 },
  { kind: 'candidate', candidate: 'candidate:1', sdpMid: 'data', sdpMLineIndex: null },
])('decodeSignal gives back what encodeSignal took: %o', (signal) => {
  expect(decodeSignal(encodeSignal(signal))).toEqual(signal)
})

test.each([
  ['nothing', new Uint8Array(0)],
  ['an unknown code', Uint8Array.of(4, 1)],
  ['a description over 48 KiB', new Uint8Array(49_153).fill(1)],
  ['text that is not UTF-8', Uint8Array.of(1, 0xff)],
  ['a candidate without text', Uint8Array.of(3, 0, 0)],
  ['a candidate that is none', Uint8Array.of(3, 0, 0, ...encodeUtf8('nonsense'))],
  ['a mid past the end', Uint8Array.of(3, 0, 200, 1)],
  ['a candidate over 2 KiB', Uint8Array.of(3, 0, 0, ...encodeUtf8('candidate:'.padEnd(2_049, '1')))],
])('decodeSignal refuses %s', (_what, bytes) => {
  expect(() => decodeSignal(bytes)).toThrow(DecodeError)
})

test('encodeSignal refuses what decodeSignal would', () => {
  expect(() => encodeSignal({ kind: 'offer', sdp: 'x'.repeat(49_152) })).toThrow(RangeError)
  expect(() => encodeSignal({ kind: 'candidate', candidate: '', sdpMid: null, sdpMLineIndex: 0 })).toThrow(RangeError)
  expect(() => encodeSignal({ kind: 'candidate', candidate: 'candidate:1', sdpMid: null, sdpMLineIndex: 256 })).toThrow(
    RangeError,
  )
})
