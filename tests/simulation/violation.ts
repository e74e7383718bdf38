/** A rule that did not hold in a simulated run. `rule` is short and stable; the message says what happened. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly rule: string

  constructor(rule: string, nowMs: number, detail: string, options?: { cause?: unknown }) {
    super(`[${rule}] at ${(nowMs / 1000).toFixed(3)} s: ${detail}`, options)
    this.rule = rule
  }
}
