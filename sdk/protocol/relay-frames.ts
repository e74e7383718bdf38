import { FRAME } from './codes.js'
import { DecodeError } from './decode-error.js'
import { MEMBER_ID_BYTES } from './limits.js'

/**
 * RLY = 0x20 | hops u8 | flags u8 | dst 16 | src 16 | session 8 | counter u64le | sealed records
 * RHS = 0x21 | hops u8 | flags u8 | dst 16 | src 16 | HS1, HS2, SIG or REFUSE
 *
 * Relays change `hops` and nothing else; what follows it is authenticated by the two ends.
 */
export const RELAY_HEADER_BYTES = 51
export const RELAY_OVERHEAD_BYTES = RELAY_HEADER_BYTES + 16
const HOPS_AT = 1
const FLAGS_AT = 2
const DST_AT = 3
const SRC_AT = DST_AT + MEMBER_ID_BYTES
const SESSION_AT = SRC_AT + MEMBER_ID_BYTES
const COUNTER_AT = SESSION_AT + 8
const SETUP_AT = SESSION_AT
const TAG_BYTES = 16

export interface RelayAddress {
  readonly type: number
  readonly hops: number
  readonly dst: Uint8Array
  readonly src: Uint8Array
}

/** Who to whom: all that a relay reads. */
export const decodeRelayAddress = (frame: Uint8Array): RelayAddress => {
  const type = frame[0]
  const least = type === FRAME.RLY ? RELAY_OVERHEAD_BYTES : SETUP_AT + 1 + TAG_BYTES
  if (frame.length < least) throw new DecodeError('relay frame too short')
  if (frame[FLAGS_AT] !== 0) throw new DecodeError('unknown relay flags')
  return {
    type: type as number,
    hops: frame[HOPS_AT] as number,
    dst: frame.subarray(DST_AT, SRC_AT),
    src: frame.subarray(SRC_AT, SESSION_AT),
  }
}

/** The same frame, one hop further. Changes `frame`. */
export const countHop = (frame: Uint8Array): void => {
  frame[HOPS_AT] = (frame[HOPS_AT] as number) + 1
}

/**
 * What makes a frame the same frame wherever it is met: the authentication tag of a sealed one, the Noise ephemeral
 * of a handshake message. (Never the counter: a relay could write one ahead of its sender.)
 */
export const relayFrameMark = (frame: Uint8Array): Uint8Array => {
  const setup = frame[0] === FRAME.RHS ? frame[SETUP_AT] : undefined
  if (setup === FRAME.HS1 || setup === FRAME.HS2) return frame.subarray(SETUP_AT + 1, SETUP_AT + 1 + TAG_BYTES)
  return frame.subarray(frame.length - TAG_BYTES)
}

/** The header of a sealed frame; the part from `flags` on is the associated data. */
export const encodeRelayHeader = (
  dst: Uint8Array,
  src: Uint8Array,
  session: Uint8Array,
  counter: number,
): Uint8Array => {
  const header = new Uint8Array(RELAY_HEADER_BYTES)
  header[0] = FRAME.RLY
  header.set(dst, DST_AT)
  header.set(src, SRC_AT)
  header.set(session, SESSION_AT)
  const view = new DataView(header.buffer)
  view.setUint32(COUNTER_AT, counter >>> 0, true)
  view.setUint32(COUNTER_AT + 4, Math.floor(counter / 0x1_0000_0000), true)
  return header
}

/** The session that a sealed frame names. */
export const relaySessionMark = (frame: Uint8Array): Uint8Array => frame.subarray(SESSION_AT, COUNTER_AT)

export const relayAssociatedData = (frame: Uint8Array): Uint8Array => frame.subarray(FLAGS_AT, RELAY_HEADER_BYTES)

/** For a frame whose address was decoded, so that it is long enough. */
export const decodeRelaySealed = (frame: Uint8Array): { counter: number; sealed: Uint8Array } => {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const high = view.getUint32(COUNTER_AT + 4, true)
  if (high > 0x1f_ffff) throw new DecodeError('counter above 2^53')
  return {
    counter: high * 0x1_0000_0000 + view.getUint32(COUNTER_AT, true),
    sealed: frame.subarray(RELAY_HEADER_BYTES),
  }
}

export const encodeRelayedSetup = (dst: Uint8Array, src: Uint8Array, setup: Uint8Array): Uint8Array => {
  const frame = new Uint8Array(SETUP_AT + setup.length)
  frame[0] = FRAME.RHS
  frame.set(dst, DST_AT)
  frame.set(src, SRC_AT)
  frame.set(setup, SETUP_AT)
  return frame
}

export const relayedSetup = (frame: Uint8Array): Uint8Array => frame.subarray(SETUP_AT)
