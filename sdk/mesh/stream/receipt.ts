import type { DeliveryFailure, DeliveryReport } from '../events.js'

/** What becomes of one message whose sender wants to know. */
export class Receipt {
  readonly submission: number
  readonly #onComplete: (receipt: Receipt) => void
  readonly #delivered: string[] = []
  readonly #failed: DeliveryFailure[] = []
  /** One more than recipients without an outcome, while they are still being counted. */
  #waiting = 1

  constructor(submission: number, onComplete: (receipt: Receipt) => void) {
    this.submission = submission
    this.#onComplete = onComplete
  }

  get report(): DeliveryReport {
    return { delivered: this.#delivered, failed: this.#failed }
  }

  /** One more recipient. */
  expect(): void {
    this.#waiting++
  }

  /** All recipients are counted. */
  close(): void {
    this.#settleOne()
  }

  delivered(id: string): void {
    this.#delivered.push(id)
    this.#settleOne()
  }

  failed(failure: DeliveryFailure): void {
    this.#failed.push(failure)
    this.#settleOne()
  }

  #settleOne(): void {
    if (--this.#waiting === 0) this.#onComplete(this)
  }
}
