import type { CryptoSuite, KeyPair } from '../../crypto/suite.js'
import {
  CERTIFICATE_BODY_BYTES,
  decodeCertificate,
  encodeCertificateBody,
  type Certificate,
} from '../../protocol/certificate.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { MEMBER_ID_BYTES } from '../../protocol/limits.js'
import { encodeBase64url } from '../../util/base64url.js'
import { concatBytes, equalBytes } from '../../util/bytes.js'

/** A certificate whose signature and topic were checked, and the member that it speaks of. */
export interface VerifiedCertificate {
  readonly bytes: Uint8Array
  readonly identity: Uint8Array
  readonly session: Uint8Array
  readonly issuedAt: number
  /** From then on it is not worth keeping: its member has long had a newer one, or is gone. */
  readonly endsMs: number
  readonly member: string
  readonly memberBytes: Uint8Array
}

/** A member as it shows itself before there is a session. */
export interface Introduced {
  readonly certificate: VerifiedCertificate
  readonly providers: readonly string[]
}

const LIFETIME_SECONDS = 86_400
/** Half its life: a member that sleeps for a night still has a good one. */
export const RENEW_MS = (LIFETIME_SECONDS * 1000) / 2
/** Clocks are wrong; nothing but what is kept rests on them. */
const TOLERANCE_MS = 48 * 3_600_000

/**
 * A member's id follows from both its keys. A certificate alone does not prove that its identity has the session key,
 * so of the session key alone anybody could claim another's id, under an identity of their own.
 */
export const memberIdBytes = (
  suite: CryptoSuite,
  sessionPublicKey: Uint8Array,
  identityPublicKey: Uint8Array,
): Uint8Array => suite.kdf(null, 'sid', sessionPublicKey, identityPublicKey).slice(0, MEMBER_ID_BYTES)

export const issueCertificate = (
  suite: CryptoSuite,
  keys: { identity: KeyPair; session: KeyPair; topic: Uint8Array },
  nowMs: number,
): Uint8Array => {
  const certificate: Certificate = {
    identity: keys.identity.publicKey,
    session: keys.session.publicKey,
    topic: keys.topic,
    issuedAt: nowMs,
    lifetime: LIFETIME_SECONDS,
    capabilities: 0,
  }
  const body = encodeCertificateBody(certificate)
  return concatBytes(body, suite.sign(keys.identity.secretKey, 'cert', body))
}

/** `null` for bytes that are no certificate, of another group, or not signed by the identity that they name. */
export const verifyCertificate = (
  suite: CryptoSuite,
  topic: Uint8Array,
  bytes: Uint8Array,
): VerifiedCertificate | null => {
  let certificate
  try {
    certificate = decodeCertificate(bytes)
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
  if (!equalBytes(certificate.topic, topic)) return null
  const body = bytes.subarray(0, CERTIFICATE_BODY_BYTES)
  if (!suite.verify(certificate.identity, 'cert', body, certificate.signature)) return null
  const memberBytes = memberIdBytes(suite, certificate.session, certificate.identity)
  return {
    bytes: bytes.slice(),
    identity: certificate.identity.slice(),
    session: certificate.session.slice(),
    issuedAt: certificate.issuedAt,
    endsMs: certificate.issuedAt + certificate.lifetime * 1000 + TOLERANCE_MS,
    member: encodeBase64url(memberBytes),
    memberBytes,
  }
}
