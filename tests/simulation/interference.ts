import type { Random } from '../support/random.js'

export interface InterferenceShape {
  /** Shares of the frames that it passes on. */
  readonly drops: number
  readonly doubles: number
  readonly delays: number
  readonly delayMs: number
  /** Says of them that they have been forwarded as often as may be. */
  readonly ages: boolean
}

/** Where the count of hops stands in a frame that is relayed; nothing seals it. */
export const HOPS_AT = 1
export const MOST_HOPS = 8

/** What a relay does to what it passes on: links keep everything, and in order; relays alone need not. */
export class Interference {
  readonly #random: Random
  readonly #shape: InterferenceShape

  constructor(random: Random, shape: InterferenceShape) {
    this.#random = random
    this.#shape = shape
  }

  /** When each copy of this frame goes out. */
  copies(frame: Uint8Array): readonly number[] {
    const { drops, doubles, delays, delayMs, ages } = this.#shape
    if (ages) frame[HOPS_AT] = MOST_HOPS
    if (this.#random.chance(drops)) return []
    const copies = this.#random.chance(doubles) ? 2 : 1
    return Array.from({ length: copies }, () => (this.#random.chance(delays) ? this.#random.between(0, delayMs) : 0))
  }
}
