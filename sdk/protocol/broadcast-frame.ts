import { concatBytes } from '../util/bytes.js'
import { FRAME } from './codes.js'
import { DecodeError } from './decode-error.js'
import { MEMBER_ID_BYTES, SIGNATURE_BYTES } from './limits.js'
import { Reader } from './reader.js'

/**
 * BCAST = 0x22 | hops u8 | fanout u8 | author 16 | count u64le | signature 64 | records
 *
 * Members that pass it on change `hops` and nothing else; the signature covers the rest, with the group's topic.
 */
const HOPS_AT = 1
const FANOUT_AT = 2
const AUTHOR_AT = 3
const COUNT_AT = AUTHOR_AT + MEMBER_ID_BYTES
const SIGNATURE_AT = COUNT_AT + 8
const RECORDS_AT = SIGNATURE_AT + SIGNATURE_BYTES
/** Any number of members may be passed on to. */
export const NO_FANOUT_LIMIT = 0
/** In a group that is not fully linked, nobody passes a broadcast on to more members than these. */
export const FANOUT = 4
/** What a frame takes beside its records. */
export const BROADCAST_OVERHEAD_BYTES = RECORDS_AT

export interface BroadcastFrame {
  readonly hops: number
  /** To how many members each passes it on at most: `FANOUT` or `NO_FANOUT_LIMIT`. */
  readonly fanout: number
  readonly author: Uint8Array
  /** The author's frames are counted, so that each is taken once. */
  readonly count: number
  readonly signature: Uint8Array
  readonly records: Uint8Array
}

type Signed = Pick<BroadcastFrame, 'fanout' | 'author' | 'count' | 'records'>

const encodeHeader = ({ fanout, author, count }: Omit<Signed, 'records'>): Uint8Array => {
  const header = new Uint8Array(SIGNATURE_AT)
  header[0] = FRAME.BCAST
  header[FANOUT_AT] = fanout
  header.set(author, AUTHOR_AT)
  const view = new DataView(header.buffer)
  view.setUint32(COUNT_AT, count >>> 0, true)
  view.setUint32(COUNT_AT + 4, Math.floor(count / 0x1_0000_0000), true)
  return header
}

/** What the signature covers, behind its label. */
export const broadcastSigned = (topic: Uint8Array, signed: Signed): Uint8Array =>
  concatBytes(topic, encodeHeader(signed).subarray(FANOUT_AT), signed.records)

export const encodeBroadcast = (signed: Signed, signature: Uint8Array): Uint8Array =>
  concatBytes(encodeHeader(signed), signature, signed.records)

export const decodeBroadcast = (frame: Uint8Array): BroadcastFrame => {
  if (frame[0] !== FRAME.BCAST) throw new DecodeError('no broadcast')
  const reader = new Reader(frame)
  reader.bytes(HOPS_AT)
  const hops = reader.u8()
  const fanout = reader.u8()
  // Each takes a tree of its own: who could name any would make others grow hundreds.
  if (fanout !== NO_FANOUT_LIMIT && fanout !== FANOUT) throw new DecodeError('unknown fanout')
  const author = reader.bytes(MEMBER_ID_BYTES)
  const count = reader.u64()
  const signature = reader.bytes(SIGNATURE_BYTES)
  const records = reader.rest()
  if (records.length === 0) throw new DecodeError('empty broadcast')
  return { hops, fanout, author, count, signature, records }
}

/** The same frame, one hop further: a copy. */
export const passOn = (frame: Uint8Array): Uint8Array => {
  const copy = frame.slice()
  copy[HOPS_AT] = (copy[HOPS_AT] as number) + 1
  return copy
}
