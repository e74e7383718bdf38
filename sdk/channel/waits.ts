/** Promises that wait: each is settled by what it waits for, by its signal, or together with all others. */
export class Waits {
  readonly #rejects = new Set<(error: unknown) => void>()

  /**
   * `start` is called now. An abort ends the waiting alone, not what is waited for; `isOver` says whether anybody still
   * waits, to whoever can still refrain.
   */
  add<Value>(
    signal: AbortSignal | undefined,
    start: (resolve: (value: Value) => void, reject: (error: unknown) => void, isOver: () => boolean) => void,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      const forget = () => {
        this.#rejects.delete(fail)
        signal?.removeEventListener('abort', handleAbort)
      }
      const fail = (error: unknown) => {
        forget()
        reject(error)
      }
      const handleAbort = () => {
        fail(signal?.reason)
      }
      if (signal?.aborted) return handleAbort()
      this.#rejects.add(fail)
      signal?.addEventListener('abort', handleAbort)
      const succeed = (value: Value) => {
        forget()
        resolve(value)
      }
      start(succeed, fail, () => !this.#rejects.has(fail))
    })
  }

  /** A fresh error for each, since nobody may share one. */
  rejectAll(createError: () => Error): void {
    for (const reject of [...this.#rejects]) reject(createError())
  }
}
