export type Traffic = 'congested' | 'clear' | 'unclear'

/** What is left of a rate that was too much. */
const CUT = 0.8
/** How long a cut may take to show before the next. */
const CUT_EVERY_MS = 2_000
/** As a share of itself, in each second without trouble: twice as much after nine. */
const GROWTH_PER_SECOND = 0.08
/** Less is no rate at all, and nothing would come of growing. */
const LEAST = 30_000

/**
 * A rate that nobody has measured, found by what happens: none until there is trouble, then less each time, slowly more without, and none again once it
 * bounds nothing.
 */
export class Cap {
  #value = Infinity
  #cutMs = -Infinity
  #grownMs = 0

  get value(): number {
    return this.#value
  }

  /** `used`: what was allowed up to now. `wanted`: what would be without any cap. */
  update(traffic: Traffic, used: number, wanted: number, nowMs: number): void {
    const elapsedMs = Math.min(nowMs - this.#grownMs, 1_000)
    this.#grownMs = nowMs
    if (traffic === 'congested') {
      if (nowMs - this.#cutMs < CUT_EVERY_MS || used === 0) return
      this.#value = Math.max(LEAST, Math.min(this.#value, used) * CUT)
      this.#cutMs = nowMs
    } else if (traffic === 'clear') {
      this.#value *= 1 + (GROWTH_PER_SECOND * elapsedMs) / 1_000
      if (this.#value >= wanted) this.#value = Infinity
    }
  }
}
