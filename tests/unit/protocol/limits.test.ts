import { describe, expect, it } from 'vitest'
import { decodeFields, encodeFields } from '../../../sdk/protocol/fields.js'
import { decodeHandshakePayload, encodeHandshakePayload } from '../../../sdk/protocol/handshake-payload.js'
import { Reader } from '../../../sdk/protocol/reader.js'
import { encodeRecord, readRecord } from '../../../sdk/protocol/records.js'
import { decodeRosterRecord, encodeRosterBody } from '../../../sdk/protocol/roster-record.js'
import { concatBytes } from '../../../sdk/util/bytes.js'
import { chunk } from '../../support/mesh-villain.js'

const fill = (size: number): Uint8Array => new Uint8Array(size).fill(1)
const read = (bytes: Uint8Array): unknown => readRecord(new Reader(bytes))
const entries = <Entry>(count: number, entry: Entry): Entry[] => new Array<Entry>(count).fill(entry)
const card = { kind: 'card' as const, certificate: fill(175), profile: fill(2), addresses: [], capabilities: 0 }
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
  ['bytes of a roster record', 8_192, (count) => read(encodeRecord({ type: 'roster', record: fill(count) }))],
  ['neighbors in a links record', 256, (count) => decodeRosterRecord(links(count))],
  ['bytes of a profile', 512, (count) => decodeRosterRecord(signed({ ...card, profile: fill(count) }))],
  [
    'bytes of a description',
    49_152,
    (count) => decodeHandshakePayload(encodeHandshakePayload({ ...payload, description: fill(count) })),
  ],
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

  it.each([174, 176])('a certificate of %i bytes is none', (size) => {
    expect(() => decodeRosterRecord(signed({ ...card, certificate: fill(size) }))).toThrow('certificate')
    expect(() => decodeHandshakePayload(encodeHandshakePayload({ ...payload, certificate: fill(size) }))).toThrow()
  })
})
