import type { Handshake } from '../../../sdk/crypto/suite.js'
import { describe, expect, it } from 'vitest'
import { issueCertificate, memberIdBytes, verifyCertificate } from '../../../sdk/mesh/session/certificates.js'
import {
  answerHandshake,
  beginHandshake,
  finishHandshake,
  writeHandshake,
} from '../../../sdk/mesh/session/handshake.js'
import { openHello, sealHello } from '../../../sdk/mesh/session/hello.js'
import { Session } from '../../../sdk/mesh/session/session.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import type { HandshakePayload } from '../../../sdk/protocol/handshake-payload.js'
import { setupGroupKeys, type KeyedMember } from '../../support/mesh-core.js'
import { hex, unhex } from '../crypto/setup.js'
import vectors from '../crypto/vectors.json' with { type: 'json' }

const payloadOf = (member: KeyedMember, fields: Partial<HandshakePayload> = {}): HandshakePayload => ({
  certificate: member.bytes,
  attempt: 1,
  epoch: 0,
  fresh: true,
  firstBroadcast: 4,
  firstPrivate: 2,
  description: null,
  ...fields,
})

const setup = () => {
  const group = setupGroupKeys()
  const [ada, bob] = group.createMembers(2) as [KeyedMember, KeyedMember]
  return { ...group, ada, bob }
}

const handshakeOf = (answered: ReturnType<typeof answerHandshake>): Handshake => {
  if (typeof answered === 'string') throw new Error('HS1 was not taken')
  return answered.handshake
}

/** Two ends of one handshake. */
const shakeHands = () => {
  const { suite, keys, ada, bob } = setup()
  const begun = beginHandshake(suite, keys, ada.session, bob.session.publicKey)
  const hs1 = writeHandshake(begun, FRAME.HS1, payloadOf(ada, { description: Uint8Array.of(1, 2, 3) }))
  const answered = answerHandshake(suite, keys, bob.session, hs1)
  if (typeof answered === 'string') throw new Error('HS1 was not taken')
  const hs2 = writeHandshake(answered.handshake, FRAME.HS2, payloadOf(bob, { epoch: 7 }))
  const finished = finishHandshake(suite, keys, begun, hs2)
  if (typeof finished === 'string') throw new Error('HS2 was not taken')
  const terms = { epoch: 7, attempt: 1 }
  const atAda = new Session(suite, 'initiator', begun.split(), terms)
  const atBob = new Session(suite, 'responder', answered.handshake.split(), terms)
  return { suite, keys, ada, bob, hs1, hs2, answered, finished, atAda, atBob }
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const changed = bytes.slice()
  changed[at] = (changed[at] as number) ^ 1
  return changed
}

describe('member id', () => {
  it('is the frozen 16 bytes', () => {
    const { suite } = setup()
    const { sessionPublicKey, identityPublicKey, id } = vectors.memberId
    expect(hex(memberIdBytes(suite, unhex(sessionPublicKey), unhex(identityPublicKey)))).toBe(id)
  })
})

describe('certificate', () => {
  it('says who a member is', () => {
    const { suite, keys, ada } = setup()
    expect(verifyCertificate(suite, keys.topic, ada.bytes)).toMatchObject({
      identity: ada.identity.publicKey,
      session: ada.session.publicKey,
      issuedAt: 1_000,
      memberBytes: memberIdBytes(suite, ada.session.publicKey, ada.identity.publicKey),
    })
  })

  it('K6: by which somebody claims the session key of another names a member of their own, not that other', () => {
    const { suite, keys, ada, bob } = setup()
    const claim = issueCertificate(suite, { identity: bob.identity, session: ada.session, topic: keys.topic }, 1_000)
    const claimed = verifyCertificate(suite, keys.topic, claim)
    expect(claimed?.identity).toEqual(bob.identity.publicKey)
    expect(claimed?.session).toEqual(ada.session.publicKey)
    expect([ada.certificate.member, bob.certificate.member]).not.toContain(claimed?.member)
  })

  it('K7: cannot be made by one member in the name of another', () => {
    const { suite, keys, ada, bob } = setup()
    // Bob's signature under Ada's name: his secret key does not make hers.
    const identity = { publicKey: ada.identity.publicKey, secretKey: bob.identity.secretKey }
    const forged = issueCertificate(suite, { identity, session: bob.session, topic: keys.topic }, 1_000)
    expect(verifyCertificate(suite, keys.topic, forged)).toBeNull()
  })

  it('of another group is none', () => {
    const { suite, keys, ada } = setup()
    const other = issueCertificate(suite, { ...ada, topic: flipped(keys.topic, 0) }, 1_000)
    expect(verifyCertificate(suite, keys.topic, other)).toBeNull()
  })

  it('with any byte changed, cut short or lengthened is none', () => {
    const { suite, keys, ada } = setup()
    for (let at = 0; at < ada.bytes.length; at++) {
      expect(verifyCertificate(suite, keys.topic, flipped(ada.bytes, at))).toBeNull()
    }
    expect(verifyCertificate(suite, keys.topic, ada.bytes.subarray(1))).toBeNull()
    expect(verifyCertificate(suite, keys.topic, new Uint8Array([...ada.bytes, 0]))).toBeNull()
  })
})

describe('hello', () => {
  it('opens for the group and nobody else', () => {
    const { suite, keys, ada } = setup()
    const hello = sealHello(suite, keys, ada.bytes)
    expect(openHello(suite, keys, hello)?.certificate.member).toBe(ada.certificate.member)
    expect(openHello(suite, { ...keys, helloKey: flipped(keys.helloKey, 3) }, hello)).toBeNull()
    expect(openHello(suite, { ...keys, topic: flipped(keys.topic, 3) }, hello)).toBeNull()
    expect(openHello(suite, keys, flipped(hello, 40))).toBeNull()
    expect(openHello(suite, keys, new Uint8Array())).toBeNull()
  })

  it('that holds no certificate is none', () => {
    const { suite, keys } = setup()
    expect(openHello(suite, keys, sealHello(suite, keys, new Uint8Array(175)))).toBeNull()
    expect(openHello(suite, keys, sealHello(suite, keys, new Uint8Array(10)))).toBeNull()
  })
})

describe('handshake', () => {
  it('brings certificate and terms to the other side, and the same keys to both', () => {
    const { ada, bob, answered, finished, atAda, atBob } = shakeHands()
    expect(answered.certificate.member).toBe(ada.certificate.member)
    expect(answered.payload).toEqual(payloadOf(ada, { description: Uint8Array.of(1, 2, 3) }))
    expect(finished.certificate.member).toBe(bob.certificate.member)
    expect(finished.payload).toEqual(payloadOf(bob, { epoch: 7 }))
    expect(atAda.mark).toEqual(atBob.mark)
  })

  it('cannot be read by a member that it is not for', () => {
    const { suite, keys, hs1, ada } = shakeHands()
    expect(answerHandshake(suite, keys, ada.session, hs1)).toBe('forged')
  })

  it('cannot be read without the group key', () => {
    const { suite, keys, hs1, bob } = shakeHands()
    expect(
      answerHandshake(
        suite,
        { ...keys, admissions: [{ id: 'anonymous', psk: flipped(keys.psk, 0), admits: () => true }] },
        bob.session,
        hs1,
      ),
    ).toBe('forged')
    expect(answerHandshake(suite, { ...keys, topic: flipped(keys.topic, 0) }, bob.session, hs1)).toBe('forged')
  })

  it('HS1 with any byte changed is none', () => {
    const { suite, keys, hs1, bob } = shakeHands()
    for (let at = 0; at < hs1.length; at += 7) {
      expect(answerHandshake(suite, keys, bob.session, flipped(hs1, at))).toBe('forged')
    }
  })

  it('HS2 that is forged leaves the way open for the genuine one', () => {
    const { suite, keys, ada, bob } = setup()
    const begun = beginHandshake(suite, keys, ada.session, bob.session.publicKey)
    const hs1 = writeHandshake(begun, FRAME.HS1, payloadOf(ada))
    const answered = answerHandshake(suite, keys, bob.session, hs1)
    const hs2 = writeHandshake(handshakeOf(answered), FRAME.HS2, payloadOf(bob))
    expect(finishHandshake(suite, keys, begun, flipped(hs2, 60))).toBe('forged')
    expect(finishHandshake(suite, keys, begun, hs1)).toBe('forged')
    expect(finishHandshake(suite, keys, begun, new Uint8Array())).toBe('forged')
    expect(finishHandshake(suite, keys, begun, hs2)).toMatchObject({ payload: payloadOf(bob) })
  })

  it('HS2 that is authentic and says another name is unfit', () => {
    const { suite, keys, ada, bob } = setup()
    const begun = beginHandshake(suite, keys, ada.session, bob.session.publicKey)
    const answered = answerHandshake(suite, keys, bob.session, writeHandshake(begun, FRAME.HS1, payloadOf(ada)))
    const hs2 = writeHandshake(handshakeOf(answered), FRAME.HS2, payloadOf(ada))
    expect(finishHandshake(suite, keys, begun, hs2)).toBe('unfit')
  })
})

describe('Session', () => {
  const to = new Uint8Array(16).fill(1)
  const from = new Uint8Array(16).fill(2)
  const records = Uint8Array.of(1, 2, 3)

  it('opens what the other end sealed for relays, once, in any order', () => {
    const { atAda, atBob } = shakeHands()
    const frames = [1, 2, 3].map(() => atAda.sealRelay(to, from, records))
    for (const frame of [...frames].reverse()) {
      expect(atBob.openRelay(frame)).toEqual(records)
      expect(atBob.openRelay(frame)).toBeNull()
    }
    expect(atAda.openRelay(atBob.sealRelay(from, to, records))).toEqual(records)
  })

  it('opens nothing of its own', () => {
    const { atAda } = shakeHands()
    expect(atAda.openRelay(atAda.sealRelay(to, from, records))).toBeNull()
    expect(atAda.openSetup(atAda.sealSetup(records))).toBeNull()
    expect(atAda.checkBind(atAda.writeBind(null), null)).toBe(false)
  })

  it('opens nothing of another session', () => {
    const { atBob } = shakeHands()
    const { suite } = setup()
    const secrets = { send: new Uint8Array(32), receive: new Uint8Array(32).fill(1), hash: new Uint8Array(64) }
    const other = new Session(suite, 'initiator', secrets, { epoch: 1, attempt: 1 })
    expect(atBob.openRelay(other.sealRelay(to, from, records))).toBeNull()
    expect(atBob.openSetup(other.sealSetup(records))).toBeNull()
    expect(atBob.checkBind(other.writeBind(null), null)).toBe(false)
  })

  it('is indifferent to hops and to nothing else in a relayed frame', () => {
    const { atAda, atBob } = shakeHands()
    const frame = atAda.sealRelay(to, from, records)
    for (let at = 2; at < frame.length; at++) expect(atBob.openRelay(flipped(frame, at))).toBeNull()
    expect(atBob.openRelay(flipped(frame, 1))).toEqual(records)
  })

  it('opens SIG once, and nothing that was changed, cut or is beyond 2^53', () => {
    const { atAda, atBob } = shakeHands()
    const frame = atAda.sealSetup(records)
    for (let at = 1; at < frame.length; at += 3) expect(atBob.openSetup(flipped(frame, at))).toBeNull()
    for (const size of [0, 1, 9, 16, 17, 40]) expect(atBob.openSetup(frame.subarray(0, size))).toBeNull()
    expect(atBob.openSetup(frame.slice().fill(0xff, 9, 17))).toBeNull()
    expect(atBob.openSetup(frame)).toEqual(records)
    expect(atBob.openSetup(frame)).toBeNull()
  })

  it('binds a link by what both ends see of it', () => {
    const { atAda, atBob } = shakeHands()
    const a = new Uint8Array(32).fill(10)
    const b = new Uint8Array(32).fill(11)
    const bind = atAda.writeBind({ local: a, remote: b })
    expect(atBob.checkBind(bind, { local: b, remote: a })).toBe(true)
    expect(atBob.checkBind(bind, { local: a, remote: b })).toBe(false)
    expect(atBob.checkBind(bind, { local: b, remote: b })).toBe(false)
    expect(atBob.checkBind(bind, null)).toBe(false)
    expect(atBob.checkBind(flipped(bind, 0), { local: b, remote: a })).toBe(false)
    expect(atBob.checkBind(flipped(bind, 30), { local: b, remote: a })).toBe(false)
    expect(atBob.checkBind(new Uint8Array(), { local: b, remote: a })).toBe(false)
    expect(atAda.checkBind(atBob.writeBind(null), null)).toBe(true)
  })
})
