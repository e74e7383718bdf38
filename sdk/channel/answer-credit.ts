import { ANSWER_CREDIT } from '../protocol/limits.js'
import { MAX_CREDIT } from './limits.js'

/** Items of an answer that may still be sent before their reader has taken others. */
export class AnswerCredit {
  #left = ANSWER_CREDIT
  #wake: ((mayGoOn: boolean) => void) | null = null

  add(count: number): void {
    this.#left = Math.min(this.#left + count, MAX_CREDIT)
    if (this.#left > 0) this.#settle(true)
  }

  /** Nobody wants any more. */
  end(): void {
    this.#settle(false)
  }

  #settle(mayGoOn: boolean): void {
    this.#wake?.(mayGoOn)
    this.#wake = null
  }

  /** Resolves once one may be sent, and counts it; `false` when that ends first. One at a time. */
  async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    if (this.#left === 0) {
      const mayGoOn = await new Promise<boolean>((resolve) => {
        this.#wake = resolve
      })
      if (!mayGoOn) return false
    }
    this.#left--
    return true
  }
}
