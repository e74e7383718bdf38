import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { packSdp, unpackSdp } from '../../../sdk/link/sdp-codec.js'
import { SDP_PIECES } from '../../../sdk/link/sdp-pieces.js'
import { decodeSignal, encodeSignal } from '../../../sdk/link/signal-codec.js'
import { DecodeError } from '../../../sdk/protocol/decode-error.js'
import { Reader } from '../../../sdk/protocol/reader.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'
// What these engines made for the two channels of a link, on a machine with the addresses 192.0.2.2 and fd00::2.
import descriptions from './descriptions.json' with { type: 'json' }

const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('hex')
const unpack = (bytes: Uint8Array): string => unpackSdp(new Reader(bytes))
const join = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('')

const OFFER = 4
const ANSWER = 5
const CANDIDATE = 6

/** The description with more candidates behind those that it has, or where they would be. */
const withCandidates = (lines: readonly string[], more: readonly string[]): string => {
  const after = lines.findLastIndex((line) => line.startsWith('a=candidate:') || line.startsWith('c=')) + 1
  return join([...lines.slice(0, after), ...more.map((candidate) => `a=${candidate}`), ...lines.slice(after)])
}

/** As the engines write what STUN and TURN servers find. */
const farCandidates: Readonly<Record<string, readonly string[]>> = {
  Chromium: [
    'candidate:842163049 1 udp 1677729535 203.0.113.7 54321 typ srflx raddr 0.0.0.0 rport 0 generation 0 network-cost 999',
    'candidate:842163050 1 udp 1677732095 2001:db8:85a3::8a2e:370:7334 54322 typ srflx raddr :: rport 0 generation 0 network-id 2 network-cost 10',
    'candidate:3106203330 1 udp 33562623 198.51.100.9 50123 typ relay raddr 203.0.113.7 rport 54321 generation 0 network-id 1 network-cost 50',
  ],
  Firefox: [
    'candidate:4 1 UDP 1685987327 203.0.113.7 54321 typ srflx raddr 0.0.0.0 rport 0',
    'candidate:5 1 UDP 92217087 198.51.100.9 50123 typ relay raddr 198.51.100.9 rport 50123',
    'candidate:6 1 TCP 1684797951 203.0.113.7 9 typ srflx raddr 192.0.2.2 rport 9 tcptype active',
  ],
  '@roamhq/wrtc': [
    'candidate:842163049 1 udp 1685987327 203.0.113.7 54321 typ srflx raddr 192.0.2.2 rport 51260 generation 0 network-id 1',
    'candidate:3106203330 1 udp 41885439 198.51.100.9 50123 typ relay raddr 203.0.113.7 rport 54321 generation 0 network-id 1',
    'candidate:99 1 udp 1853824767 203.0.113.8 4000 typ prflx raddr 192.0.2.2 rport 51260 generation 0',
  ],
}

const cases = descriptions.map((made) => ({
  ...made,
  name: `${made.kind} of ${made.engine}${made.answers === undefined ? '' : ` to ${made.answers}`} with ${made.addresses}`,
  far: farCandidates[made.engine.split(' ')[0] ?? ''] ?? [],
}))

describe.each(cases)('the $name', ({ kind, sdp, candidates, far }) => {
  const check = (text: string): Uint8Array => {
    const signal = { kind: kind as 'offer' | 'answer', sdp: text }
    const bytes = encodeSignal(signal)
    expect(bytes[0]).toBe(kind === 'offer' ? OFFER : ANSWER)
    expect(decodeSignal(bytes)).toEqual(signal)
    return bytes
  }

  it('L9: comes back the same, and takes less than a quarter', () => {
    const text = join(sdp)
    expect(check(text).length).toBeLessThan(text.length / 4)
  })

  it('L9: comes back the same with the candidates of STUN and TURN servers', () => {
    expect(far.length).toBeGreaterThan(0)
    const text = withCandidates(sdp, far)
    expect(check(text).length).toBeLessThan(text.length / 3)
  })

  it('L9: comes back the same without candidates, in fewer than 90 bytes', () => {
    const isOther = (line: string): boolean => !line.startsWith('a=candidate:')
    expect(check(join(sdp.filter(isOther))).length).toBeLessThan(90)
  })

  it('L9: gives candidates that come back the same in fewer than 50 bytes', () => {
    for (const candidate of [...candidates, ...far]) {
      const signal = { kind: 'candidate' as const, candidate, sdpMid: '0', sdpMLineIndex: 0 }
      const bytes = encodeSignal(signal)
      expect([bytes[0], ...bytes.subarray(1, 4)]).toEqual([CANDIDATE, 0, 1, 0x30])
      expect(bytes.length).toBeLessThan(50)
      expect(decodeSignal(bytes)).toEqual(signal)
    }
  })
})

describe('packSdp', () => {
  const bytes32 = Array.from({ length: 32 }, (_, index) => (index + 224).toString(16))

  it.each([
    [
      'an offer of libwebrtc',
      [
        'v=0',
        'o=- 4611686018427387904 2 IN IP4 127.0.0.1',
        's=-',
        't=0 0',
        'a=group:BUNDLE 0',
        'a=extmap-allow-mixed',
        'a=msid-semantic: WMS',
        'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
        'c=IN IP4 0.0.0.0',
        'a=candidate:300 1 udp 128 00112233-4455-6677-8899-aabbccddeeff.local 53091 typ host generation 0 network-cost 999',
        'a=ice-ufrag:AAEC',
        'a=ice-pwd:++//',
        'a=ice-options:trickle',
        `a=fingerprint:sha-256 ${bytes32.join(':').toUpperCase()}`,
        'a=setup:actpass',
        'a=mid:0',
        'a=sctp-port:5000',
        'a=max-message-size:262144',
      ],
      `01 808080808080808040  04  05  06 09 00000000
       12 ac02 8001  18 00112233445566778899aabbccddeeff  19 e39e03  20  23 e707  24
       0a 03 000102 03 fbefff  0c ${bytes32.join('')}  0d  10  11 808010`,
    ],
    [
      'an answer of Firefox with a line that is in no piece',
      [
        'v=0',
        'o=mozilla...THIS_IS_SDPARTA-99.0 1 0 IN IP4 0.0.0.0',
        's=-',
        't=0 0',
        'a=sendrecv',
        'a=group:BUNDLE 0',
        'a=ice-options:trickle',
        'a=msid-semantic:WMS *',
        'm=application 7 UDP/DTLS/SCTP webrtc-datachannel',
        'c=IN IP6 fd00::2',
        'a=candidate:2 1 TCP 3 192.0.2.255 9 typ srflx raddr :: rport 0 tcptype active',
        'a=end-of-candidates',
        'a=ü',
        'a=ice-pwd:00ff',
        'a=ice-ufrag:7f',
        'a=setup:active',
      ],
      `02 01  03  07 07 03 81fa03 00 03
       15 02 03  16 c00002ff  1a 09  17 03 00 00 00  1d 00  1e  24
       09  00 06 613dc3bc0d0a  0b 02 00ff 01 7f  0e`,
    ],
  ])('C4: writes these very bytes for %s', (_what, lines, bytes) => {
    expect(hex(packSdp(join(lines)))).toBe(hex(unhex(bytes)))
    expect(unpack(unhex(bytes))).toBe(join(lines))
  })

  it('C4: writes the candidate of PROTOCOL.md as it says there', () => {
    expect(hex(packSdp('a=candidate:0 1 UDP 1 ::1 9 typ host'))).toBe(hex(unhex('14 00 01 17 03 00 00 02 19 09')))
  })

  const line = 'a=candidate:1 1 udp 2 192.0.2.2 9 typ host generation 0\r\n'
  it.each([
    ['a number with zeros in front', line.replace('udp 2', 'udp 02')],
    ['an address with zeros in front', line.replace('0.2.2', '000.2.2')],
    ['an address beyond its range', line.replace('0.2.2', '300.2.2')],
    ['groups of an IPv6 address with zeros in front', line.replace('192.0.2.2', '2001:0db8::1')],
    ['half a character', `${line}\ud800\r\n`],
    ['nothing known', 'nonsense'],
    ['nothing', ''],
  ])('L9: gives null for %s, and the text goes whole', (_what, text) => {
    expect(packSdp(text)).toBeNull()
    expect(encodeSignal({ kind: 'offer', sdp: text })).toEqual(Uint8Array.of(1, ...encodeUtf8(text)))
  })

  it('L9: writes what no piece has as text, up to the end of its line', () => {
    const text = `${line}a=candidate:1 1 udp 2 192.0.2.2 9 typ host new 1 generation 0\r\n${line}last`
    const known = '12 01 02 16 c0000202 19 09'
    const plain = ' new 1 generation 0\r\n'
    expect(hex(packSdp(text))).toBe(
      hex(unhex(`${known} 20 24  ${known} 00 15 ${hex(encodeUtf8(plain))}  ${known} 20 24  00 04 6c617374`)),
    )
  })
})

describe('L10: unpackSdp refuses', () => {
  it.each([
    ['an unknown piece', '25'],
    ['a number of 11 bytes', '11 8080808080808080808000'],
    ['a hole past the end', '16 7f0000'],
    ['text past the end', '00 05 61'],
    ['text that is not UTF-8', '00 01 ff'],
    ['a base64 value past the end', '21 05 00'],
  ])('%s', (_what, bytes) => {
    expect(() => unpack(unhex(bytes))).toThrow(DecodeError)
  })

  it('more than 49,152 characters, of few bytes', () => {
    const most = new Uint8Array(49_152 / 12).fill(SDP_PIECES.indexOf('a=sendrecv\r\n') + 1)
    expect(unpack(most)).toHaveLength(49_152)
    expect(() => unpack(Uint8Array.of(...most, 36))).toThrow(DecodeError)
  })

  it('a candidate of more than 2,048 characters, and what is none', () => {
    const candidate = (packed: string): Uint8Array => unhex(`06 00 00 ${packed}`)
    expect(decodeSignal(candidate('12 00 00')).kind).toBe('candidate')
    expect(() => decodeSignal(candidate(`12 00 00 ${'20'.repeat(169)}`))).toThrow(DecodeError)
    expect(() => decodeSignal(candidate('08'))).toThrow(DecodeError)
    expect(() => decodeSignal(candidate(''))).toThrow(DecodeError)
  })
})

it('C4: the pieces are those that PROTOCOL.md lists', async () => {
  const section = (await readFile('PROTOCOL.md', 'utf8')).split('### 6.3 ')[1]?.split('\n## ')[0] ?? ''
  const listed = [...section.matchAll(/^ ?(\d+) {2}(.+)$/gm)]
  expect(listed.map(([, code]) => Number(code))).toEqual(SDP_PIECES.map((_, index) => index + 1))
  expect(listed.map(([, , text = '']) => text.replaceAll('⏎', '\r\n').replaceAll('␣', ' '))).toEqual(SDP_PIECES)
})
