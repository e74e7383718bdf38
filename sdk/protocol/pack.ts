import * as encoding from 'lib0/encoding'
import { FRAME } from './codes.js'
import { concatBytes, joinInto } from '../util/bytes.js'
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
  /** None until something is written: most packs that are begun stay empty. */
  #encoder: encoding.Encoder | null = null
  readonly #kind: 'frame' | 'sealed'
  readonly #room: number

  /** `frame` is a PACK frame, `sealed` the records alone, which RLY carries sealed. */
  constructor(kind: 'frame' | 'sealed', room: number) {
    this.#kind = kind
    this.#room = room
  }

  /** Bytes that may still be written. */
  get left(): number {
    if (this.#encoder === null) return this.#room - (this.#kind === 'frame' ? 1 : 0)
    return this.#room - this.#partBytes - encoding.length(this.#encoder)
  }

  get isEmpty(): boolean {
    return this.#encoder === null
  }

  write(record: MemberRecord): void {
    const isLarge = (record.type === 'all' || record.type === 'one') && record.bytes.length >= LARGE_BYTES
    const encoder = this.#begin()
    if (!isLarge) return writeRecord(encoder, record)
    writeChunkHead(encoder, record)
    this.#part(encoding.toUint8Array(encoder))
    this.#part(record.bytes)
    this.#encoder = encoding.createEncoder()
  }

  /** Adds a record that is encoded already. */
  append(encoded: Uint8Array): void {
    encoding.writeUint8Array(this.#begin(), encoded)
  }

  /** With `space`, which must have room for it, a view of that where that saves time: to be used before the next. */
  finish(space?: Uint8Array): Uint8Array {
    const last = encoding.toUint8Array(this.#begin())
    if (this.#parts.length === 0) return last
    const parts = [...this.#parts, last]
    return space === undefined ? concatBytes(...parts) : joinInto(space, parts)
  }

  #begin(): encoding.Encoder {
    if (this.#encoder !== null) return this.#encoder
    const encoder = encoding.createEncoder()
    if (this.#kind === 'frame') encoding.writeUint8(encoder, FRAME.PACK)
    this.#encoder = encoder
    return encoder
  }

  #part(bytes: Uint8Array): void {
    this.#parts.push(bytes)
    this.#partBytes += bytes.length
  }
}
