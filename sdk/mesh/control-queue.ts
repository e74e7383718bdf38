import type { PackWriter } from '../protocol/pack.js'

/** More is not answered to who asks and does not take the answers: no honest member has so much to ask. */
const MAX_ANSWER_BYTES = 1_048_576

/**
 * Records that go before everything else, encoded, in order. Beyond its capacity it takes no more: whoever it is for
 * does not read, and hears it from others or with the next refresh.
 */
export class ControlQueue {
  readonly #capacity: number
  readonly #records: Uint8Array[] = []
  #bytes = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether answers may be added. */
  get takesAnswers(): boolean {
    return this.#bytes < MAX_ANSWER_BYTES
  }

  get isEmpty(): boolean {
    return this.#records.length === 0
  }

  push(record: Uint8Array): void {
    if (this.#bytes + record.length > this.#capacity) return
    this.#records.push(record)
    this.#bytes += record.length
  }

  /** As many as fit, oldest first. */
  moveTo(pack: PackWriter): void {
    let taken = 0
    for (let next = this.#records[0]; next !== undefined && next.length <= pack.left; next = this.#records[taken]) {
      pack.append(next)
      this.#bytes -= next.length
      taken++
    }
    this.#records.splice(0, taken)
  }

  clear(): void {
    this.#records.length = 0
    this.#bytes = 0
  }
}
