import { ANSWER_CREDIT } from '../protocol/limits.js'
import type { Asked, Asker } from './asking.js'
import { AsyncQueue } from './async-queue.js'

/** The requester's end of an answer in several items: as it reads on, the handler may. */
export class AnswerStream<Item> implements Asker {
  readonly items: AsyncQueue<Item>
  #asked: Asked | null = null
  #taken = 0

  constructor() {
    this.items = new AsyncQueue<Item>({
      taken: () => {
        this.#handleTaken()
      },
      returned: () => this.#asked?.cancel(),
    })
  }

  begin(asked: Asked): void {
    this.#asked = asked
  }

  /** Half of the credit at a time, so that few frames carry it and the handler need not wait. */
  #handleTaken(): void {
    if (++this.#taken < ANSWER_CREDIT / 2) return
    this.#asked?.grant(this.#taken)
    this.#taken = 0
  }

  answered({ hasValue, value, isLast }: Parameters<Asker['answered']>[0]): void {
    if (hasValue) this.items.push(value as Item)
    if (isLast) this.items.end()
  }

  failed(error: unknown): void {
    this.items.fail(error)
  }
}
