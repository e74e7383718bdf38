interface Waiting {
  readonly start: () => Promise<void>
  readonly replace: () => void
}

interface Lane {
  next: Waiting | null
}

/** Of what is sent to the same audience, one at a time is on its way; of what waits behind it, the newest alone. */
export class LatestLanes<Result> {
  readonly #createReplaced: () => Result
  readonly #lanes = new Map<string, Lane>()

  /** `createReplaced`: what became of that which never started. */
  constructor(createReplaced: () => Result) {
    this.#createReplaced = createReplaced
  }

  submit(to: string, start: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const waiting = {
        start: () => start().then(resolve, reject),
        replace: () => {
          resolve(this.#createReplaced())
        },
      }
      const lane = this.#lanes.get(to)
      if (lane === undefined) return this.#run(to, waiting)
      lane.next?.replace()
      lane.next = waiting
    })
  }

  #run(to: string, waiting: Waiting): void {
    const lane: Lane = { next: null }
    this.#lanes.set(to, lane)
    void waiting.start().then(() => {
      if (lane.next === null) this.#lanes.delete(to)
      else this.#run(to, lane.next)
    })
  }
}
