import { datagramOverhead, type Datagram } from '../../protocol/records.js'

/** What may wait on a stream that does not wait for anybody: more, and the oldest goes. */
const MAX_WAITING = 64
const MAX_WAITING_BYTES = 65_536

type Waiting = Pick<Datagram, 'to' | 'bytes'>

/** What one member is to be sent of a stream that promises nothing. */
export class Datagrams {
  readonly #stream: number
  /** Something newer to the same audience takes the place of what waits. */
  readonly #isLatest: boolean
  #waiting: Waiting[] = []
  #bytes = 0
  #next = 1

  constructor(stream: number, isLatest: boolean) {
    this.#stream = stream
    this.#isLatest = isLatest
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  push(to: Datagram['to'], bytes: Uint8Array): void {
    if (this.#isLatest) this.#replace(to)
    this.#waiting.push({ to, bytes })
    this.#bytes += bytes.length
    while (this.#waiting.length > MAX_WAITING || this.#bytes > MAX_WAITING_BYTES) this.#shift()
  }

  /** The oldest, if it fits; it is gone from here. */
  take(budget: number): Datagram | null {
    const [waiting] = this.#waiting
    if (waiting === undefined || datagramOverhead + waiting.bytes.length > budget) return null
    this.#shift()
    return { type: 'datagram', stream: this.#stream, number: this.#next++, ...waiting }
  }

  clear(): void {
    this.#waiting = []
    this.#bytes = 0
  }

  #replace(to: Datagram['to']): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.to !== to)
    this.#bytes = this.#waiting.reduce((bytes, waiting) => bytes + waiting.bytes.length, 0)
  }

  #shift(): void {
    this.#bytes -= this.#waiting.shift()?.bytes.length ?? 0
  }
}
