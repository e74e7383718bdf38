import * as encoding from 'lib0/encoding'
import { encodeBase64url } from '../util/base64url.js'
import { concatBytes, encodeUtf8 } from '../util/bytes.js'
import { DecodeError } from './decode-error.js'
import {
  MAX_EXTENSION_BYTES,
  MAX_EXTENSION_NAME_BYTES,
  MAX_RECORD_BLOCKS,
  MAX_BLOCK_BYTES,
  MAX_GROWTH_HASHES,
  MAX_LOG_BLOCKS,
  MAX_PROOF_HASHES,
  PRESENCE_BLOCKS,
} from './limits.js'
import { LOG_HEAD_BYTES } from './log-head.js'
import { Reader } from './reader.js'

/**
 * What two devices say to each other of one log, each `code u8` and then
 *
 * OPEN   = 0x01 | log id 32 | capability 32
 * HEAD   = 0x02 | HEAD 137
 * HAVE   = 0x03 | start varint | count varint | bits (count + 7) / 8, or none for all of them
 * REQ    = 0x04 | id varint | start varint | count varint | size varint
 * CANCEL = 0x05 | id varint
 * DATA   = 0x06 | id varint | flags u8 (1: the last) | first varint | one or more times (block lp | n u8 | n times 32)
 * ASK    = 0x07 | id varint | from varint
 * UP     = 0x08 | id varint | HEAD 137 | n u8 | n times 32
 * NODATA = 0x09 | id varint
 * FORK   = 0x0a | FORK
 * EXT    = 0x0b | name lp (1 to 64) | payload (up to 16,384)
 * KEEP   = 0x0c | id varint | start varint | count varint
 * KEPT   = 0x0d | id varint
 * CHECK  = 0x0e
 */
const CODE = {
  OPEN: 1,
  HEAD: 2,
  HAVE: 3,
  REQ: 4,
  CANCEL: 5,
  DATA: 6,
  ASK: 7,
  UP: 8,
  NODATA: 9,
  FORK: 10,
  EXT: 11,
  KEEP: 12,
  KEPT: 13,
  CHECK: 14,
} as const
const LAST = 1
const HASH_BYTES = 32

/** A block with the hashes that, beside what came before it in an answer, prove it. */
export interface ProvedBlock {
  readonly block: Uint8Array
  readonly proof: readonly Uint8Array[]
}

export interface LogData {
  readonly type: 'data'
  readonly id: number
  readonly isLast: boolean
  readonly first: number
  readonly blocks: readonly ProvedBlock[]
}

export type LogFrame =
  | { readonly type: 'open'; readonly logId: Uint8Array; readonly capability: Uint8Array }
  | { readonly type: 'head'; readonly head: Uint8Array }
  /** Of `count` blocks from `start` on those whose bits are 1, lowest first, and no others; `null` for all. */
  | { readonly type: 'have'; readonly start: number; readonly count: number; readonly bits: Uint8Array | null }
  /** Blocks, proved against the tree of this size. */
  | { readonly type: 'req'; readonly id: number; readonly start: number; readonly count: number; readonly size: number }
  | { readonly type: 'cancel'; readonly id: number }
  | LogData
  /** How the tree grew from this size on, which may be 0. */
  | { readonly type: 'ask'; readonly id: number; readonly from: number }
  | { readonly type: 'up'; readonly id: number; readonly head: Uint8Array; readonly nodes: readonly Uint8Array[] }
  | { readonly type: 'nodata'; readonly id: number }
  | { readonly type: 'fork'; readonly evidence: Uint8Array }
  /** An application's own, by its name. */
  | { readonly type: 'ext'; readonly name: string; readonly payload: Uint8Array }
  /** Whether these blocks are there durably. */
  | { readonly type: 'keep'; readonly id: number; readonly start: number; readonly count: number }
  | { readonly type: 'kept'; readonly id: number }
  /** What was brought is not proved: look at what is asked for from here on before it is sent. */
  | { readonly type: 'check' }

const codeOf = {
  open: CODE.OPEN,
  head: CODE.HEAD,
  have: CODE.HAVE,
  req: CODE.REQ,
  cancel: CODE.CANCEL,
  ask: CODE.ASK,
  up: CODE.UP,
  nodata: CODE.NODATA,
  fork: CODE.FORK,
  ext: CODE.EXT,
  keep: CODE.KEEP,
  kept: CODE.KEPT,
  check: CODE.CHECK,
} as const satisfies Record<Exclude<LogFrame['type'], 'data'>, number>

const writeHashes = (encoder: encoding.Encoder, hashes: readonly Uint8Array[]): void => {
  encoding.writeUint8(encoder, hashes.length)
  for (const hash of hashes) encoding.writeUint8Array(encoder, hash)
}

/** Does not look at the limits of what it is given. */
export const encodeLogFrame = (frame: LogFrame): Uint8Array =>
  frame.type === 'data' ? concatBytes(...encodeLogData(frame)) : encodeSmall(frame)

/** In parts, for `framed`: what is large is copied once. Does not look at the limits of what it is given. */
export const encodeLogData = ({ id, isLast, first, blocks }: Omit<LogData, 'type'>): readonly Uint8Array[] => {
  const head = encoding.encode((encoder) => {
    encoding.writeUint8(encoder, CODE.DATA)
    encoding.writeVarUint(encoder, id)
    encoding.writeUint8(encoder, isLast ? LAST : 0)
    encoding.writeVarUint(encoder, first)
  })
  const parts = blocks.flatMap(({ block, proof }) => [
    encoding.encode((encoder) => encoding.writeVarUint(encoder, block.length)),
    block,
    Uint8Array.of(proof.length),
    ...proof,
  ])
  return [head, ...parts]
}

const encodeSmall = (frame: Exclude<LogFrame, { type: 'data' }>): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeUint8(encoder, codeOf[frame.type])
    switch (frame.type) {
      case 'open':
        encoding.writeUint8Array(encoder, frame.logId)
        return encoding.writeUint8Array(encoder, frame.capability)
      case 'head':
        return encoding.writeUint8Array(encoder, frame.head)
      case 'have':
        encoding.writeVarUint(encoder, frame.start)
        encoding.writeVarUint(encoder, frame.count)
        if (frame.bits !== null) encoding.writeUint8Array(encoder, frame.bits)
        return
      case 'req':
        for (const number of [frame.id, frame.start, frame.count, frame.size]) encoding.writeVarUint(encoder, number)
        return
      case 'cancel':
      case 'nodata':
      case 'kept':
        return encoding.writeVarUint(encoder, frame.id)
      case 'keep':
        for (const number of [frame.id, frame.start, frame.count]) encoding.writeVarUint(encoder, number)
        return
      case 'ask':
        encoding.writeVarUint(encoder, frame.id)
        return encoding.writeVarUint(encoder, frame.from)
      case 'up':
        encoding.writeVarUint(encoder, frame.id)
        encoding.writeUint8Array(encoder, frame.head)
        return writeHashes(encoder, frame.nodes)
      case 'fork':
        return encoding.writeUint8Array(encoder, frame.evidence)
      case 'ext':
        encoding.writeVarUint8Array(encoder, encodeUtf8(frame.name))
        return encoding.writeUint8Array(encoder, frame.payload)
      case 'check':
        return
    }
  })

const readHashes = (reader: Reader, most: number): Uint8Array[] => {
  const count = reader.u8()
  if (count > most) throw new DecodeError('proof too long')
  return Array.from({ length: count }, () => reader.bytes(HASH_BYTES))
}

/** Blocks from `start` on, at least one, that a log may have. */
const readRange = (reader: Reader, most: number): { readonly start: number; readonly count: number } => {
  const start = reader.varint()
  const count = reader.varint()
  if (count < 1 || count > most) throw new DecodeError('bad number of blocks')
  if (start > MAX_LOG_BLOCKS - count) throw new DecodeError('beyond any log')
  return { start, count }
}

const readHave = (reader: Reader): LogFrame => {
  const { start, count } = readRange(reader, MAX_LOG_BLOCKS)
  if (reader.left === 0) return { type: 'have', start, count, bits: null }
  if (count > PRESENCE_BLOCKS) throw new DecodeError('too many bits')
  const bits = reader.bytes(Math.ceil(count / 8))
  if ((bits.at(-1) as number) >> (((count - 1) & 7) + 1) !== 0) throw new DecodeError('bits beyond the last')
  return { type: 'have', start, count, bits }
}

const readRequest = (reader: Reader): LogFrame => {
  const id = reader.varint()
  const { start, count } = readRange(reader, MAX_RECORD_BLOCKS)
  const size = reader.varint()
  if (size < start + count || size > MAX_LOG_BLOCKS) throw new DecodeError('blocks beyond the tree')
  return { type: 'req', id, start, count, size }
}

const readData = (reader: Reader): LogFrame => {
  const id = reader.varint()
  const flags = reader.u8()
  if (flags > LAST) throw new DecodeError('unknown flags')
  const first = reader.varint()
  const blocks: ProvedBlock[] = []
  do {
    if (blocks.length === MAX_RECORD_BLOCKS) throw new DecodeError('too many blocks')
    blocks.push({ block: reader.prefixed(MAX_BLOCK_BYTES), proof: readHashes(reader, MAX_PROOF_HASHES) })
  } while (reader.left > 0)
  if (first > MAX_LOG_BLOCKS - blocks.length) throw new DecodeError('beyond any log')
  return { type: 'data', id, isLast: flags === LAST, first, blocks }
}

const readAsk = (reader: Reader): LogFrame => {
  const id = reader.varint()
  const from = reader.varint()
  if (from >= MAX_LOG_BLOCKS) throw new DecodeError('beyond any log')
  return { type: 'ask', id, from }
}

const readExtension = (reader: Reader): LogFrame => {
  const name = reader.text(MAX_EXTENSION_NAME_BYTES)
  const payload = reader.rest()
  if (name === '') throw new DecodeError('no name')
  if (payload.length > MAX_EXTENSION_BYTES) throw new DecodeError('too large for an extension')
  return { type: 'ext', name, payload }
}

const decodeBody = (code: number, reader: Reader): LogFrame => {
  switch (code) {
    case CODE.OPEN:
      return { type: 'open', logId: reader.bytes(HASH_BYTES), capability: reader.bytes(HASH_BYTES) }
    case CODE.HEAD:
      return { type: 'head', head: reader.bytes(LOG_HEAD_BYTES) }
    case CODE.HAVE:
      return readHave(reader)
    case CODE.REQ:
      return readRequest(reader)
    case CODE.CANCEL:
      return { type: 'cancel', id: reader.varint() }
    case CODE.DATA:
      return readData(reader)
    case CODE.ASK:
      return readAsk(reader)
    case CODE.UP: {
      const [id, head] = [reader.varint(), reader.bytes(LOG_HEAD_BYTES)]
      return { type: 'up', id, head, nodes: readHashes(reader, MAX_GROWTH_HASHES) }
    }
    case CODE.NODATA:
      return { type: 'nodata', id: reader.varint() }
    case CODE.FORK:
      return { type: 'fork', evidence: reader.rest() }
    case CODE.EXT:
      return readExtension(reader)
    case CODE.KEEP:
      return { type: 'keep', id: reader.varint(), ...readRange(reader, MAX_LOG_BLOCKS) }
    case CODE.KEPT:
      return { type: 'kept', id: reader.varint() }
    case CODE.CHECK:
      return { type: 'check' }
    default:
      throw new DecodeError('unknown code')
  }
}

/** Which log an OPEN is of, in base64url; `null` for every other frame, and what is none. */
export const logIdIn = (bytes: Uint8Array): string | null =>
  bytes[0] === CODE.OPEN && bytes.length === 1 + 2 * HASH_BYTES
    ? encodeBase64url(bytes.subarray(1, 1 + HASH_BYTES))
    : null

/** Its bytes are views of `bytes`. Whether heads, proofs and evidence are genuine is not looked at. */
export const decodeLogFrame = (bytes: Uint8Array): LogFrame => {
  const reader = new Reader(bytes)
  const frame = decodeBody(reader.u8(), reader)
  reader.end()
  return frame
}
