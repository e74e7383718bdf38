const maxSamples = 60
const stillSamples = 4

/** How fast a file moves, sample by sample: the figures behind its plot. */
export class Pace {
  readonly #samples: number[] = []
  #last: { readonly bytes: number; readonly atMs: number } | null = null

  /** Bytes a second, the oldest first. */
  get samples(): readonly number[] {
    return this.#samples
  }

  /** Nothing has come for some samples, which a rate over a longer time does not show yet. */
  get isStill(): boolean {
    return this.#samples.length > 0 && this.#samples.slice(-stillSamples).every((sample) => sample === 0)
  }

  /** To be called at an even pace. */
  sample(bytes: number, atMs: number): void {
    if (this.#last !== null && atMs > this.#last.atMs) {
      // When a recipient joins in later, what all of them have goes back.
      this.#samples.push((Math.max(0, bytes - this.#last.bytes) * 1_000) / (atMs - this.#last.atMs))
      if (this.#samples.length > maxSamples) this.#samples.shift()
    }
    this.#last = { bytes, atMs }
  }
}

/**
 * The samples as a line from left to right, as SVG draws paths, with the highest at the top. A line that is not as long yet
 * ends at the right all the same.
 */
export const linePath = (samples: readonly number[], width: number, height: number): string => {
  const highest = Math.max(1, ...samples)
  const step = width / (maxSamples - 1)
  const points = samples.map((sample, index) => {
    const x = width - (samples.length - 1 - index) * step
    return `${x.toFixed(1)} ${(height * (1 - sample / highest)).toFixed(1)}`
  })
  return points.length < 2 ? '' : `M${points.join('L')}`
}
