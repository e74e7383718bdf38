import { describe, expect, it } from 'vitest'
import { decodeCertificate, encodeCertificateBody } from '../../../sdk/protocol/certificate.js'
import { decodeHandshakePayload, encodeHandshakePayload } from '../../../sdk/protocol/handshake-payload.js'
import { decodeHello, encodeHello } from '../../../sdk/protocol/hello.js'
import {
  decodeBotCertificate,
  decodeInvite,
  decodeKey,
  decodeProof,
  decodeReply,
  decodeSealed,
  encodeBotCertificate,
  encodeInvite,
  encodeKey,
  encodeReply,
  encodeSealed,
} from '../../../sdk/protocol/invite-frames.js'
import { PackWriter } from '../../../sdk/protocol/pack.js'
import { Reader } from '../../../sdk/protocol/reader.js'
import { encodeRecord, readRecord, type MemberRecord } from '../../../sdk/protocol/records.js'
import {
  countHop,
  decodeRelayAddress,
  decodeRelaySealed,
  encodeRelayHeader,
  encodeRelayedSetup,
  relayAssociatedData,
  relayedSetup,
  relayFrameMark,
  relaySessionMark,
} from '../../../sdk/protocol/relay-frames.js'
import { decodeRefusal, encodeRefusal, encodeRefusalBody, encodeRefusalFrame } from '../../../sdk/protocol/refusal.js'
import { decodeRosterRecord, encodeRosterBody } from '../../../sdk/protocol/roster-record.js'
import { decodeSetupMessage, encodeSetupMessage } from '../../../sdk/protocol/setup-message.js'
import {
  decodeAttach,
  decodeGreeting,
  encodeAttachHeader,
  encodeGreeting,
} from '../../../sdk/protocol/socket-frames.js'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const unhex = (...parts: readonly string[]): Uint8Array => new Uint8Array(Buffer.from(parts.join(''), 'hex'))
const fill = (size: number, value: number): Uint8Array => new Uint8Array(size).fill(value)
const bytes = (size: number, value: string): string => value.repeat(size)

const records: readonly (readonly [name: string, record: MemberRecord, ...parts: string[]])[] = [
  [
    'PING',
    { type: 'ping', id: 0x0403_0201 },
    '01', // code
    '01020304', // id, little-endian
  ],
  [
    'PONG',
    { type: 'pong', id: 1 },
    '02', // code
    '01000000', // id
  ],
  [
    'ACK',
    { type: 'ack', stream: 0, nextBroadcast: 5, nextPrivate: 300, offset: 64_512, credit: 4_194_304 },
    '03', // code
    '00', // stream
    '05', // next broadcast
    'ac02', // next private
    '80f803', // offset
    '80808002', // credit
  ],
  [
    'ALL, a whole text with two order entries',
    {
      type: 'all',
      stream: 0,
      number: 7,
      offset: 0,
      total: 2,
      first: true,
      text: true,
      end: false,
      bytes: unhex('6869'),
      order: [
        { tag: unhex('0a0b0c0d'), lastPrivate: 3 },
        { tag: unhex('01020304'), lastPrivate: 200 },
      ],
    },
    '04', // code
    '00', // stream
    '07', // flags: first, whole, text
    '07', // number
    '02', // order entries
    '0a0b0c0d', // tag of a recipient
    '03', // its last private message
    '01020304', // tag of another
    'c801', // its last private message
    '02', // size
    '6869', // bytes
  ],
  [
    'ALL, an empty message',
    {
      type: 'all',
      stream: 0,
      number: 1,
      offset: 0,
      total: 0,
      first: true,
      text: false,
      end: false,
      bytes: new Uint8Array(),
      order: [],
    },
    '04', // code
    '00', // stream
    '03', // flags: first, whole
    '01', // number
    '00', // order entries
    '00', // size
  ],
  [
    'ONE, the first piece',
    {
      type: 'one',
      stream: 0,
      number: 2,
      offset: 0,
      total: 1_000,
      first: true,
      text: false,
      end: false,
      bytes: unhex('ff00ff'),
      afterBroadcast: 9,
    },
    '05', // code
    '00', // stream
    '01', // flags: first
    '02', // number
    'e807', // total
    '09', // follows this broadcast
    '03', // size
    'ff00ff', // bytes
  ],
  [
    'ONE, a later piece',
    {
      type: 'one',
      stream: 0,
      number: 2,
      offset: 128,
      total: 0,
      first: false,
      text: true,
      end: false,
      bytes: unhex('aa'),
      afterBroadcast: 0,
    },
    '05', // code
    '00', // stream
    '04', // flags: text
    '02', // number
    '8001', // offset
    '01', // size
    'aa', // bytes
  ],
  [
    'USE',
    { type: 'use' },
    '06', // code
  ],
  [
    'DIGEST',
    { type: 'digest', entries: [{ id: fill(16, 0xee), card: 1, links: 130 }] },
    '08', // code
    '01', // entries
    bytes(16, 'ee'), // member id
    '01', // card version
    '8201', // links version
  ],
  [
    'ROSTER',
    { type: 'roster', record: unhex('0102') },
    '09', // code
    '02', // size
    '0102', // roster record
  ],
  [
    'RESET',
    { type: 'reset', stream: 0, nextBroadcast: 200, nextPrivate: 3 },
    '0a', // code
    '00', // stream
    'c801', // next broadcast
    '03', // next private
  ],
]

describe('C4: records', () => {
  const written = records.map(([name, record, ...parts]) => [name, record, parts.join('')] as const)

  it.each(written)('%s keeps its bytes', (_name, record, text) => {
    expect(hex(encodeRecord(record))).toBe(text)
    const reader = new Reader(unhex(text))
    expect(readRecord(reader)).toEqual(record)
    expect(reader.left).toBe(0)
  })
})

describe('C4: PACK', () => {
  it('is its code and records one after another', () => {
    const pack = new PackWriter('frame', 100)
    pack.write({ type: 'ping', id: 1 })
    pack.append(encodeRecord({ type: 'pong', id: 2 }))
    expect(hex(pack.finish())).toBe(
      [
        '30', // code
        '0101000000', // PING
        '0202000000', // PONG
      ].join(''),
    )
  })

  it('sealed is records alone', () => {
    const pack = new PackWriter('sealed', 100)
    expect([pack.isEmpty, pack.left]).toEqual([true, 100])
    pack.write({ type: 'ping', id: 1 })
    expect([pack.isEmpty, pack.left, hex(pack.finish())]).toEqual([false, 95, '0101000000'])
  })
})

const dst = fill(16, 0xdd)
const src = fill(16, 0x55)

describe('C4: RLY', () => {
  const header = [
    '20', // code
    '00', // hops
    '00', // flags
    bytes(16, 'dd'), // destination
    bytes(16, '55'), // source
    bytes(8, '77'), // session
    '0500000001000000', // counter, little-endian
  ].join('')
  const sealed = bytes(20, '99')

  it('keeps its bytes', () => {
    expect(hex(encodeRelayHeader(dst, src, fill(8, 0x77), 0x1_0000_0005))).toBe(header)
    const frame = unhex(header, sealed)
    expect(decodeRelayAddress(frame)).toEqual({ type: 0x20, hops: 0, dst, src })
    expect(relaySessionMark(frame)).toEqual(fill(8, 0x77))
    expect(decodeRelaySealed(frame)).toEqual({ counter: 0x1_0000_0005, sealed: unhex(sealed) })
  })

  it('authenticates all but code and hops, and is known by its tag', () => {
    const frame = unhex(header, bytes(4, '99'), bytes(16, 'ab'))
    expect(hex(relayAssociatedData(frame))).toBe(header.slice(4))
    expect(relayFrameMark(frame)).toEqual(fill(16, 0xab))
  })

  it('counts a hop in its second byte', () => {
    const frame = unhex(header, sealed)
    countHop(frame)
    expect(hex(frame)).toBe(`2001${header.slice(4)}${sealed}`)
  })
})

describe('C4: RHS', () => {
  const setup = (code: string): string => code + bytes(16, 'e0') + bytes(30, '11')

  it.each(['11', '12', '13', '17'])('around a frame of code %s keeps its bytes', (code) => {
    const frame = [
      '21', // code
      '00', // hops
      '00', // flags
      bytes(16, 'dd'), // destination
      bytes(16, '55'), // source
      setup(code), // HS1, HS2, SIG or REFUSE
    ].join('')
    expect(hex(encodeRelayedSetup(dst, src, unhex(setup(code))))).toBe(frame)
    expect(decodeRelayAddress(unhex(frame))).toEqual({ type: 0x21, hops: 0, dst, src })
    expect(hex(relayedSetup(unhex(frame)))).toBe(setup(code))
    expect(hex(relayFrameMark(unhex(frame)))).toBe(code > '12' ? bytes(16, '11') : bytes(16, 'e0'))
  })
})

describe('C4: certificate', () => {
  it('keeps its bytes', () => {
    const body = [
      '01', // version
      bytes(32, '1d'), // identity, Ed25519
      bytes(32, '5e'), // session, X25519
      bytes(32, '70'), // topic
      '0605040302010000', // issued at, milliseconds, little-endian
      '80510100', // lifetime, seconds
      '0300', // capabilities
    ].join('')
    const certificate = {
      identity: fill(32, 0x1d),
      session: fill(32, 0x5e),
      topic: fill(32, 0x70),
      issuedAt: 0x0102_0304_0506,
      lifetime: 86_400,
      capabilities: 3,
    }
    expect(hex(encodeCertificateBody(certificate))).toBe(body)
    const signature = fill(64, 0x51)
    expect(decodeCertificate(unhex(body, bytes(64, '51')))).toEqual({ ...certificate, signature })
  })
})

describe('C4: HELLO', () => {
  it('keeps its bytes', () => {
    const hello = [
      'b200', // size of what is padded, little-endian
      '01', // field: certificate
      'af01', // its size
      bytes(175, 'ce'), // certificate
      bytes(12, '00'), // up to a multiple of 64
    ].join('')
    expect(hex(encodeHello({ certificate: fill(175, 0xce), providers: ['anonymous'] }))).toBe(hello)
    expect(decodeHello(unhex(hello))).toEqual({ certificate: fill(175, 0xce), providers: ['anonymous'] })
  })
})

describe('C4: auth providers', () => {
  const providers = ['shared-secret', 'anonymous']
  const list = [
    '0d' + '7368617265642d736563726574', // size, shared-secret
    '09' + '616e6f6e796d6f7573', // size, anonymous
  ].join('')

  it('in HELLO keep their bytes', () => {
    const hello = [
      'cc00', // size of what is padded, little-endian
      '01af01' + bytes(175, 'ce'), // field: certificate
      '0218' + list, // field: providers
      bytes(50, '00'), // up to a multiple of 64
    ].join('')
    expect(hex(encodeHello({ certificate: fill(175, 0xce), providers }))).toBe(hello)
    expect(decodeHello(unhex(hello)).providers).toEqual(providers)
  })

  it('in a card keep their bytes', () => {
    const body = [
      '01', // kind: card
      bytes(16, '3e'), // member id
      '01', // version
      'd301', // size of content
      '01af01' + bytes(175, 'ce'), // field: certificate
      '02027b7d', // field: profile
      '040102', // field: capabilities: relays
      '0518' + list, // field: providers
    ].join('')
    const card = {
      kind: 'card' as const,
      certificate: fill(175, 0xce),
      profile: unhex('7b7d'),
      addresses: [],
      capabilities: 2,
      maxLinks: 32,
      providers,
    }
    expect(hex(encodeRosterBody(fill(16, 0x3e), 1, card))).toBe(body)
    expect(decodeRosterRecord(unhex(body, bytes(64, '51'))).content).toEqual(card)
  })
})

describe('C4: REFUSE', () => {
  it('keeps its bytes, and what is sealed in it', () => {
    const text = [
      bytes(16, 'f0'), // who refuses
      bytes(16, '70'), // whom
      bytes(16, 'ab'), // about which HS1
      bytes(64, '51'), // signature
    ].join('')
    const refusal = { from: fill(16, 0xf0), to: fill(16, 0x70), about: fill(16, 0xab), signature: fill(64, 0x51) }
    expect(hex(encodeRefusal(refusal))).toBe(text)
    expect(hex(encodeRefusalBody(refusal))).toBe(text.slice(0, 96))
    expect(decodeRefusal(unhex(text))).toEqual(refusal)
    expect(() => decodeRefusal(unhex(text, '00'))).toThrow('cannot decode frame')
    expect(hex(encodeRefusalFrame(fill(152, 0x99)))).toBe(`17${bytes(152, '99')}`)
  })
})

describe('C4: handshake payload', () => {
  const payload = {
    certificate: fill(175, 0xce),
    attempt: 300,
    epoch: 2,
    fresh: true,
    firstBroadcast: 9,
    firstPrivate: 1,
    description: unhex('0102'),
  }
  const fields = [
    '01af01', // field: certificate, its size
    bytes(175, 'ce'), // certificate
    '0202ac02', // field: attempt
    '030102', // field: epoch
    '040101', // field: fresh
    '050109', // field: first broadcast
    '060101', // field: first private
  ].join('')

  it('with a description keeps its bytes', () => {
    const bytesOf = [
      'c600', // size of what is padded, little-endian
      fields,
      '07020102', // field: description
      bytes(56, '00'), // up to a multiple of 128
    ].join('')
    expect(hex(encodeHandshakePayload(payload))).toBe(bytesOf)
    expect(decodeHandshakePayload(unhex(bytesOf))).toEqual(payload)
  })

  it('without one leaves the field out', () => {
    const bytesOf = ['c200', fields, bytes(60, '00')].join('')
    expect(hex(encodeHandshakePayload({ ...payload, description: null }))).toBe(bytesOf)
    expect(decodeHandshakePayload(unhex(bytesOf))).toEqual({ ...payload, description: null })
  })
})

describe('C4: set-up message', () => {
  it('of candidates keeps its bytes', () => {
    const bytesOf = [
      '01', // kind: candidates
      '03c0ffee', // a candidate, its size before it
      '01aa', // another
    ].join('')
    const message = { kind: 'candidates' as const, candidates: [unhex('c0ffee'), unhex('aa')] }
    expect(hex(encodeSetupMessage(message))).toBe(bytesOf)
    expect(decodeSetupMessage(unhex(bytesOf))).toEqual(message)
  })

  it('of 65 candidates is refused', () => {
    expect(decodeSetupMessage(unhex('01', '01aa'.repeat(64)))?.candidates).toHaveLength(64)
    expect(() => decodeSetupMessage(unhex('01', '01aa'.repeat(65)))).toThrow('too many candidates')
  })

  it('of an unknown kind, or of none, is skipped', () => {
    expect([decodeSetupMessage(unhex('02ff')), decodeSetupMessage(new Uint8Array())]).toEqual([null, null])
  })
})

describe('C4: roster record', () => {
  const member = fill(16, 0x3e)

  it('card keeps its bytes', () => {
    const body = [
      '01', // kind: card
      bytes(16, '3e'), // member id
      '01', // version
      'b901', // size of content
      '01af01', // field: certificate, its size
      bytes(175, 'ce'), // certificate
      '02027b7d', // field: profile, its size, JSON
      '040103', // field: capabilities: bot, relays
    ].join('')
    const card = {
      kind: 'card' as const,
      certificate: fill(175, 0xce),
      profile: unhex('7b7d'),
      addresses: [],
      capabilities: 3,
      maxLinks: 32,
      providers: ['anonymous'],
    }
    const encoded = encodeRosterBody(member, 1, card)
    expect(hex(encoded)).toBe(body)
    expect(decodeRosterRecord(unhex(hex(encoded), bytes(64, '51')))).toEqual({
      member,
      version: 1,
      content: card,
      signature: fill(64, 0x51),
      body: encoded,
    })
  })

  it('card with addresses keeps its bytes', () => {
    const card = {
      kind: 'card' as const,
      certificate: fill(175, 0xce),
      profile: unhex('7b7d'),
      addresses: ['wss://a.b', 'wss://é'],
      capabilities: 1,
      maxLinks: 32,
      providers: ['anonymous'],
    }
    const body = [
      '01', // kind: card
      bytes(16, '3e'), // member id
      '02', // version
      'ce01', // size of content
      '01af01', // field: certificate, its size
      bytes(175, 'ce'), // certificate
      '02027b7d', // field: profile, its size, JSON
      '0313', // field: addresses, its size
      '09' + '7773733a2f2f612e62', // size, wss://a.b
      '08' + '7773733a2f2fc3a9', // size, wss://é
      '040101', // field: capabilities: bot
    ].join('')
    const encoded = encodeRosterBody(member, 2, card)
    expect(hex(encoded)).toBe(body)
    expect(decodeRosterRecord(unhex(body, bytes(64, '51'))).content).toEqual(card)
  })

  it('links keeps its bytes', () => {
    const body = [
      '02', // kind: links
      bytes(16, '3e'), // member id
      'ac02', // version
      '27', // size of content
      '010100', // field: gone
      '0222', // field: neighbors, its size
      bytes(16, 'a1') + '18', // a neighbor and its round-trip class
      bytes(16, 'b2') + 'ff', // another, not measured
    ].join('')
    const neighbors = [
      { id: fill(16, 0xa1), rttClass: 24 },
      { id: fill(16, 0xb2), rttClass: 255 },
    ]
    const links = { kind: 'links' as const, gone: false, away: false, neighbors }
    expect(hex(encodeRosterBody(member, 300, links))).toBe(body)
    expect(decodeRosterRecord(unhex(body, bytes(64, '51'))).content).toEqual(links)
  })

  it('goodbye is a links record that is gone', () => {
    const body = [
      '02', // kind: links
      bytes(16, '3e'), // member id
      '07', // version
      '05', // size of content
      '010101', // field: gone
      '0200', // field: neighbors, none
    ].join('')
    expect(hex(encodeRosterBody(member, 7, { kind: 'links', gone: true, away: false, neighbors: [] }))).toBe(body)
  })

  it('goodbye for a while is a links record that is away', () => {
    const body = [
      '02', // kind: links
      bytes(16, '3e'), // member id
      '08', // version
      '08', // size of content
      '010100', // field: gone
      '0200', // field: neighbors, none
      '030101', // field: away
    ].join('')
    const links = { kind: 'links' as const, gone: false, away: true, neighbors: [] }
    expect(hex(encodeRosterBody(member, 8, links))).toBe(body)
    expect(decodeRosterRecord(unhex(body, bytes(64, '51'))).content).toEqual(links)
  })
})

describe('C4: frames by which a socket becomes a link', () => {
  it('GREET keeps its bytes', () => {
    const frame = [
      '15', // code
      '01', // version
      bytes(32, '70'), // topic
      bytes(232, 'e1'), // hello, to the end
    ].join('')
    const greeting = { topic: fill(32, 0x70), hello: fill(232, 0xe1) }
    expect(hex(encodeGreeting(greeting))).toBe(frame)
    expect(decodeGreeting(unhex(frame))).toEqual(greeting)
  })

  it('ATTACH keeps its bytes', () => {
    const header = [
      '16', // code
      bytes(8, '5e'), // session
    ].join('')
    expect(hex(encodeAttachHeader(fill(8, 0x5e)))).toBe(header)
    const frame = unhex(header, bytes(16, 'a9')) // nothing, sealed
    expect(decodeAttach(frame)).toEqual({ mark: fill(8, 0x5e), sealed: fill(16, 0xa9) })
  })
})

describe('C4: frames of an invitation', () => {
  it('INVITE keeps its bytes', () => {
    const frame = [
      '41', // code
      '01', // version
      bytes(32, 'e0'), // ephemeral, X25519
    ].join('')
    expect(hex(encodeInvite(fill(32, 0xe0)))).toBe(frame)
    expect(decodeInvite(unhex(frame))).toEqual(fill(32, 0xe0))
  })

  it('PROOF keeps its bytes, and what is sealed in it', () => {
    const text = [
      bytes(32, '1d'), // identity, Ed25519
      bytes(64, '51'), // signature
    ].join('')
    const certificate = { identity: fill(32, 0x1d), signature: fill(64, 0x51) }
    expect(hex(encodeBotCertificate(certificate))).toBe(text)
    expect(decodeBotCertificate(unhex(text))).toEqual(certificate)
    const frame = [
      '42', // code
      bytes(192, '99'), // handshake message
    ].join('')
    expect(hex(encodeSealed(0x42, fill(192, 0x99)))).toBe(frame)
    expect(decodeProof(unhex(frame))).toEqual(fill(192, 0x99))
    expect(() => decodeProof(unhex(`${frame}00`))).toThrow('cannot decode frame')
  })

  it('KEY keeps its bytes, and what is sealed in it', () => {
    const text = [
      '0700', // size of what is padded, little-endian
      '0105', // field: key, its size
      '6b6579c3a9', // keyé
      bytes(247, '00'), // up to a multiple of 256
    ].join('')
    expect(hex(encodeKey('keyé'))).toBe(text)
    expect(decodeKey(unhex(text))).toBe('keyé')
    const frame = [
      '43', // code
      bytes(320, '99'), // handshake message, to the end
    ].join('')
    expect(hex(encodeSealed(0x43, fill(320, 0x99)))).toBe(frame)
    expect(decodeSealed(unhex(frame), 0x43)).toEqual(fill(320, 0x99))
  })

  it('REPLY keeps its bytes, and what is sealed in it', () => {
    const comes = [
      '1200', // size of what is padded, little-endian
      '0210', // field: member id, its size
      bytes(16, '3e'), // member id
      bytes(44, '00'), // up to a multiple of 64
    ].join('')
    const refused = [
      '0300', // size of what is padded
      '010102', // field: refused, its size, reason
      bytes(59, '00'), // up to a multiple of 64
    ].join('')
    const replies = {
      comes: { type: 'comes', member: fill(16, 0x3e) },
      refused: { type: 'refused', reason: 2 },
    } as const
    expect([hex(encodeReply(replies.comes)), hex(encodeReply(replies.refused))]).toEqual([comes, refused])
    expect([decodeReply(unhex(comes)), decodeReply(unhex(refused))]).toEqual([replies.comes, replies.refused])
    expect(hex(encodeSealed(0x44, fill(80, 0x99)))).toBe(`44${bytes(80, '99')}`)
  })
})
