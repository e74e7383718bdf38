import type { CryptoSuite, KeyPair } from '../../crypto/suite.js'
import {
  CERTIFICATE_BODY_BYTES,
  CERTIFICATE_BYTES,
  decodeCertificate,
  encodeCertificateBody,
  type Certificate,
} from '../../protocol/certificate.js'
import { DecodeError } from '../../protocol/decode-error.js'
import { MEMBER_ID_BYTES } from '../../protocol/limits.js'
import { decodeBase64url, encodeBase64url } from '../../util/base64url.js'
import { concatBytes, equalBytes } from '../../util/bytes.js'

/**
 * A certificate whose signature and topic were checked, and the member that it speaks of. What is in it is read when
 * asked for, since one is kept of every member and an array for each part of it would take more than all of it.
 */
export class VerifiedCertificate {
  readonly member: string
  /** Of the record that it came in: a view of its own would take half of what it shows. */
  readonly #buffer: ArrayBufferLike
  readonly #at: number

  constructor(bytes: Uint8Array, member: string) {
    this.#buffer = bytes.buffer
    this.#at = bytes.byteOffset
    this.member = member
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#buffer, this.#at, CERTIFICATE_BYTES)
  }

  get memberBytes(): Uint8Array {
    return decodeBase64url(this.member) as Uint8Array
  }

  get identity(): Uint8Array {
    return decodeCertificate(this.bytes).identity
  }

  get session(): Uint8Array {
    return decodeCertificate(this.bytes).session
  }

  get issuedAt(): number {
    return decodeCertificate(this.bytes).issuedAt
  }

  /** Of the same identity, and issued later. */
  succeeds(other: VerifiedCertificate): boolean {
    const [own, theirs] = [decodeCertificate(this.bytes), decodeCertificate(other.bytes)]
    return own.issuedAt > theirs.issuedAt && equalBytes(own.identity, theirs.identity)
  }

  /** From then on it is not worth keeping: its member has long had a newer one, or is gone. */
  get endsMs(): number {
    const { issuedAt, lifetime } = decodeCertificate(this.bytes)
    return issuedAt + lifetime * 1000 + TOLERANCE_MS
  }
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

/**
 * `null` for bytes that are no certificate, of another group, or not signed by the identity that they name. The bytes are
 * kept and not copied.
 */
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
  const member = encodeBase64url(memberIdBytes(suite, certificate.session, certificate.identity))
  return new VerifiedCertificate(bytes, member)
}
