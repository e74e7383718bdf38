import { DecodeError } from '../protocol/decode-error.js'
import { MAX_DESCRIPTION_BYTES } from '../protocol/limits.js'
import { Reader } from '../protocol/reader.js'
import { concatBytes, decodeUtf8, encodeUtf8 } from '../util/bytes.js'

/**
 * What two WebRTC links tell each other during set-up.
 *
 * | code | signal | fields after the code |
 * |---|---|---|
 * | 1 | offer | SDP in UTF-8, to the end |
 * | 2 | answer | SDP in UTF-8, to the end |
 * | 3 | candidate | m-line index u8 (255: none), length of mid u8, mid (empty: none), candidate, to the end |
 */
export type LinkSignal =
  | { readonly kind: 'offer' | 'answer'; readonly sdp: string }
  | {
      readonly kind: 'candidate'
      readonly candidate: string
      readonly sdpMid: string | null
      readonly sdpMLineIndex: number | null
    }

const OFFER = 1
const ANSWER = 2
const CANDIDATE = 3
const NO_INDEX = 255
/** Candidates of today's browsers take up to 250 bytes. */
const MAX_CANDIDATE_BYTES = 2_048
/** How every candidate begins (RFC 8839 section 5.1). */
const CANDIDATE_START = 'candidate:'

/** Throws a `RangeError` on what the other side would not decode. */
export const encodeSignal = (signal: LinkSignal): Uint8Array => {
  if (signal.kind !== 'candidate') {
    const sdp = encodeUtf8(signal.sdp)
    if (sdp.length >= MAX_DESCRIPTION_BYTES) throw new RangeError(`description of ${sdp.length} bytes`)
    return concatBytes(Uint8Array.of(signal.kind === 'offer' ? OFFER : ANSWER), sdp)
  }
  const mid = encodeUtf8(signal.sdpMid ?? '')
  const index = signal.sdpMLineIndex ?? NO_INDEX
  const text = encodeUtf8(signal.candidate)
  const fits = mid.length <= 255 && index <= NO_INDEX && text.length <= MAX_CANDIDATE_BYTES
  if (!fits || !signal.candidate.startsWith(CANDIDATE_START)) {
    throw new RangeError(`candidate of ${text.length} bytes in section ${index}: "${signal.candidate.slice(0, 40)}"`)
  }
  return concatBytes(Uint8Array.of(CANDIDATE, index, mid.length), mid, text)
}

/** Throws a {@link DecodeError} and nothing else. */
export const decodeSignal = (bytes: Uint8Array): LinkSignal => {
  if (bytes.length > MAX_DESCRIPTION_BYTES) throw new DecodeError('longer than any description')
  const reader = new Reader(bytes)
  const code = reader.u8()
  if (code === OFFER || code === ANSWER) return { kind: code === OFFER ? 'offer' : 'answer', sdp: text(reader.rest()) }
  if (code !== CANDIDATE) throw new DecodeError(`unknown signal ${code}`)
  const index = reader.u8()
  const mid = text(reader.bytes(reader.u8()))
  if (reader.left > MAX_CANDIDATE_BYTES) throw new DecodeError(`candidate of ${reader.left} bytes`)
  const candidate = text(reader.rest())
  if (!candidate.startsWith(CANDIDATE_START)) throw new DecodeError('not a candidate')
  return {
    kind: 'candidate',
    candidate,
    sdpMid: mid === '' ? null : mid,
    sdpMLineIndex: index === NO_INDEX ? null : index,
  }
}

const text = (bytes: Uint8Array): string => {
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw new DecodeError('not UTF-8', { cause })
  }
}
