import { describe, expect, it } from 'vitest'
import { FRAME } from '../../sdk/protocol/codes.js'
import type { HandshakePayload } from '../../sdk/protocol/handshake-payload.js'
import { beginHandshake, finishHandshake, writeHandshake } from '../../sdk/mesh/session/handshake.js'
import { Session } from '../../sdk/mesh/session/session.js'
import { compareBytes } from '../../sdk/util/bytes.js'
import type { MeshWorld, TestMember } from '../support/mesh-world.js'
import { PaperMember, chunk, pack, relaySetup, setupGroup, watchHonest } from '../support/mesh-villain.js'

const MOST = Number.MAX_SAFE_INTEGER

const payloadOf = (paper: PaperMember, fields: Partial<HandshakePayload>): HandshakePayload => ({
  certificate: paper.certificate,
  attempt: 1,
  epoch: 0,
  fresh: true,
  firstBroadcast: 1,
  firstPrivate: 1,
  description: null,
  ...fields,
})

/** A member on paper that initiates with this one. */
const createInitiator = (world: MeshWorld, target: TestMember): PaperMember => {
  for (;;) {
    const paper = new PaperMember(world)
    if (compareBytes(paper.id, target.engine.idBytes) < 0) return paper
  }
}

describe('a member that proposes numbers at the end of their range', () => {
  it.each<[string, Partial<HandshakePayload>]>([
    ['the last pair epoch', { epoch: MOST }],
    ['the last attempt', { attempt: MOST }],
    ['the last broadcast', { firstBroadcast: MOST }],
    ['the last private message', { firstPrivate: MOST }],
  ])('%s: is the only one that has trouble with it', (_name, fields) => {
    const { world, ada, bob, mallory } = setupGroup()
    const check = watchHonest(world, ada, bob)
    const paper = createInitiator(world, ada)
    const handshake = beginHandshake(world.suite, world.keys, paper.session, ada.session.publicKey)
    const offer = writeHandshake(handshake, FRAME.HS1, payloadOf(paper, fields))
    const answers: Uint8Array[] = []
    ada.tamper = (frame) => {
      if (frame[0] === FRAME.RHS && frame[35] === FRAME.HS2) answers.push(frame.slice(35))
      return [frame]
    }
    mallory.inject(ada, pack(paper.card(), paper.links([mallory.engine.idBytes])))
    const rhs = relaySetup(mallory, ada, offer)
    rhs.set(paper.id, 19)
    mallory.inject(ada, rhs)
    world.run(20)
    expect(answers).not.toEqual([])
    for (const answer of answers.slice(0, 1)) {
      const received = finishHandshake(world.suite, world.keys, handshake, answer)
      if (typeof received === 'string') throw new Error(received)
      const { epoch, attempt } = received.payload
      const session = new Session(world.suite, 'initiator', handshake.split(), { epoch, attempt })
      for (const record of [chunk({ number: fields.firstBroadcast ?? 1 }), chunk({ number: 1 })]) {
        mallory.inject(ada, session.sealRelay(ada.engine.idBytes, paper.id, pack(record).subarray(1)))
      }
    }
    world.run(2_000)
    check()
  })
})
