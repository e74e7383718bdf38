import { expect, test } from 'vitest'
import { parseFingerprint } from '../../../sdk/link/fingerprint.js'

const hex = Array.from({ length: 32 }, (_, index) => (index * 8).toString(16).padStart(2, '0').toUpperCase()).join(':')
const line = `a=fingerprint:sha-256 ${hex}`
const other = `a=fingerprint:sha-256 ${hex.replace('F8', 'F9')}`

test('L2: parseFingerprint reads the certificate that every section names', () => {
  const sdp = ['v=0', line, 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', line.toLowerCase(), ''].join('\r\n')
  expect(parseFingerprint(sdp)).toEqual(Uint8Array.from({ length: 32 }, (_, index) => index * 8))
})

test.each([
  ['none at all', 'v=0\r\n'],
  ['two certificates', `${line}\r\n${other}\r\n`],
  ['another hash beside it', `${line}\r\na=fingerprint:sha-512 ${hex}:${hex}\r\n`],
  ['another hash alone', `a=fingerprint:sha-1 ${hex}\r\n`],
  ['one that is too short', `${line.slice(0, -3)}\r\n`],
  ['one that is too long', `${line}:00\r\n`],
  ['a second one behind a character that some parsers skip', `${line}\r\n a=fingerprint:sha-256 ${hex}\r\n`],
  ['a second one behind a lone carriage return', `${line}\r\na=x\r${other}\r\n`],
])('parseFingerprint refuses %s', (_what, sdp) => {
  expect(parseFingerprint(sdp)).toBeNull()
})
