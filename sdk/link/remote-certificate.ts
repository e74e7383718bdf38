import { sha256 } from '@noble/hashes/sha2.js'
import { equalBytes } from '../util/bytes.js'

type Transport = Partial<Pick<RTCDtlsTransport, 'getRemoteCertificates'>>

/**
 * Whether DTLS runs with the certificate of this fingerprint, as far as the engine tells: Chromium does, Firefox and
 * @roamhq/wrtc do not, and for them it is as good as said. (Every engine compares the two itself; this is a second look
 * by the one side that knows what was authenticated.) https://www.w3.org/TR/webrtc/#dom-rtcdtlstransport-getremotecertificates
 */
export const isCertificateOf = (connection: RTCPeerConnection, fingerprint: Uint8Array): boolean => {
  // Asked first: a process in which `sctp.transport` of @roamhq/wrtc was read crashes when it ends.
  if (!isShown()) return true
  const transport = connection.sctp?.transport as Transport | undefined
  const [shown] = transport?.getRemoteCertificates?.() ?? []
  return shown === undefined || equalBytes(sha256(new Uint8Array(shown)), fingerprint)
}

const isShown = (): boolean => {
  const { RTCDtlsTransport } = globalThis as { RTCDtlsTransport?: { readonly prototype: Transport } }
  return typeof RTCDtlsTransport?.prototype.getRemoteCertificates === 'function'
}
