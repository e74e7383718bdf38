import * as encoding from 'lib0/encoding'
import { RECORD } from './codes.js'
import { DecodeError } from './decode-error.js'
import {
  MAX_CHUNK_BYTES,
  MAX_DATAGRAM_BYTES,
  MAX_DIGEST_ENTRIES,
  MAX_ORDER_ENTRIES,
  MAX_RECORD_BYTES,
  MAX_STREAM_NAME_BYTES,
  MEMBER_ID_BYTES,
} from './limits.js'
import type { Reader } from './reader.js'
import { isStreamMode, type Opening } from './streams.js'

/** The private messages that a broadcast comes after, for one recipient. */
export interface OrderEntry {
  /** The first four bytes of the recipient's id. */
  readonly tag: Uint8Array
  readonly lastPrivate: number
}

/** A piece of a message, from `offset` on. */
interface Chunk {
  readonly stream: number
  readonly number: number
  readonly offset: number
  /** The whole message's size; known from its first chunk alone, else 0. */
  readonly total: number
  readonly first: boolean
  readonly text: boolean
  /** Its stream ends with this message. */
  readonly end: boolean
  readonly bytes: Uint8Array
}

/** A chunk of a message to all, the same bytes for every recipient. */
export interface AllChunk extends Chunk {
  readonly type: 'all'
  /** Of the first chunk; else empty. */
  readonly order: readonly OrderEntry[]
}

/** A chunk of a message to one member. */
export interface OneChunk extends Chunk {
  readonly type: 'one'
  /** The last broadcast that this message follows; of the first chunk, else 0. */
  readonly afterBroadcast: number
}

/** A message of a stream that promises nothing. */
export interface Datagram {
  readonly type: 'datagram'
  readonly stream: number
  readonly to: 'all' | 'one'
  /** Counts those of the stream that were sent to this member, from 1. */
  readonly number: number
  readonly bytes: Uint8Array
}

export interface DigestEntry {
  readonly id: Uint8Array
  readonly card: number
  readonly links: number
}

export type MemberRecord =
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'pong'; readonly id: number }
  /** This link is the one used between the two of us; said by the initiator. */
  | { readonly type: 'use' }
  /** The sender has let the initiator go and hears it again: it is to begin anew. */
  | { readonly type: 'again' }
  /** All before these numbers has arrived, and of the message next in order its first `offset` bytes. */
  | {
      readonly type: 'ack'
      readonly stream: number
      readonly nextBroadcast: number
      readonly nextPrivate: number
      readonly offset: number
      /** Bytes that the receiver takes beyond what it acknowledges. */
      readonly credit: number
    }
  /** What comes before these numbers and has not arrived will not come any more. */
  | { readonly type: 'reset'; readonly stream: number; readonly nextBroadcast: number; readonly nextPrivate: number }
  /** What this stream is, and the numbers that it begins with. */
  | ({ readonly type: 'open'; readonly nextBroadcast: number; readonly nextPrivate: number } & Opening)
  /** Nothing of this stream is taken: there are too many, or it is not known any more. */
  | { readonly type: 'stop'; readonly stream: number }
  | AllChunk
  | OneChunk
  | Datagram
  | { readonly type: 'digest'; readonly entries: readonly DigestEntry[] }
  | { readonly type: 'roster'; readonly record: Uint8Array }

const FLAG = { FIRST: 1, WHOLE: 2, TEXT: 4, END: 8 } as const
const DATAGRAM_FLAG = { ALL: 1 } as const
const ORDER_TAG_BYTES = 4

/** The most that a chunk's record takes beside its payload. */
export const chunkOverhead = (orderEntries: number): number => 40 + orderEntries * 12

/** The most that a datagram's record takes beside its payload. */
export const datagramOverhead = 24

const chunkFlags = (chunk: Chunk): number => {
  const whole = chunk.first && chunk.bytes.length === chunk.total
  const { first, text, end } = chunk
  return (first ? FLAG.FIRST : 0) | (whole ? FLAG.WHOLE : 0) | (text ? FLAG.TEXT : 0) | (end ? FLAG.END : 0)
}

/** A chunk's record but for its payload, which follows as it is. */
export const writeChunkHead = (encoder: encoding.Encoder, chunk: AllChunk | OneChunk): void => {
  encoding.writeUint8(encoder, chunk.type === 'all' ? RECORD.ALL : RECORD.ONE)
  const flags = chunkFlags(chunk)
  encoding.writeVarUint(encoder, chunk.stream)
  encoding.writeUint8(encoder, flags)
  encoding.writeVarUint(encoder, chunk.number)
  if (!chunk.first) encoding.writeVarUint(encoder, chunk.offset)
  else if ((flags & FLAG.WHOLE) === 0) encoding.writeVarUint(encoder, chunk.total)
  if (chunk.first) {
    if (chunk.type === 'one') encoding.writeVarUint(encoder, chunk.afterBroadcast)
    else {
      encoding.writeUint8(encoder, chunk.order.length)
      for (const entry of chunk.order) {
        encoding.writeUint8Array(encoder, entry.tag)
        encoding.writeVarUint(encoder, entry.lastPrivate)
      }
    }
  }
  encoding.writeVarUint(encoder, chunk.bytes.length)
}

export const writeRecord = (encoder: encoding.Encoder, record: MemberRecord): void => {
  switch (record.type) {
    case 'ping':
    case 'pong':
      encoding.writeUint8(encoder, record.type === 'ping' ? RECORD.PING : RECORD.PONG)
      encoding.writeUint32(encoder, record.id)
      return
    case 'use':
      encoding.writeUint8(encoder, RECORD.USE)
      return
    case 'again':
      encoding.writeUint8(encoder, RECORD.AGAIN)
      return
    case 'ack':
      encoding.writeUint8(encoder, RECORD.ACK)
      encoding.writeVarUint(encoder, record.stream)
      encoding.writeVarUint(encoder, record.nextBroadcast)
      encoding.writeVarUint(encoder, record.nextPrivate)
      encoding.writeVarUint(encoder, record.offset)
      encoding.writeVarUint(encoder, record.credit)
      return
    case 'reset':
      encoding.writeUint8(encoder, RECORD.RESET)
      encoding.writeVarUint(encoder, record.stream)
      encoding.writeVarUint(encoder, record.nextBroadcast)
      encoding.writeVarUint(encoder, record.nextPrivate)
      return
    case 'open':
      encoding.writeUint8(encoder, RECORD.OPEN)
      encoding.writeVarUint(encoder, record.stream)
      encoding.writeUint8(encoder, record.kind)
      encoding.writeUint8(encoder, record.mode)
      encoding.writeVarUint(encoder, record.nextBroadcast)
      encoding.writeVarUint(encoder, record.nextPrivate)
      encoding.writeVarString(encoder, record.name)
      return
    case 'stop':
      encoding.writeUint8(encoder, RECORD.STOP)
      encoding.writeVarUint(encoder, record.stream)
      return
    case 'datagram':
      encoding.writeUint8(encoder, RECORD.DATAGRAM)
      encoding.writeVarUint(encoder, record.stream)
      encoding.writeUint8(encoder, record.to === 'all' ? DATAGRAM_FLAG.ALL : 0)
      encoding.writeVarUint(encoder, record.number)
      encoding.writeVarUint8Array(encoder, record.bytes)
      return
    case 'all':
    case 'one':
      writeChunkHead(encoder, record)
      encoding.writeUint8Array(encoder, record.bytes)
      return
    case 'digest':
      encoding.writeUint8(encoder, RECORD.DIGEST)
      encoding.writeVarUint(encoder, record.entries.length)
      for (const entry of record.entries) {
        encoding.writeUint8Array(encoder, entry.id)
        encoding.writeVarUint(encoder, entry.card)
        encoding.writeVarUint(encoder, entry.links)
      }
      return
    case 'roster':
      encoding.writeUint8(encoder, RECORD.ROSTER)
      encoding.writeVarUint8Array(encoder, record.record)
  }
}

export const encodeRecord = (record: MemberRecord): Uint8Array =>
  encoding.encode((encoder) => {
    writeRecord(encoder, record)
  })

const readOrder = (reader: Reader): OrderEntry[] => {
  const count = reader.u8()
  if (count > MAX_ORDER_ENTRIES) throw new DecodeError('too many order entries')
  const order: OrderEntry[] = []
  for (let i = 0; i < count; i++) order.push({ tag: reader.bytes(ORDER_TAG_BYTES), lastPrivate: reader.varint() })
  return order
}

const readNumber = (reader: Reader): number => {
  const number = reader.varint()
  if (number === 0) throw new DecodeError('message numbers begin at 1')
  return number
}

const readChunk = (reader: Reader, type: 'all' | 'one'): AllChunk | OneChunk => {
  const stream = reader.varint()
  const flags = reader.u8()
  if (flags > 15) throw new DecodeError('unknown chunk flags')
  const first = (flags & FLAG.FIRST) !== 0
  const whole = (flags & FLAG.WHOLE) !== 0
  if (whole && !first) throw new DecodeError('bad chunk flags')
  const number = readNumber(reader)
  const offset = first ? 0 : reader.varint()
  const declared = first && !whole ? reader.varint() : 0
  const afterBroadcast = first && type === 'one' ? reader.varint() : 0
  const order = first && type === 'all' ? readOrder(reader) : []
  const bytes = reader.prefixed(MAX_CHUNK_BYTES)
  const total = whole ? bytes.length : declared
  if (first && bytes.length > total) throw new DecodeError('chunk beyond its message')
  if (!whole && bytes.length === 0) throw new DecodeError('empty chunk')
  const [text, end] = [(flags & FLAG.TEXT) !== 0, (flags & FLAG.END) !== 0]
  const chunk = { stream, number, offset, total, first, text, end, bytes }
  return type === 'all' ? { type, ...chunk, order } : { type, ...chunk, afterBroadcast }
}

const readDigest = (reader: Reader): DigestEntry[] => {
  const count = reader.varint()
  if (count > MAX_DIGEST_ENTRIES) throw new DecodeError('digest too long')
  const entries: DigestEntry[] = []
  for (let i = 0; i < count; i++) {
    entries.push({ id: reader.bytes(MEMBER_ID_BYTES), card: reader.varint(), links: reader.varint() })
  }
  return entries
}

const readOpen = (reader: Reader): MemberRecord => {
  const [stream, kind, mode] = [reader.varint(), reader.u8(), reader.u8()]
  if (!isStreamMode(mode)) throw new DecodeError('unknown stream mode')
  const [nextBroadcast, nextPrivate] = [readNumber(reader), readNumber(reader)]
  return { type: 'open', stream, kind, mode, nextBroadcast, nextPrivate, name: reader.text(MAX_STREAM_NAME_BYTES) }
}

const readDatagram = (reader: Reader): Datagram => {
  const [stream, flags] = [reader.varint(), reader.u8()]
  if (flags > DATAGRAM_FLAG.ALL) throw new DecodeError('unknown datagram flags')
  const to = flags === DATAGRAM_FLAG.ALL ? 'all' : 'one'
  return { type: 'datagram', stream, to, number: readNumber(reader), bytes: reader.prefixed(MAX_DATAGRAM_BYTES) }
}

/** One record. Its bytes are views of what is read. */
export const readRecord = (reader: Reader): MemberRecord => {
  const code = reader.u8()
  switch (code) {
    case RECORD.PING:
      return { type: 'ping', id: reader.u32() }
    case RECORD.PONG:
      return { type: 'pong', id: reader.u32() }
    case RECORD.USE:
      return { type: 'use' }
    case RECORD.AGAIN:
      return { type: 'again' }
    case RECORD.ACK:
      return {
        type: 'ack',
        stream: reader.varint(),
        nextBroadcast: reader.varint(),
        nextPrivate: reader.varint(),
        offset: reader.varint(),
        credit: reader.varint(),
      }
    case RECORD.RESET:
      return {
        type: 'reset',
        stream: reader.varint(),
        nextBroadcast: readNumber(reader),
        nextPrivate: readNumber(reader),
      }
    case RECORD.OPEN:
      return readOpen(reader)
    case RECORD.STOP:
      return { type: 'stop', stream: reader.varint() }
    case RECORD.DATAGRAM:
      return readDatagram(reader)
    case RECORD.ALL:
      return readChunk(reader, 'all')
    case RECORD.ONE:
      return readChunk(reader, 'one')
    case RECORD.DIGEST:
      return { type: 'digest', entries: readDigest(reader) }
    case RECORD.ROSTER:
      return { type: 'roster', record: reader.prefixed(MAX_RECORD_BYTES) }
    default:
      throw new DecodeError(`unknown record ${String(code)}`)
  }
}
