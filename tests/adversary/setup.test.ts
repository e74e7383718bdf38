import { describe, expect, it } from 'vitest'
import { issueCertificate } from '../../sdk/mesh/session/certificates.js'
import { beginHandshake, writeHandshake } from '../../sdk/mesh/session/handshake.js'
import { FRAME } from '../../sdk/protocol/codes.js'
import type { HandshakePayload } from '../../sdk/protocol/handshake-payload.js'
import { concatBytes } from '../../sdk/util/bytes.js'
import { MeshWorld, type TestMember } from '../support/mesh-world.js'
import {
  PaperMember,
  ack,
  chunk,
  pack,
  relaySetup,
  sealSetup,
  setupGroup,
  watchHonest,
} from '../support/mesh-villain.js'

const handshakePayload = (certificate: Uint8Array, fields: Partial<HandshakePayload> = {}): HandshakePayload => ({
  certificate,
  attempt: 1_000,
  epoch: 1,
  fresh: true,
  firstBroadcast: 1,
  firstPrivate: 1,
  description: null,
  ...fields,
})

/** HS1 in the name of a member that exists on paper only. */
const offerOf = (
  paper: Pick<PaperMember, 'session' | 'certificate'>,
  target: TestMember,
  fields: Partial<HandshakePayload> = {},
): Uint8Array => {
  const { suite, keys } = target.world
  const handshake = beginHandshake(suite, keys, paper.session, target.session.publicKey)
  return writeHandshake(handshake, FRAME.HS1, handshakePayload(paper.certificate, fields))
}

describe('a link whose first frame', () => {
  it.each<[string, (genuine: Uint8Array, earlier: Uint8Array) => Uint8Array]>([
    ['is PACK', () => pack(chunk())],
    ['is an acknowledgement', () => pack(ack())],
    ['is empty', () => new Uint8Array()],
    ['is BIND with one bit changed', (genuine) => flipped(genuine, 20)],
    ['is BIND cut short', (genuine) => genuine.subarray(0, 40)],
    ['is BIND of another session', (_genuine, earlier) => earlier],
  ])('B1, B2: %s is closed before anything is taken from it', (_name, change) => {
    const world = new MeshWorld()
    const [ada, bob, mallory] = world.add(['ada', 'bob', 'mallory']) as [TestMember, TestMember, TestMember]
    let genuine: Uint8Array | null = null
    let earlier = new Uint8Array(82)
    mallory.tamper = (frame) => {
      if (frame[0] !== FRAME.BIND) return [frame]
      earlier = (genuine ?? earlier) as Uint8Array<ArrayBuffer>
      genuine = frame.slice()
      return [change(frame, earlier), pack(chunk({ number: 1 }))]
    }
    world.run(3_000)
    expect(genuine).not.toBeNull()
    expect([ada.engine.neighbors(), bob.engine.neighbors()]).toEqual([
      [ada.id, bob.id].slice(1),
      [bob.id, ada.id].slice(1),
    ])
    expect([...ada.received, ...bob.received]).toEqual([])
    watchHonest(world, ada, bob)()
  })
})

describe('BIND that a third end passes on', () => {
  it('B2: is refused, since the certificates of that link are other ones', () => {
    const world = new MeshWorld()
    const [ada, bob] = world.add(['ada', 'bob']) as [TestMember, TestMember]
    world.isTapped = true
    world.run(3_000)
    expect([ada.engine.neighbors(), bob.engine.neighbors()]).toEqual([[], []])
  })
})

describe('set-up frames through members', () => {
  it('H3, H12: HS1, HS2 and SIG that were met before change nothing', () => {
    const world = new MeshWorld()
    const kept: { from: TestMember; to: TestMember; frame: Uint8Array }[] = []
    const [ada, bob, mallory] = world.add(['ada', 'bob', 'mallory']) as [TestMember, TestMember, TestMember]
    world.runUntil(() => world.isWhole)
    kept.push(...world.server.signals.map(({ from, to, payload }) => ({ from, to, frame: payload.slice() })))
    expect(new Set(kept.map(({ frame }) => frame[0]))).toEqual(new Set([FRAME.HS1, FRAME.HS2]))
    world.run(1_000)
    const check = watchHonest(world, ada, bob)
    const sessions = [ada, bob, mallory].map((member) => member.sessions.length)
    for (const { from, to, frame } of kept) {
      world.server.pass(from, to, frame)
      for (const carrier of [ada, bob, mallory]) {
        if (carrier !== to) carrier.inject(to, relaySetup(from, to, frame))
      }
    }
    world.run(500)
    expect([ada, bob, mallory].map((member) => member.sessions.length)).toEqual(sessions)
    check()
  })

  it('H11: a candidate sealed for a session is taken once, and only while its link is being made', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const before = ada.signaled.length
    const candidate = relaySetup(mallory, ada, sealSetup(mallory, ada, 800, Uint8Array.of(1, 3, 7, 7, 7)))
    for (let i = 0; i < 3; i++) mallory.inject(ada, candidate)
    world.run(50)
    expect(ada.signaled).toHaveLength(before)
    check()
  })

  it('a candidate of an earlier session is not taken for the link that is being made', () => {
    const { world, ada, mallory } = setupGroup()
    const earlier = sealSetup(mallory, ada, 800, Uint8Array.of(1, 3, 7, 7, 7))
    const sessions = ada.sessions.length
    ada.tamper = (frame) => (frame[0] === FRAME.BIND ? [] : [frame])
    mallory.tamper = ada.tamper
    world.cut(ada.link(mallory))
    world.runUntil(() => ada.sessions.length > sessions)
    const genuine = sealSetup(mallory, ada, 0, Uint8Array.of(1, 3, 8, 8, 8))
    for (const frame of [earlier, genuine]) world.server.pass(mallory, ada, frame)
    world.run(20)
    const candidates = ada.signaled.map(({ bytes }) => bytes).filter((bytes) => bytes[0] !== 1)
    expect(candidates).toEqual([Uint8Array.of(8, 8, 8)])
  })

  it.each<[string, Partial<HandshakePayload>]>([
    ['answers another attempt', { attempt: 77 }],
    ['carries the certificate of another', {}],
  ])('H4: HS2 that is authentic and %s fails that attempt, and repeating it does no harm', (name, fields) => {
    const world = new MeshWorld()
    const [ada, bob, mallory] = world.add(['ada', 'bob', 'mallory']) as [TestMember, TestMember, TestMember]
    const paper = new PaperMember(world)
    const certificate = (genuine: Uint8Array): Uint8Array =>
      name.includes('certificate') ? paper.certificate : genuine
    let spoiled = 0
    world.server.tamper = (member, frame) => {
      if (member !== mallory || frame.type !== 'signal' || frame.payload[0] !== FRAME.HS2) return false
      const hs1 = world.server.signals.findLast(({ to, payload }) => to === mallory && payload[0] === FRAME.HS1)
      if (!hs1) return false
      const handshake = world.suite.start('responder', prologue(world), mallory.session, null, world.keys.psk)
      handshake.read(hs1.payload.subarray(1))
      const lie = writeHandshake(handshake, FRAME.HS2, handshakePayload(certificate(certificateOf(mallory)), fields))
      for (let i = 0; i < 3; i++) world.server.pass(mallory, hs1.from, lie)
      spoiled++
      return true
    }
    world.run(3_000)
    expect(spoiled).toBeGreaterThan(0)
    expect(ada.engine.members()).toContain(bob.id)
    watchHonest(world, ada, bob)()
  })

  it('offers of two thousand members that nobody has seen keep no newcomer out', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    for (let i = 0; i < 2_000; i++) {
      const paper = new PaperMember(world)
      mallory.inject(ada, relaySetup(mallory, ada, offerOf(paper, ada)))
    }
    world.run(2_000)
    const [dan] = world.add(['dan']) as [TestMember]
    world.runUntil(() => ada.engine.members().includes(dan.id) && bob.engine.members().includes(dan.id))
    expect(ada.engine.members()).toHaveLength(4)
    check()
  }, 20_000)
})

describe('a member that offers again and again', () => {
  it('keeps the others from nothing', () => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const paper = { session: mallory.session, certificate: certificateOf(mallory) }
    for (let attempt = 100; attempt < 400; attempt++) {
      world.server.pass(mallory, bob, offerOf(paper, bob, { attempt, description: Uint8Array.of(1, 99, 99) }))
      mallory.inject(ada, relaySetup(mallory, bob, offerOf(paper, bob, { attempt })))
    }
    world.run(5_000)
    check()
  })
})

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const changed = bytes.slice()
  changed[at] = (changed[at] as number) ^ 1
  return changed
}

const prologue = (world: MeshWorld): Uint8Array =>
  concatBytes(Uint8Array.of(16, 0, 0, 0), new TextEncoder().encode('skein/v1/session'), world.keys.topic)

const certificateOf = ({ world, identity, session }: TestMember): Uint8Array =>
  issueCertificate(world.suite, { identity, session, topic: world.keys.topic }, world.nowMs)
