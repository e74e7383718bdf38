/** What became of a request to one of several members. */
export type RequestResult<Answer = unknown> =
  | { readonly id: string; readonly status: 'fulfilled'; readonly value: Answer }
  /** `error`: what `request` would reject with. */
  | { readonly id: string; readonly status: 'rejected'; readonly error: unknown }

/** A result for each member, as they come. May be read any number of times, from the first on each time. */
export interface RequestResults<Answer = unknown> extends AsyncIterable<RequestResult<Answer>> {
  /** Resolves with all of them, in the order in which they came. Rejects as reading them does. */
  all(): Promise<readonly RequestResult<Answer>[]>
}

/** Gathers one result for each of so many members. */
export class ResultList<Answer> implements RequestResults<Answer> {
  readonly #expected: number
  readonly #watch: <Value>(start: () => Promise<Value>) => Promise<Value>
  readonly #results: RequestResult<Answer>[] = []
  readonly #waiting = new Set<() => void>()
  #failure: { readonly error: unknown } | null = null

  /** `watch` sees to promises that nobody awaits. */
  constructor(expected: number, watch: <Value>(start: () => Promise<Value>) => Promise<Value>) {
    this.#expected = expected
    this.#watch = watch
  }

  add(result: RequestResult<Answer>): void {
    this.#results.push(result)
    this.#wake()
  }

  /** There is no point in reading on. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RequestResult<Answer>, undefined> {
    for (let i = 0; i < this.#expected || this.#failure !== null; i++) {
      const result = await this.#at(i)
      yield result
    }
    return undefined
  }

  async #at(index: number): Promise<RequestResult<Answer>> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error
      const result = this.#results[index]
      if (result !== undefined) return result
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  all(): Promise<readonly RequestResult<Answer>[]> {
    return this.#watch(async () => {
      const results: RequestResult<Answer>[] = []
      for await (const result of this) results.push(result)
      return results
    })
  }
}
