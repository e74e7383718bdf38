const LINE = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})\s*$/i

/**
 * The SHA-256 fingerprint of the certificate that a session description names; `null` unless it names exactly one, as
 * often as it likes. Any mention of a fingerprint that does not read so is refused too: DTLS could be checked against
 * that one instead, and the binding would vouch for a certificate that is not in use.
 */
export const parseFingerprint = (sdp: string): Uint8Array | null => {
  const found = new Set<string>()
  let lines = 0
  for (const line of sdp.split('\n')) {
    const hex = LINE.exec(line)?.[1]
    if (hex === undefined) continue
    found.add(hex.toLowerCase())
    lines += 1
  }
  const [hex] = found
  if (hex === undefined || found.size > 1 || sdp.match(/fingerprint/gi)?.length !== lines) return null
  return Uint8Array.from(hex.split(':'), (byte) => parseInt(byte, 16))
}
