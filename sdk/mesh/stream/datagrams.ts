import { datagramOverhead, type Datagram } from '../../protocol/records.js'

/** What may wait on a stream that does not wait for anybody: more, and the oldest goes. */
const MAX_WAITING = 64
const MAX_WAITING_BYTES = 65_536

/** What one member is to be sent of a stream that promises nothing. */
export class Datagrams {
  readonly #stream: number
  /** Something newer takes the place of what waits. */
  readonly #isLatest: boolean
  #waiting: Uint8Array[] = []
  #bytes = 0
  #next = 1

  constructor(stream: number, isLatest: boolean) {
    this.#stream = stream
    this.#isLatest = isLatest
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  push(bytes: Uint8Array): void {
    if (this.#isLatest) this.clear()
    this.#waiting.push(bytes)
    this.#bytes += bytes.length
    while (this.#waiting.length > MAX_WAITING || this.#bytes > MAX_WAITING_BYTES) this.#shift()
  }

  /** The oldest, if it fits; it is gone from here. */
  take(budget: number): Datagram | null {
    const [bytes] = this.#waiting
    if (bytes === undefined || datagramOverhead + bytes.length > budget) return null
    this.#shift()
    return { type: 'datagram', stream: this.#stream, number: this.#next++, bytes }
  }

  clear(): void {
    this.#waiting = []
    this.#bytes = 0
  }

  #shift(): void {
    this.#bytes -= this.#waiting.shift()?.length ?? 0
  }
}
