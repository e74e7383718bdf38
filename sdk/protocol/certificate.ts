import * as encoding from 'lib0/encoding'
import { DecodeError } from './decode-error.js'
import { SIGNATURE_BYTES } from './limits.js'
import { Reader } from './reader.js'

/** An identity's statement that a session key is its own, in one group. */
export interface Certificate {
  /** Ed25519. */
  readonly identity: Uint8Array
  /** X25519. */
  readonly session: Uint8Array
  readonly topic: Uint8Array
  /** Milliseconds of the issuer's clock; orders its certificates, and nothing else. */
  readonly issuedAt: number
  /** Seconds. */
  readonly lifetime: number
  readonly capabilities: number
}

export const CERTIFICATE_BYTES = 175
export const CERTIFICATE_BODY_BYTES = CERTIFICATE_BYTES - SIGNATURE_BYTES

/** The part that is signed. */
export const encodeCertificateBody = (certificate: Certificate): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeUint8(encoder, 1)
    encoding.writeUint8Array(encoder, certificate.identity)
    encoding.writeUint8Array(encoder, certificate.session)
    encoding.writeUint8Array(encoder, certificate.topic)
    encoding.writeUint32(encoder, certificate.issuedAt >>> 0)
    encoding.writeUint32(encoder, Math.floor(certificate.issuedAt / 0x1_0000_0000))
    encoding.writeUint32(encoder, certificate.lifetime)
    encoding.writeUint16(encoder, certificate.capabilities)
  })

export const decodeCertificate = (bytes: Uint8Array): Certificate & { readonly signature: Uint8Array } => {
  const reader = new Reader(bytes)
  if (reader.u8() !== 1) throw new DecodeError('unknown certificate version')
  const certificate = {
    identity: reader.bytes(32),
    session: reader.bytes(32),
    topic: reader.bytes(32),
    issuedAt: reader.u64(),
    lifetime: reader.u32(),
    capabilities: reader.u16(),
    signature: reader.bytes(SIGNATURE_BYTES),
  }
  reader.end()
  return certificate
}
