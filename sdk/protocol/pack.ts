import * as encoding from 'lib0/encoding'
import { FRAME } from './codes.js'
import { writeRecord, type MemberRecord } from './records.js'

/**
 * Gathers records up to a number of bytes. The caller asks for `left` before it writes; what goes beyond it is not
 * refused here.
 */
export class PackWriter {
  readonly #encoder = encoding.createEncoder()
  readonly #room: number
  readonly #headBytes: number

  /** `frame` is a PACK frame, `sealed` the records alone, which RLY carries sealed. */
  constructor(kind: 'frame' | 'sealed', room: number) {
    this.#room = room
    if (kind === 'frame') encoding.writeUint8(this.#encoder, FRAME.PACK)
    this.#headBytes = encoding.length(this.#encoder)
  }

  /** Bytes that may still be written. */
  get left(): number {
    return this.#room - encoding.length(this.#encoder)
  }

  get isEmpty(): boolean {
    return encoding.length(this.#encoder) === this.#headBytes
  }

  write(record: MemberRecord): void {
    writeRecord(this.#encoder, record)
  }

  /** Adds a record that is encoded already. */
  append(encoded: Uint8Array): void {
    encoding.writeUint8Array(this.#encoder, encoded)
  }

  finish(): Uint8Array {
    return encoding.toUint8Array(this.#encoder)
  }
}
