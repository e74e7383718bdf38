import { DecodeError } from '../protocol/decode-error.js'
import { MAX_DESCRIPTION_BYTES } from '../protocol/limits.js'
import { Reader } from '../protocol/reader.js'
import { concatBytes, encodeUtf8 } from '../util/bytes.js'
import { packSdp, readUtf8, unpackSdp } from './sdp-codec.js'

/**
 * What two WebRTC links tell each other during set-up.
 *
 * | code | signal | fields after the code |
 * |---|---|---|
 * | 1 | offer | SDP in UTF-8, to the end |
 * | 2 | answer | SDP in UTF-8, to the end |
 * | 3 | candidate | m-line index u8 (255: none), length of mid u8, mid (empty: none), candidate, to the end |
 * | 4 | offer | packed SDP, to the end |
 * | 5 | answer | packed SDP, to the end |
 * | 6 | candidate | as 3, but `a=` and the candidate as packed SDP |
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
/** What comes on top of a code when its text is packed. */
const PACKED = 3
const NO_INDEX = 255
/** Candidates of today's browsers take up to 250 bytes. */
const MAX_CANDIDATE_BYTES = 2_048
/** How every candidate begins (RFC 8839 section 5.1). */
const CANDIDATE_START = 'candidate:'
/** What makes a line of SDP of a candidate. */
const ATTRIBUTE = 'a='

/** Packed where that gives back the same text. Throws a `RangeError` on what the other side would not decode. */
export const encodeSignal = (signal: LinkSignal): Uint8Array => {
  if (signal.kind !== 'candidate') {
    const sdp = encodeUtf8(signal.sdp)
    if (sdp.length >= MAX_DESCRIPTION_BYTES) throw new RangeError(`description of ${sdp.length} bytes`)
    return encodeText(signal.kind === 'offer' ? OFFER : ANSWER, new Uint8Array(0), sdp, packSdp(signal.sdp))
  }
  const mid = encodeUtf8(signal.sdpMid ?? '')
  const index = signal.sdpMLineIndex ?? NO_INDEX
  const text = encodeUtf8(signal.candidate)
  const fits = mid.length <= 255 && index <= NO_INDEX && text.length <= MAX_CANDIDATE_BYTES
  if (!fits || !signal.candidate.startsWith(CANDIDATE_START)) {
    throw new RangeError(`candidate of ${text.length} bytes in section ${index}: "${signal.candidate.slice(0, 40)}"`)
  }
  const section = concatBytes(Uint8Array.of(index, mid.length), mid)
  return encodeText(CANDIDATE, section, text, packSdp(ATTRIBUTE + signal.candidate))
}

const encodeText = (code: number, fields: Uint8Array, text: Uint8Array, packed: Uint8Array | null): Uint8Array =>
  concatBytes(Uint8Array.of(packed === null ? code : code + PACKED), fields, packed ?? text)

/** Throws a {@link DecodeError} and nothing else. */
export const decodeSignal = (bytes: Uint8Array): LinkSignal => {
  if (bytes.length > MAX_DESCRIPTION_BYTES) throw new DecodeError('longer than any description')
  const reader = new Reader(bytes)
  const code = reader.u8()
  const isPacked = code > PACKED
  const kind = isPacked ? code - PACKED : code
  if (kind === OFFER || kind === ANSWER) {
    const sdp = isPacked ? unpackSdp(reader) : readUtf8(reader.rest())
    return { kind: kind === OFFER ? 'offer' : 'answer', sdp }
  }
  if (kind !== CANDIDATE) throw new DecodeError(`unknown signal ${code}`)
  const index = reader.u8()
  const mid = readUtf8(reader.bytes(reader.u8()))
  if (reader.left > MAX_CANDIDATE_BYTES) throw new DecodeError(`candidate of ${reader.left} bytes`)
  const line = isPacked ? unpackSdp(reader) : ATTRIBUTE + readUtf8(reader.rest())
  if (!line.startsWith(ATTRIBUTE + CANDIDATE_START)) throw new DecodeError('not a candidate')
  const candidate = line.slice(ATTRIBUTE.length)
  if (candidate.length > MAX_CANDIDATE_BYTES) throw new DecodeError(`candidate of ${candidate.length} characters`)
  return {
    kind: 'candidate',
    candidate,
    sdpMid: mid === '' ? null : mid,
    sdpMLineIndex: index === NO_INDEX ? null : index,
  }
}
