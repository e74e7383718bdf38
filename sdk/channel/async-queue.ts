import { Queue } from '../util/queue.js'

interface Waiter<Item> {
  resolve(result: IteratorResult<Item, undefined>): void
  reject(error: unknown): void
}

type Stage =
  { readonly name: 'open' } | { readonly name: 'ended' } | { readonly name: 'failed'; readonly error: unknown }

export interface AsyncQueueEvents<Item> {
  /** An item leaves the queue, for whoever reads it. */
  taken?(item: Item): void
  /** Its reader wants no more. Called once, and not when it had ended before. */
  returned?(): void
}

/** Items for one reader, who may ask for several at a time. It bounds nothing: its owner does. */
export class AsyncQueue<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #events: AsyncQueueEvents<Item>
  readonly #items = new Queue<Item>()
  readonly #waiters = new Queue<Waiter<Item>>()
  #stage: Stage = { name: 'open' }

  constructor(events: AsyncQueueEvents<Item> = {}) {
    this.#events = events
  }

  get length(): number {
    return this.#items.length
  }

  push(item: Item): void {
    if (this.#stage.name !== 'open') return
    const waiter = this.#waiters.shift()
    if (waiter === undefined) return this.#items.push(item)
    this.#events.taken?.(item)
    waiter.resolve({ value: item, done: false })
  }

  /** Takes out what has waited longest, unread. */
  shift(): Item | undefined {
    return this.#items.shift()
  }

  /** Nothing follows what is in the queue. */
  end(): void {
    this.#close({ name: 'ended' })
  }

  /** As `end`; then `error`, once. */
  fail(error: unknown): void {
    this.#close({ name: 'failed', error })
  }

  #close(stage: Stage): void {
    if (this.#stage.name !== 'open') return
    this.#stage = stage
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) this.#finish(waiter)
  }

  #finish(waiter: Waiter<Item>): void {
    if (this.#stage.name !== 'failed') return waiter.resolve({ value: undefined, done: true })
    const { error } = this.#stage
    this.#stage = { name: 'ended' }
    waiter.reject(error)
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject }
      if (this.#items.length > 0) {
        const value = this.#items.shift() as Item
        this.#events.taken?.(value)
        resolve({ value, done: false })
      } else if (this.#stage.name === 'open') this.#waiters.push(waiter)
      else this.#finish(waiter)
    })
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    const wasOpen = this.#stage.name === 'open'
    this.#stage = wasOpen ? this.#stage : { name: 'ended' }
    this.end()
    while (this.#items.length > 0) this.#items.shift()
    if (wasOpen) this.#events.returned?.()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
