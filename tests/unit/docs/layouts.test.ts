import type { Admission } from '../../../sdk/crypto/auth.js'
import { describe, expect, it } from 'vitest'
import { deriveGroupKeys, loadSodium } from '../../../sdk/crypto/index.js'
import { createSuite } from '../../../sdk/crypto/noise-suite.js'
import { issueCertificate, memberIdBytes, verifyCertificate } from '../../../sdk/mesh/session/certificates.js'
import {
  answerHandshake,
  beginHandshake,
  finishHandshake,
  writeHandshake,
} from '../../../sdk/mesh/session/handshake.js'
import { openHello, sealHello } from '../../../sdk/mesh/session/hello.js'
import { Session } from '../../../sdk/mesh/session/session.js'
import { decodeValue, encodeValue } from '../../../sdk/protocol/any-value.js'
import { decodeChannelFrame, encodeChannelFrame, type ChannelFrame } from '../../../sdk/protocol/channel-frames.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { decodeFields } from '../../../sdk/protocol/fields.js'
import type { HandshakePayload } from '../../../sdk/protocol/handshake-payload.js'
import { decodeMediaFrame, encodeMediaFrame, type MediaFrame } from '../../../sdk/protocol/media-frames.js'
import { Reader } from '../../../sdk/protocol/reader.js'
import { encodeRecord, readRecord } from '../../../sdk/protocol/records.js'
import { STREAM_MODE } from '../../../sdk/protocol/streams.js'
import {
  decodeStreamEnd,
  decodeTransferFrame,
  encodeStreamEnd,
  encodeTransferFrame,
  type StreamEnd,
  type TransferFrame,
} from '../../../sdk/protocol/transfer-frames.js'
import { encodeBase64url } from '../../../sdk/util/base64url.js'
import { Random } from '../../support/random.js'

/** Bytes written out by PROTOCOL.md, without help of the code. Spaces part the fields. */
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fill = (size: number, value: number): Uint8Array => new Uint8Array(size).fill(value)
const many = (size: number, value: string): string => value.repeat(size)

const random = new Random('layouts')
const groupSecret = fill(32, 7)
const suite = createSuite({ sodium: await loadSodium(), random: (size) => random.bytes(size) })
const { groupId: _groupId, ...derived } = deriveGroupKeys(suite, groupSecret, [{ id: 'anonymous' }])
const keys = { ...derived, psk: (derived.admissions[0] as Admission).psk }

const createMember = () => {
  const identity = suite.identityKeys()
  const session = suite.sessionKeys()
  const certificate = issueCertificate(suite, { identity, session, topic: keys.topic }, 0x0102_0304_0506)
  return { identity, session, certificate }
}

const setup = () => {
  const ada = createMember()
  const bob = createMember()
  const payload = { attempt: 1, epoch: 0, fresh: true, firstBroadcast: 1, firstPrivate: 1, description: null }
  const begun = beginHandshake(suite, keys, ada.session, bob.session.publicKey)
  const hs1 = writeHandshake(begun, FRAME.HS1, { ...payload, certificate: ada.certificate })
  const answered = answerHandshake(suite, keys, bob.session, hs1)
  if (typeof answered === 'string') throw new Error('HS1 was not accepted')
  const hs2 = writeHandshake(answered.handshake, FRAME.HS2, { ...payload, epoch: 1, certificate: bob.certificate })
  const finished = finishHandshake(suite, keys, begun, hs2)
  const terms = { epoch: 1, attempt: 1 }
  return {
    ada: { ...ada, split: begun.split(), at: new Session(suite, 'initiator', begun.split(), terms) },
    bob: { ...bob, at: new Session(suite, 'responder', answered.handshake.split(), terms) },
    hash: begun.split().hash,
    hs1,
    hs2,
    answered,
    finished,
  }
}

describe('C1: fields', () => {
  it('skip types that are not known', () => {
    expect([...decodeFields(unhex('01 01 aa  63 02 bbbb')).keys()]).toEqual([1, 99])
  })

  it.each([
    ['out of order', '02 00  01 00'],
    ['twice', '01 00  01 00'],
    ['more than 32', Array.from({ length: 33 }, (_, type) => hex(Uint8Array.of(type, 0))).join('')],
    ['longer than what is there', '01 05 aa'],
  ])('are refused when %s', (_name, bytes) => {
    expect(() => decodeFields(unhex(bytes))).toThrow('cannot decode frame')
  })
})

describe('C2: records', () => {
  it.each([
    ['a code that is not in use', '0a 00'],
    ['a whole message that is not a first piece', '04 00 02 01 00 00'],
    ['flags that are not in use', '04 00 10 01 00 01 61'],
    ['message number 0', '05 00 03 00 00 01 61'],
    ['a later piece without bytes', '04 00 00 01 05 00'],
    ['a first piece beyond its message', '05 00 01 01 01 00 02 6161'],
    ['33 recipients before a broadcast', `04 00 03 01 21 ${many(33, '0000000001')} 00`],
    ['a digest beyond 1,024 members', '08 8108'],
    ['a mode that is not in use', '0b 10 01 04 01 01 00'],
    ['a stream name of 65 bytes', `0b 10 01 00 01 01 41 ${many(65, '61')}`],
    ['datagram number 0', '0d 10 00 00 01 61'],
    ['datagram flags that are not in use', '0d 10 02 05 01 61'],
  ])('with %s are refused', (_name, bytes) => {
    expect(() => readRecord(new Reader(unhex(bytes)))).toThrow('cannot decode frame')
  })
})

describe('identity', () => {
  const { identity, session, certificate } = createMember()

  it('K6: a member id is the first 16 bytes of a hash of session key and identity', () => {
    const hash = suite.kdf(null, 'sid', session.publicKey, identity.publicKey)
    expect(memberIdBytes(suite, session.publicKey, identity.publicKey)).toEqual(hash.slice(0, 16))
    expect(verifyCertificate(suite, keys.topic, certificate)?.member).toMatch(/^[\w-]{22}$/)
  })

  it('K7: a certificate is these 175 bytes, the last 64 a signature of the others', () => {
    const body = unhex(
      `01 ${hex(identity.publicKey)} ${hex(session.publicKey)} ${hex(keys.topic)} 0605040302010000 80510100 0000`,
    )
    expect(hex(certificate.subarray(0, 111))).toBe(hex(body))
    expect(certificate.length).toBe(175)
    expect(suite.verify(identity.publicKey, 'cert', body, certificate.subarray(111))).toBe(true)
  })

  it('K7: a certificate of another topic, or changed anywhere, is refused', () => {
    expect(verifyCertificate(suite, fill(32, 1), certificate)).toBeNull()
    for (let at = 0; at < certificate.length; at++) {
      const changed = certificate.slice()
      changed[at] = (changed[at] as number) ^ 1
      expect(verifyCertificate(suite, keys.topic, changed)).toBeNull()
    }
  })

  it('C4: HELLO is 232 bytes, and opens for the group alone', () => {
    const hello = sealHello(suite, keys, certificate)
    expect(hello.length).toBe(232)
    expect(openHello(suite, keys, hello)?.certificate.bytes).toEqual(certificate)
    expect(openHello(suite, { ...keys, helloKey: fill(32, 1) }, hello)).toBeNull()
  })
})

describe('the handshake', () => {
  const certificate = fill(175, 0xcc)
  const payload: HandshakePayload = {
    certificate,
    attempt: 3,
    epoch: 2,
    fresh: false,
    firstBroadcast: 300,
    firstPrivate: 1,
    description: unhex('dd'),
  }

  it('C4: HS1 and HS2 are 97 and 49 bytes longer', () => {
    const { hs1, hs2 } = setup()
    expect([hs1[0], hs1.length]).toEqual([0x11, 1 + 32 + 48 + 256 + 16])
    expect([hs2[0], hs2.length]).toEqual([0x12, 1 + 32 + 256 + 16])
  })

  it('H5: a certificate that names another session key than that of the handshake is refused', () => {
    const ada = createMember()
    const bob = createMember()
    const handshake = beginHandshake(suite, keys, ada.session, bob.session.publicKey)
    const lie = writeHandshake(handshake, FRAME.HS1, { ...payload, certificate: createMember().certificate })
    expect(answerHandshake(suite, keys, bob.session, lie)).toBe('unfit')
  })

  it('H5: both ends learn of each other by their certificates', () => {
    const { ada, bob, answered, finished } = setup()
    expect(answered).toMatchObject({ certificate: { bytes: ada.certificate } })
    expect(finished).toMatchObject({ certificate: { bytes: bob.certificate } })
  })
})

describe('sealed frames', () => {
  const [adaId, bobId] = [fill(16, 0xaa), fill(16, 0xbb)]

  it('C4: RLY has 51 bytes of header, and is authenticated from flags on', () => {
    const { ada, bob, hash } = setup()
    const frame = ada.at.sealRelay(bobId, adaId, encodeRecord({ type: 'ping', id: 1 }))
    const header = `20 00 00 ${many(16, 'bb')} ${many(16, 'aa')} ${hex(hash.subarray(0, 8))} 0000000000000000`
    expect(hex(frame.subarray(0, 51))).toBe(hex(unhex(header)))
    expect(frame.length).toBe(51 + 5 + 16)
    for (let at = 2; at < frame.length; at++) {
      const changed = frame.slice()
      changed[at] = (changed[at] as number) ^ 1
      // The session's mark only says which keys to try.
      if (at < 35 || at >= 43) expect(bob.at.openRelay(changed)).toBeNull()
    }
    // Relays count `hops` up.
    frame[1] = 7
    expect(bob.at.openRelay(frame)).toEqual(encodeRecord({ type: 'ping', id: 1 }))
  })

  it('R8: an RLY is opened once, and late by at most 1,024 others', () => {
    const { ada, bob } = setup()
    const frames = Array.from({ length: 1_100 }, () => ada.at.sealRelay(bobId, adaId, unhex('00')))
    const last = frames.at(-1) as Uint8Array
    expect(bob.at.openRelay(last)).not.toBeNull()
    expect(bob.at.openRelay(last)).toBeNull()
    expect(bob.at.openRelay(frames[1_099 - 1_023] as Uint8Array)).not.toBeNull()
    expect(bob.at.openRelay(frames[1_099 - 1_024] as Uint8Array)).toBeNull()
  })

  it('R8, H12: counters beyond 2^53, and frames cut short, are as good as forged', () => {
    const { ada, bob } = setup()
    const relayed = ada.at.sealRelay(bobId, adaId, unhex('00'))
    relayed.fill(0xff, 43, 51)
    expect(bob.at.openRelay(relayed)).toBeNull()
    const sealed = ada.at.sealSetup(unhex('01'))
    sealed.fill(0xff, 9, 17)
    expect(bob.at.openSetup(sealed)).toBeNull()
    expect(bob.at.openSetup(sealed.subarray(0, 16))).toBeNull()
  })

  it('R11: an RLY opens under no other session', () => {
    const { ada } = setup()
    const frame = ada.at.sealRelay(bobId, adaId, unhex('00'))
    const other = setup()
    expect(other.bob.at.openRelay(frame)).toBeNull()
    expect(ada.at.openRelay(frame)).toBeNull()
  })

  it('C4: SIG has 17 bytes of header and is padded to 64', () => {
    const { ada, bob, hash } = setup()
    const frame = ada.at.sealSetup(unhex('01 aabb'))
    expect(hex(frame.subarray(0, 17))).toBe(hex(unhex(`13 ${hex(hash.subarray(0, 8))} 0000000000000000`)))
    expect(frame.length).toBe(17 + 64 + 16)
    expect(bob.at.openSetup(frame)).toEqual(unhex('01 aabb'))
  })

  it('H12: a SIG is opened once, and late by at most 64 others', () => {
    const { ada, bob } = setup()
    const frames = Array.from({ length: 70 }, () => ada.at.sealSetup(unhex('01')))
    expect(bob.at.openSetup(frames[69] as Uint8Array)).not.toBeNull()
    expect(bob.at.openSetup(frames[69] as Uint8Array)).toBeNull()
    expect(bob.at.openSetup(frames[69 - 63] as Uint8Array)).not.toBeNull()
    expect(bob.at.openSetup(frames[69 - 64] as Uint8Array)).toBeNull()
  })

  it('C4, W4: ATTACH is 25 bytes and SEALED 17 more than its frame, under keys of the two hellos', () => {
    const { ada, bob, hash } = setup()
    const hellos = { initiator: unhex('a1'), responder: unhex('b2') }
    const [at, there] = [ada.at.socketCipher(hellos), bob.at.socketCipher(hellos)]
    const attach = at.writeAttach()
    expect(hex(attach.subarray(0, 9))).toBe(hex(unhex(`16 ${hex(hash.subarray(0, 8))}`)))
    expect(attach.length).toBe(9 + 16)
    const splitKey = ada.split.send
    const key = suite.kdf(splitKey, 'ws-i2r', hash, hellos.initiator, hellos.responder)
    expect(suite.open(key, 0, attach.subarray(0, 9), attach.subarray(9))).toEqual(new Uint8Array())
    expect([there.checkAttach(attach), there.checkAttach(attach)]).toEqual([true, false])
    const sealed = at.seal(unhex('30 0101000000'))
    expect([sealed[0], sealed.length]).toEqual([0x31, 6 + 17])
    expect(suite.open(key, 1, unhex('31'), sealed.subarray(1))).toEqual(unhex('30 0101000000'))
    // Another socket of the same two has other hellos, and so other keys.
    const elsewhere = bob.at.socketCipher({ ...hellos, responder: unhex('b3') })
    expect(elsewhere.checkAttach(attach)).toBe(false)
    expect(there.open(sealed)).toEqual(unhex('30 0101000000'))
    expect([there.open(sealed)]).toEqual([null])
  })

  it('B2: BIND is 82 bytes and holds for the same two fingerprints alone, in the other role', () => {
    const { ada, bob } = setup()
    const [x, y] = [fill(32, 1), fill(32, 2)]
    const frame = ada.at.writeBind({ local: x, remote: y })
    expect([frame[0], frame.length]).toEqual([0x14, 82])
    expect(bob.at.checkBind(frame, { local: y, remote: x })).toBe(true)
    expect(bob.at.checkBind(frame, { local: y, remote: fill(32, 3) })).toBe(false)
    expect(bob.at.checkBind(frame, { local: fill(32, 3), remote: x })).toBe(false)
    expect(bob.at.checkBind(frame, null)).toBe(false)
    expect(ada.at.checkBind(frame, { local: x, remote: y })).toBe(false)
    expect(setup().bob.at.checkBind(frame, { local: y, remote: x })).toBe(false)
  })
})

describe('streams', () => {
  it.each<[string, Parameters<typeof encodeRecord>[0]]>([
    [
      '0b 10 01 02 01 03 04 63686174',
      {
        ...{ type: 'open', stream: 16, kind: 1, mode: STREAM_MODE.UNRELIABLE },
        ...{ nextBroadcast: 1, nextPrivate: 3, name: 'chat' },
      },
    ],
    ['0c 8101', { type: 'stop', stream: 129 }],
    ['0d 10 00 05 02 aabb', { type: 'datagram', stream: 16, to: 'one', number: 5, bytes: unhex('aabb') }],
    ['0d 10 01 06 02 aabb', { type: 'datagram', stream: 16, to: 'all', number: 6, bytes: unhex('aabb') }],
  ])('C4: are told of and carried by these bytes: %s', (bytes, record) => {
    expect(hex(encodeRecord(record))).toBe(hex(unhex(bytes)))
    expect(readRecord(new Reader(unhex(bytes)))).toEqual(record)
  })

  it.each<[string, unknown]>([
    ['7f', undefined],
    ['7e', null],
    ['79', false],
    ['78', true],
    ['7d 07', 7],
    ['7d 40', -0],
    ['7d c1 01', -65],
    ['7c 3f000000', 0.5],
    ['7b 3fb999999999999a', 0.1],
    ['7b 41e0000000200000', 2 ** 31 + 1],
    ['7a ffffffffffffffff', -1n],
    ['77 02 c3a9', '\u00e9'],
    ['76 01 02 6964 7d 01', { id: 1 }],
    ['75 02 7d 01 7e', [1, null]],
    ['74 02 aabb', unhex('aabb')],
  ])('V1: a value is these bytes: %s', (bytes, value) => {
    expect(hex(encodeValue(value, 100))).toBe(hex(unhex(bytes)))
    expect(decodeValue(unhex(bytes))).toEqual(value)
  })

  it('V1: of a key that comes twice the last counts', () => {
    expect(decodeValue(unhex('76 02 01 61 7d 01 01 61 7d 02'))).toEqual({ a: 2 })
  })

  it.each<[string, ChannelFrame]>([
    ['00 7d01', { type: 'value', isToEach: false, payload: unhex('7d01') }],
    ['06 7d01', { type: 'value', isToEach: true, payload: unhex('7d01') }],
    ['01 05 00 7d01', { type: 'request', id: 5, isStream: false, payload: unhex('7d01') }],
    ['02 05 03 7d02', { type: 'answer', id: 5, isLast: true, number: null, payload: unhex('7d02') }],
    ['02 05 06 03 7d02', { type: 'answer', id: 5, isLast: false, number: 3, payload: unhex('7d02') }],
    ['03 05 00 02 6e6f 03 6e6f77', { type: 'error', id: 5, reason: 0, code: 'no', text: 'now' }],
    ['03 05 03', { type: 'error', id: 5, reason: 3, code: '', text: '' }],
    ['04 8101', { type: 'cancel', id: 129 }],
    ['05 05 08', { type: 'credit', id: 5, count: 8 }],
  ])('C4: a frame of a channel is these bytes: %s', (bytes, frame) => {
    expect(hex(encodeChannelFrame(frame))).toBe(hex(unhex(bytes)))
    expect(decodeChannelFrame(unhex(bytes))).toEqual(frame)
  })

  const id = encodeBase64url(fill(16, 0xaa))
  const resumeId = encodeBase64url(fill(16, 0xbb))

  it.each<[string, TransferFrame]>([
    [
      `01 ${many(16, 'aa')} 01 05 612e747874 02 01 09 03 00 04 07 7b2278223a317d 05 10 ${many(16, 'bb')}`,
      { type: 'offer', id, name: 'a.txt', size: 9, mediaType: '', metadata: { x: 1 }, resumeId },
    ],
    [`02 ${many(16, 'aa')} 8101`, { type: 'accept', id, offset: 129 }],
    [`03 ${many(16, 'aa')} 00 02 6e6f`, { type: 'reject', id, cause: 0, reason: 'no' }],
    [`04 ${many(16, 'aa')} 09`, { type: 'progress', id, bytes: 9 }],
    [`05 ${many(16, 'aa')}`, { type: 'done', id }],
    [`06 ${many(16, 'aa')} 01 00`, { type: 'fail', id, cause: 1, reason: '' }],
    [`07 ${many(16, 'aa')} 02 6e6f`, { type: 'withdraw', id, reason: 'no' }],
    [`08 ${many(16, 'aa')} 04 6563686f`, { type: 'open', id, label: 'echo' }],
    [`09 ${many(16, 'aa')}`, { type: 'opened', id }],
    [`0a ${many(16, 'aa')}`, { type: 'refuse', id }],
    [`0b ${many(16, 'aa')} 00`, { type: 'abort', id, reason: '' }],
    [`0c ${many(16, 'aa')} 00`, { type: 'stop', id, reason: '' }],
  ])('C4: what is said of a transfer is these bytes: %s', (bytes, frame) => {
    expect(hex(encodeTransferFrame(frame))).toBe(hex(unhex(bytes)))
    expect(decodeTransferFrame(unhex(bytes))).toEqual(frame)
  })

  it.each<[string, StreamEnd]>([
    ['00 02 6e6f', { type: 'given-up', reason: 'no' }],
    [`01 8101 ${many(32, 'cc')}`, { type: 'whole', size: 129, hash: fill(32, 0xcc) }],
    ['02', { type: 'closed' }],
  ])('C4: the end of a stream of bytes is these bytes: %s', (bytes, end) => {
    expect(hex(encodeStreamEnd(end))).toBe(hex(unhex(bytes)))
    expect(decodeStreamEnd(unhex(bytes))).toEqual(end)
  })

  it.each<[string, MediaFrame]>([
    [
      '00 01 07000000 02 7700 02 0100 01 0201 02',
      {
        type: 'state',
        streams: [
          {
            id: 7,
            metadata: unhex('77 00'),
            tracks: [
              { label: 1, kind: 'video', muted: false },
              { label: 258, kind: 'audio', muted: true },
            ],
          },
        ],
      },
    ],
    ['00 00', { type: 'state', streams: [] }],
    ['01 01 0100 01 e802', { type: 'wishes', wishes: [{ label: 1, shown: true, maxHeight: 360 }] }],
    ['01 01 0201 00 00', { type: 'wishes', wishes: [{ label: 258, shown: false, maxHeight: 0 }] }],
  ])('Q6: what is said of media is these bytes: %s', (bytes, frame) => {
    expect(hex(encodeMediaFrame(frame))).toBe(hex(unhex(bytes)))
    expect(decodeMediaFrame(unhex(bytes))).toEqual(frame)
  })
})
