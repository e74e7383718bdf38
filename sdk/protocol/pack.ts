import * as encoding from 'lib0/encoding'
import { FRAME } from './codes.js'
import { concatBytes } from '../util/bytes.js'
import { writeChunkHead, writeRecord, type MemberRecord } from './records.js'

/** From this size on a payload is copied once, into the finished frame, and not by the encoder on its way there. */
const LARGE_BYTES = 4_096

/**
 * Gathers records up to a number of bytes. The caller asks for `left` before it writes; what goes beyond it is not
 * refused here.
 */
export class PackWriter {
  /** What is complete, in order; the encoder holds what comes after it. */
  readonly #parts: Uint8Array[] = []
  #partBytes = 0
  #encoder = encoding.createEncoder()
  readonly #room: number
  readonly #headBytes: number

  /** `frame` is a PACK frame, `sealed` the records alone, which RLY carries sealed. */
  constructor(kind: 'frame' | 'sealed', room: number) {
    this.#room = room
    if (kind === 'frame') encoding.writeUint8(this.#encoder, FRAME.PACK)
    this.#headBytes = this.#length
  }

  /** Bytes that may still be written. */
  get left(): number {
    return this.#room - this.#length
  }

  get isEmpty(): boolean {
    return this.#length === this.#headBytes
  }

  write(record: MemberRecord): void {
    const isLarge = (record.type === 'all' || record.type === 'one') && record.bytes.length >= LARGE_BYTES
    if (!isLarge) return writeRecord(this.#encoder, record)
    writeChunkHead(this.#encoder, record)
    this.#part(encoding.toUint8Array(this.#encoder))
    this.#part(record.bytes)
    this.#encoder = encoding.createEncoder()
  }

  /** Adds a record that is encoded already. */
  append(encoded: Uint8Array): void {
    encoding.writeUint8Array(this.#encoder, encoded)
  }

  finish(): Uint8Array {
    const last = encoding.toUint8Array(this.#encoder)
    return this.#parts.length === 0 ? last : concatBytes(...this.#parts, last)
  }

  get #length(): number {
    return this.#partBytes + encoding.length(this.#encoder)
  }

  #part(bytes: Uint8Array): void {
    this.#parts.push(bytes)
    this.#partBytes += bytes.length
  }
}
