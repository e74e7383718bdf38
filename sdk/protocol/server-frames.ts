import * as encoding from 'lib0/encoding'
import { DecodeError } from './decode-error.js'
import { Reader } from './reader.js'

/**
 * The frames between a client and the signaling server, one per binary WebSocket message. The first byte is the type.
 *
 * | code | frame | from | fields after the type |
 * |---|---|---|---|
 * | 0x01 | JOIN | client | version u8, topic 32, flags u8, hello lp |
 * | 0x02 | SIGNAL | client | destination 16, payload to the end |
 * | 0x03 | ASK | client | n u8, n times a connection id already tried |
 * | 0x04 | UPDATE | client | flags u8, hello lp |
 * | 0x05 | PONG | client | |
 * | 0x81 | WELCOME | server | version u8, own connection id 16, introductions |
 * | 0x82 | INTRODUCED | server | connection id 16, flags u8, hello lp |
 * | 0x83 | SIGNAL | server | source 16, payload to the end |
 * | 0x84 | GONE | server | connection id 16 |
 * | 0x85 | INTRODUCTIONS | server | introductions |
 * | 0x86 | PING | server | |
 * | 0x87 | DRAIN | server | reconnect after u32, milliseconds |
 *
 * introductions = empty u8 (1: nobody else is in the room), n u8, n times (connection id 16, flags u8, hello lp).
 * flags: bit 0 bot, bit 1 full; the others are written as zero and ignored when read.
 * lp = length as a varint, then so many bytes. Other integers are big-endian.
 *
 * The version is the first field of JOIN and of WELCOME and stays so, whatever else a later version changes: a reader
 * that does not know it reads no further.
 */
const FRAME_JOIN = 0x01
const FRAME_SIGNAL = 0x02
const FRAME_ASK = 0x03
const FRAME_UPDATE = 0x04
const FRAME_PONG = 0x05
const FRAME_WELCOME = 0x81
const FRAME_INTRODUCED = 0x82
const FRAME_SIGNALED = 0x83
const FRAME_GONE = 0x84
const FRAME_INTRODUCTIONS = 0x85
const FRAME_PING = 0x86
const FRAME_DRAIN = 0x87

/** The version of these frames. */
export const PROTOCOL_VERSION = 1
/** What both ends name in the WebSocket upgrade; whatever does not is no skein server, or no client of one. */
export const SUBPROTOCOL = 'skein.1'

export const MAX_SERVER_FRAME_BYTES = 64 * 1024
/** Leaves room for the head of a frame within {@link MAX_SERVER_FRAME_BYTES}. */
export const MAX_SIGNAL_BYTES = 60 * 1024
export const MAX_HELLO_BYTES = 1024
export const MAX_INTRODUCTIONS = 3
export const MAX_TRIED = 8
const TOPIC_BYTES = 32
/** 6 bytes name the server's node, 10 are random. */
export const CONNECTION_ID_BYTES = 16

const FLAG_BOT = 1
const FLAG_FULL = 2

/** What a member lets the server show to others: two flags, and bytes that only members can open. */
export interface Presence {
  readonly bot: boolean
  /** Wants no introductions. */
  readonly full: boolean
  /** 1 to {@link MAX_HELLO_BYTES} bytes. */
  readonly hello: Uint8Array
}

export interface Introduction extends Presence {
  readonly connection: Uint8Array
}

export interface Introductions {
  /** Nobody else is in the room. Without it, an empty list means that nobody wanted to be introduced. */
  readonly empty: boolean
  /** At most {@link MAX_INTRODUCTIONS}. */
  readonly introductions: readonly Introduction[]
}

/** A JOIN or WELCOME of a version that is not ours; the rest of it was not read. */
export interface OtherVersionFrame {
  readonly type: 'other-version'
  readonly version: number
}

export type ClientFrame =
  | ({ readonly type: 'join'; readonly topic: Uint8Array } & Presence)
  | { readonly type: 'signal'; readonly connection: Uint8Array; readonly payload: Uint8Array }
  /** With nothing tried: one introduction at random. Else up to three others, and the server pings those tried. */
  | { readonly type: 'ask'; readonly tried: readonly Uint8Array[] }
  | ({ readonly type: 'update' } & Presence)
  | { readonly type: 'pong' }

export type ServerFrame =
  | ({ readonly type: 'welcome'; readonly connection: Uint8Array } & Introductions)
  | ({ readonly type: 'introduced' } & Introduction)
  | { readonly type: 'signal'; readonly connection: Uint8Array; readonly payload: Uint8Array }
  | { readonly type: 'gone'; readonly connection: Uint8Array }
  | ({ readonly type: 'introductions' } & Introductions)
  | { readonly type: 'ping' }
  | { readonly type: 'drain'; readonly reconnectInMs: number }

/** Throws a `RangeError` on fields beyond their limits. */
export const encodeClientFrame = (frame: ClientFrame): Uint8Array =>
  encoding.encode((encoder) => {
    switch (frame.type) {
      case 'join':
        encoding.writeUint8(encoder, FRAME_JOIN)
        encoding.writeUint8(encoder, PROTOCOL_VERSION)
        writeFixed(encoder, frame.topic, TOPIC_BYTES)
        return writePresence(encoder, frame)
      case 'signal':
        return writeSignal(encoder, FRAME_SIGNAL, frame)
      case 'ask':
        encoding.writeUint8(encoder, FRAME_ASK)
        writeCount(encoder, frame.tried.length, MAX_TRIED)
        for (const connection of frame.tried) writeFixed(encoder, connection, CONNECTION_ID_BYTES)
        return
      case 'update':
        encoding.writeUint8(encoder, FRAME_UPDATE)
        return writePresence(encoder, frame)
      case 'pong':
        return encoding.writeUint8(encoder, FRAME_PONG)
    }
  })

/** Throws a `RangeError` on fields beyond their limits. */
export const encodeServerFrame = (frame: ServerFrame): Uint8Array =>
  encoding.encode((encoder) => {
    switch (frame.type) {
      case 'welcome':
        encoding.writeUint8(encoder, FRAME_WELCOME)
        encoding.writeUint8(encoder, PROTOCOL_VERSION)
        writeFixed(encoder, frame.connection, CONNECTION_ID_BYTES)
        return writeIntroductions(encoder, frame)
      case 'introduced':
        encoding.writeUint8(encoder, FRAME_INTRODUCED)
        return writeIntroduction(encoder, frame)
      case 'signal':
        return writeSignal(encoder, FRAME_SIGNALED, frame)
      case 'gone':
        encoding.writeUint8(encoder, FRAME_GONE)
        return writeFixed(encoder, frame.connection, CONNECTION_ID_BYTES)
      case 'introductions':
        encoding.writeUint8(encoder, FRAME_INTRODUCTIONS)
        return writeIntroductions(encoder, frame)
      case 'ping':
        return encoding.writeUint8(encoder, FRAME_PING)
      case 'drain':
        if (frame.reconnectInMs !== frame.reconnectInMs >>> 0) throw new RangeError('expected a time that fits 32 bits')
        encoding.writeUint8(encoder, FRAME_DRAIN)
        return encoding.writeUint32BigEndian(encoder, frame.reconnectInMs)
    }
  })

/** Throws a {@link DecodeError} and nothing else. Byte fields of the result are views of `bytes`. */
export const decodeClientFrame = (bytes: Uint8Array): ClientFrame | OtherVersionFrame =>
  decodeWhole(bytes, (reader, type) => {
    switch (type) {
      case FRAME_JOIN: {
        const version = reader.u8()
        if (version !== PROTOCOL_VERSION) return skipOtherVersion(reader, version)
        return { type: 'join', topic: reader.bytes(TOPIC_BYTES), ...readPresence(reader) }
      }
      case FRAME_SIGNAL:
        return readSignal(reader)
      case FRAME_ASK:
        return { type: 'ask', tried: readMany(reader, MAX_TRIED, () => reader.bytes(CONNECTION_ID_BYTES)) }
      case FRAME_UPDATE:
        return { type: 'update', ...readPresence(reader) }
      case FRAME_PONG:
        return { type: 'pong' }
      default:
        throw new DecodeError(`unknown type ${type}`)
    }
  })

/** Throws a {@link DecodeError} and nothing else. Byte fields of the result are views of `bytes`. */
export const decodeServerFrame = (bytes: Uint8Array): ServerFrame | OtherVersionFrame =>
  decodeWhole(bytes, (reader, type) => {
    switch (type) {
      case FRAME_WELCOME: {
        const version = reader.u8()
        if (version !== PROTOCOL_VERSION) return skipOtherVersion(reader, version)
        return { type: 'welcome', connection: reader.bytes(CONNECTION_ID_BYTES), ...readIntroductions(reader) }
      }
      case FRAME_INTRODUCED:
        return { type: 'introduced', ...readIntroduction(reader) }
      case FRAME_SIGNALED:
        return readSignal(reader)
      case FRAME_GONE:
        return { type: 'gone', connection: reader.bytes(CONNECTION_ID_BYTES) }
      case FRAME_INTRODUCTIONS:
        return { type: 'introductions', ...readIntroductions(reader) }
      case FRAME_PING:
        return { type: 'ping' }
      case FRAME_DRAIN:
        return { type: 'drain', reconnectInMs: readUint32(reader) }
      default:
        throw new DecodeError(`unknown type ${type}`)
    }
  })

const writeFixed = (encoder: encoding.Encoder, bytes: Uint8Array, size: number): void => {
  if (bytes.length !== size) throw new RangeError(`expected ${size} bytes, got ${bytes.length}`)
  encoding.writeUint8Array(encoder, bytes)
}

const writeCount = (encoder: encoding.Encoder, count: number, max: number): void => {
  if (count > max) throw new RangeError(`expected at most ${max} entries, got ${count}`)
  encoding.writeUint8(encoder, count)
}

const writePresence = (encoder: encoding.Encoder, { bot, full, hello }: Presence): void => {
  if (hello.length < 1 || hello.length > MAX_HELLO_BYTES) {
    throw new RangeError(`expected a hello of 1 to ${MAX_HELLO_BYTES} bytes, got ${hello.length}`)
  }
  encoding.writeUint8(encoder, (bot ? FLAG_BOT : 0) | (full ? FLAG_FULL : 0))
  encoding.writeVarUint8Array(encoder, hello)
}

const writeIntroduction = (encoder: encoding.Encoder, introduction: Introduction): void => {
  writeFixed(encoder, introduction.connection, CONNECTION_ID_BYTES)
  writePresence(encoder, introduction)
}

const writeIntroductions = (encoder: encoding.Encoder, { empty, introductions }: Introductions): void => {
  if (empty && introductions.length > 0) throw new RangeError('an empty room introduces nobody')
  encoding.writeUint8(encoder, empty ? 1 : 0)
  writeCount(encoder, introductions.length, MAX_INTRODUCTIONS)
  for (const introduction of introductions) writeIntroduction(encoder, introduction)
}

const writeSignal = (
  encoder: encoding.Encoder,
  type: number,
  { connection, payload }: { connection: Uint8Array; payload: Uint8Array },
): void => {
  if (payload.length < 1 || payload.length > MAX_SIGNAL_BYTES) {
    throw new RangeError(`expected a payload of 1 to ${MAX_SIGNAL_BYTES} bytes, got ${payload.length}`)
  }
  encoding.writeUint8(encoder, type)
  writeFixed(encoder, connection, CONNECTION_ID_BYTES)
  encoding.writeUint8Array(encoder, payload)
}

const decodeWhole = <Frame>(bytes: Uint8Array, read: (reader: Reader, type: number) => Frame): Frame => {
  if (bytes.length > MAX_SERVER_FRAME_BYTES) throw new DecodeError('longer than any frame')
  const reader = new Reader(bytes)
  const frame = read(reader, reader.u8())
  reader.end()
  return frame
}

const readUint32 = (reader: Reader): number => {
  const bytes = reader.bytes(4)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
}

const readMany = <Entry>(reader: Reader, max: number, read: () => Entry): Entry[] => {
  const count = reader.u8()
  if (count > max) throw new DecodeError(`${count} entries where ${max} are allowed`)
  return Array.from({ length: count }, read)
}

const readPresence = (reader: Reader): Presence => {
  const flags = reader.u8()
  const hello = reader.prefixed(MAX_HELLO_BYTES)
  if (hello.length === 0) throw new DecodeError('empty hello')
  return { bot: (flags & FLAG_BOT) !== 0, full: (flags & FLAG_FULL) !== 0, hello }
}

const readIntroduction = (reader: Reader): Introduction => ({
  connection: reader.bytes(CONNECTION_ID_BYTES),
  ...readPresence(reader),
})

const readIntroductions = (reader: Reader): Introductions => {
  const empty = reader.u8()
  if (empty > 1) throw new DecodeError(`${empty} where 0 or 1 is allowed`)
  const introductions = readMany(reader, MAX_INTRODUCTIONS, () => readIntroduction(reader))
  if (empty === 1 && introductions.length > 0) throw new DecodeError('introductions to an empty room')
  return { empty: empty === 1, introductions }
}

const readSignal = (reader: Reader): { type: 'signal'; connection: Uint8Array; payload: Uint8Array } => {
  const connection = reader.bytes(CONNECTION_ID_BYTES)
  const payload = reader.rest()
  if (payload.length < 1 || payload.length > MAX_SIGNAL_BYTES) {
    throw new DecodeError(`payload of ${payload.length} bytes`)
  }
  return { type: 'signal', connection, payload }
}

const skipOtherVersion = (reader: Reader, version: number): OtherVersionFrame => {
  reader.rest()
  return { type: 'other-version', version }
}
