import { describe, expect, it } from 'vitest'
import { decodeFields, encodeFields } from '../../../sdk/protocol/fields.js'
import { decodeHandshakePayload, encodeHandshakePayload } from '../../../sdk/protocol/handshake-payload.js'
import { decodeHello, encodeHello } from '../../../sdk/protocol/hello.js'
import {
  decodeInvite,
  decodeKey,
  decodeReply,
  decodeSealed,
  encodeSealed,
} from '../../../sdk/protocol/invite-frames.js'
import { pad } from '../../../sdk/protocol/padding.js'
import { Reader } from '../../../sdk/protocol/reader.js'
import { encodeRecord, readRecord } from '../../../sdk/protocol/records.js'
import { decodeRosterRecord, encodeRosterBody } from '../../../sdk/protocol/roster-record.js'
import { decodeAttach, decodeGreeting, encodeGreeting } from '../../../sdk/protocol/socket-frames.js'
import { concatBytes, encodeUtf8 } from '../../../sdk/util/bytes.js'
import { chunk, opening } from '../../support/mesh-villain.js'

const fill = (size: number): Uint8Array => new Uint8Array(size).fill(1)
const read = (bytes: Uint8Array): unknown => readRecord(new Reader(bytes))
const entries = <Entry>(count: number, entry: Entry): Entry[] => new Array<Entry>(count).fill(entry)
const card = {
  kind: 'card' as const,
  certificate: fill(175),
  profile: fill(2),
  addresses: [],
  capabilities: 0,
  maxLinks: 32,
  providers: [],
}
const signed = (content: Parameters<typeof encodeRosterBody>[2]): Uint8Array =>
  concatBytes(encodeRosterBody(fill(16), 1, content), fill(64))
const links = (count: number): Uint8Array =>
  signed({ kind: 'links', gone: false, away: false, neighbors: entries(count, { id: fill(16), rttClass: 1 }) })
const payload = {
  certificate: fill(175),
  attempt: 1,
  epoch: 0,
  fresh: true,
  firstBroadcast: 1,
  firstPrivate: 1,
  description: null,
}

/** Each has all the bytes that it claims, so that nothing but the limit stands against it. */
const limits: readonly (readonly [name: string, most: number, decode: (count: number) => unknown])[] = [
  [
    'entries of a digest',
    1_024,
    (count) => read(encodeRecord({ type: 'digest', entries: entries(count, { id: fill(16), card: 1, links: 1 }) })),
  ],
  [
    'order entries of a broadcast',
    32,
    (count) => read(encodeRecord(chunk({ order: entries(count, { tag: fill(4), lastPrivate: 1 }) }))),
  ],
  ['bytes of a piece', 64_512, (count) => read(encodeRecord(chunk({ bytes: fill(count) })))],
  ['bytes of the name of a stream', 64, (count) => read(encodeRecord(opening({ name: 'a'.repeat(count) })))],
  ['bytes of a roster record', 8_192, (count) => read(encodeRecord({ type: 'roster', record: fill(count) }))],
  ['neighbors in a links record', 256, (count) => decodeRosterRecord(links(count))],
  ['bytes of a profile', 512, (count) => decodeRosterRecord(signed({ ...card, profile: fill(count) }))],
  [
    'bytes of a description',
    49_152,
    (count) => decodeHandshakePayload(encodeHandshakePayload({ ...payload, description: fill(count) })),
  ],
  [
    'addresses of a card',
    4,
    (count) => decodeRosterRecord(signed({ ...card, addresses: entries(count, 'wss://bot.example') })),
  ],
  ['bytes of an address', 512, (count) => decodeRosterRecord(signed({ ...card, addresses: ['a'.repeat(count)] }))],
  ['auth providers of a card', 8, (count) => decodeRosterRecord(signed({ ...card, providers: entries(count, 'id') }))],
  [
    'bytes of the id of an auth provider',
    32,
    (count) => decodeHello(encodeHello({ certificate: fill(175), providers: ['a'.repeat(count)] })),
  ],
  [
    'bytes of a hello in a greeting',
    1_024,
    (count) => decodeGreeting(encodeGreeting({ topic: fill(32), hello: fill(count) })),
  ],
  ['bytes of a frame of an invitation', 2_048, (count) => decodeSealed(encodeSealed(0x43, fill(count - 1)), 0x43)],
  [
    'fields',
    32,
    (count) => decodeFields(encodeFields(Array.from({ length: count }, (_, type) => [type, fill(1)] as const))),
  ],
]

describe('limits', () => {
  it.each(limits)('%s: %i are taken and no more', (_name, most, decode) => {
    expect(() => decode(most)).not.toThrow()
    expect(() => decode(most + 1)).toThrow('cannot decode frame')
  })

  it('a greeting without a hello, of another version or of another code is none', () => {
    const greeting = encodeGreeting({ topic: fill(32), hello: fill(1) })
    expect(decodeGreeting(greeting)).toEqual({ topic: fill(32), hello: fill(1) })
    expect(() => decodeGreeting(greeting.subarray(0, -1))).toThrow('hello')
    expect(() => decodeGreeting(greeting.map((byte, at) => (at === 1 ? 2 : byte)))).toThrow('version')
    expect(() => decodeGreeting(greeting.map((byte, at) => (at === 0 ? 0x16 : byte)))).toThrow('greeting')
  })

  it.each([24, 26])('an attachment of %i bytes is none', (size) => {
    expect(() => decodeAttach(concatBytes(Uint8Array.of(0x16), fill(size - 1)))).toThrow('cannot decode frame')
  })

  it('an invitation of another version is none', () => {
    expect(decodeInvite(concatBytes(Uint8Array.of(0x41, 1), fill(32)))).toEqual(fill(32))
    expect(() => decodeInvite(concatBytes(Uint8Array.of(0x41, 2), fill(32)))).toThrow('version')
  })

  it('a key that is absent or no UTF-8 is none', () => {
    expect(decodeKey(pad(encodeFields([[1, encodeUtf8('a key')]]), 256))).toBe('a key')
    expect(() => decodeKey(pad(encodeFields([[2, fill(1)]]), 256))).toThrow('missing')
    expect(() => decodeKey(pad(encodeFields([[1, Uint8Array.of(0xff)]]), 256))).toThrow('UTF-8')
  })

  it.each([15, 17])('a reply with a member id of %i bytes is none', (size) => {
    expect(() => decodeReply(pad(encodeFields([[2, fill(size)]]), 64))).toThrow('member id')
    expect(() => decodeReply(pad(new Uint8Array(), 64))).toThrow('missing')
  })

  it.each([174, 176])('a certificate of %i bytes is none', (size) => {
    expect(() => decodeRosterRecord(signed({ ...card, certificate: fill(size) }))).toThrow('certificate')
    expect(() => decodeHandshakePayload(encodeHandshakePayload({ ...payload, certificate: fill(size) }))).toThrow()
  })
})
