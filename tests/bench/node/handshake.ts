/** Both ends of handshakes in this process, with certificates and all that follows until a session can be used. */
import { deriveGroupKeys, loadSodium } from '../../../sdk/crypto/index.js'
import { createSuite } from '../../../sdk/crypto/noise-suite.js'
import { issueCertificate } from '../../../sdk/mesh/session/certificates.js'
import {
  answerHandshake,
  beginHandshake,
  finishHandshake,
  writeHandshake,
} from '../../../sdk/mesh/session/handshake.js'
import { Session } from '../../../sdk/mesh/session/session.js'
import { FRAME } from '../../../sdk/protocol/codes.js'
import { encodeHandshakePayload } from '../../../sdk/protocol/handshake-payload.js'

const WARM_UP = 50
const MEASURED = 300
/** As large as an offer with a few candidates, packed. */
const DESCRIPTION_BYTES = 300

const random = (size: number): Uint8Array => crypto.getRandomValues(new Uint8Array(size))
const suite = createSuite({ sodium: await loadSodium(), random })
const keys = deriveGroupKeys(suite, random(32), [{ id: 'anonymous' }])
const [admission] = keys.admissions
if (admission === undefined) throw new Error('no way in')
const description = random(DESCRIPTION_BYTES)

const createMember = () => {
  const identity = suite.identityKeys()
  const session = suite.sessionKeys()
  return { session, certificate: issueCertificate(suite, { identity, session, topic: keys.topic }, Date.now()) }
}
const [ada, bob] = [createMember(), createMember()]
const payloadOf = (certificate: Uint8Array, epoch: number) => ({
  certificate,
  attempt: 1,
  epoch,
  fresh: true,
  firstBroadcast: 1,
  firstPrivate: 1,
  description,
})

/** The frames of one handshake, and what each end spent on it. */
const shakeHands = () => {
  const spent = { initiator: 0, responder: 0 }
  const timed = <Value>(side: keyof typeof spent, work: () => Value): Value => {
    const beganMs = performance.now()
    const value = work()
    spent[side] += performance.now() - beganMs
    return value
  }
  const begun = timed('initiator', () => {
    const handshake = beginHandshake(
      suite,
      { topic: keys.topic, psk: admission.psk },
      ada.session,
      bob.session.publicKey,
    )
    return { handshake, hs1: writeHandshake(handshake, FRAME.HS1, payloadOf(ada.certificate, 0)) }
  })
  const hs2 = timed('responder', () => {
    const answered = answerHandshake(suite, keys, bob.session, begun.hs1)
    if (typeof answered === 'string') throw new Error('HS1 was not taken')
    const frame = writeHandshake(answered.handshake, FRAME.HS2, payloadOf(bob.certificate, 1))
    new Session(suite, 'responder', answered.handshake.split(), { epoch: 1, attempt: 1 })
    return frame
  })
  timed('initiator', () => {
    if (typeof finishHandshake(suite, keys, begun.handshake, hs2) === 'string') throw new Error('HS2 was not taken')
    new Session(suite, 'initiator', begun.handshake.split(), { epoch: 1, attempt: 1 })
  })
  return { hs1: begun.hs1, hs2, spent }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN

for (let i = 0; i < WARM_UP; i++) shakeHands()
const runs = Array.from({ length: MEASURED }, shakeHands)

/** What a frame takes beside the description in it, had its payload not been padded. */
const addedBytes = (frame: Uint8Array, payload: Uint8Array): number => {
  // A padded payload begins with its size, u16.
  const size = 2 + new DataView(payload.buffer, payload.byteOffset).getUint16(0, true)
  return frame.length - payload.length + size - DESCRIPTION_BYTES
}

const { hs1, hs2 } = shakeHands()
const result = {
  initiatorMs: median(runs.map(({ spent }) => spent.initiator)),
  responderMs: median(runs.map(({ spent }) => spent.responder)),
  hs1Bytes: addedBytes(hs1, encodeHandshakePayload(payloadOf(ada.certificate, 0))),
  hs2Bytes: addedBytes(hs2, encodeHandshakePayload(payloadOf(bob.certificate, 1))),
}
console.log(`handshake ${JSON.stringify(result)}`)
