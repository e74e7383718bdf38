import type { Admission } from '../../crypto/auth.js'
import type { CryptoSuite, Handshake, KeyPair } from '../../crypto/suite.js'
import { FRAME } from '../../protocol/codes.js'
import { DecodeError } from '../../protocol/decode-error.js'
import {
  decodeHandshakePayload,
  encodeHandshakePayload,
  type HandshakePayload,
} from '../../protocol/handshake-payload.js'
import { concatBytes, equalBytes } from '../../util/bytes.js'
import { verifyCertificate, type VerifiedCertificate } from './certificates.js'
import { prefixed } from './prefixed.js'

interface GroupKeys {
  readonly topic: Uint8Array
  readonly admissions: readonly Admission[]
}

export interface ReceivedHandshake {
  readonly certificate: VerifiedCertificate
  readonly payload: HandshakePayload
}

const prologue = ({ topic }: { readonly topic: Uint8Array }): Uint8Array => prefixed('session', topic)

/** The initiator's end: knows whom it speaks to, and by what (the psk of an admission) it hopes to be let in. */
export const beginHandshake = (
  suite: CryptoSuite,
  keys: { readonly topic: Uint8Array; readonly psk: Uint8Array },
  own: KeyPair,
  remote: Uint8Array,
): Handshake => suite.start('initiator', prologue(keys), own, remote, keys.psk)

export const writeHandshake = (handshake: Handshake, code: number, payload: HandshakePayload): Uint8Array =>
  concatBytes(Uint8Array.of(code), handshake.write(encodeHandshakePayload(payload)))

/** Of whoever lacks the keys, so that the genuine one may still come; or authentic, and the handshake is spent. */
export type HandshakeFailure = 'forged' | 'unfit'

/** Reads the other side's message. A certificate that names another key than the one that made it is unfit. */
const readHandshake = (
  suite: CryptoSuite,
  keys: { readonly topic: Uint8Array },
  handshake: Handshake,
  frame: Uint8Array,
): ReceivedHandshake | HandshakeFailure => {
  const opened = handshake.read(frame.subarray(1))
  if (opened === null || handshake.remoteStatic === null) return 'forged'
  try {
    const payload = decodeHandshakePayload(opened)
    const certificate = verifyCertificate(suite, keys.topic, payload.certificate.slice())
    if (certificate === null || !equalBytes(certificate.session, handshake.remoteStatic)) return 'unfit'
    return { certificate, payload }
  } catch (error) {
    if (error instanceof DecodeError) return 'unfit'
    throw error
  }
}

/** The responder's end: learns from HS1 who speaks, and tries the admissions in their order for the one that is meant. */
export const answerHandshake = (
  suite: CryptoSuite,
  keys: GroupKeys,
  own: KeyPair,
  frame: Uint8Array,
): (ReceivedHandshake & { readonly handshake: Handshake; readonly admission: Admission }) | HandshakeFailure => {
  if (frame[0] !== FRAME.HS1) return 'forged'
  for (const admission of keys.admissions) {
    const handshake = suite.start('responder', prologue(keys), own, null, admission.psk)
    const received = readHandshake(suite, keys, handshake, frame)
    if (received !== 'forged') return received === 'unfit' ? received : { ...received, handshake, admission }
  }
  return 'forged'
}

export const finishHandshake = (
  suite: CryptoSuite,
  keys: { readonly topic: Uint8Array },
  handshake: Handshake,
  frame: Uint8Array,
): ReceivedHandshake | HandshakeFailure =>
  frame[0] === FRAME.HS2 ? readHandshake(suite, keys, handshake, frame) : 'forged'
