/** Runs tasks one after the other, in the order in which they were handed in, whatever becomes of each. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  run<Value>(task: () => Promise<Value>): Promise<Value> {
    const running = this.#last.then(task, task)
    this.#last = running.catch(() => undefined)
    return running
  }

  /** Resolves when all that was handed in by now is done. */
  async settled(): Promise<void> {
    await this.#last
  }
}
