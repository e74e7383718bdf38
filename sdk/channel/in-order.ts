import { Queue } from '../util/queue.js'

interface Entry<Value> {
  state: { readonly name: 'pending' } | { readonly name: 'ready'; readonly value: Value }
  readonly size: number
  readonly take: (value: Value) => void
}

/**
 * Takes values in the order in which they were added, each as soon as it and all before it are there. What is there
 * already, with nothing before it, is taken at once.
 */
export class InOrder<Value> {
  readonly #waiting = new Queue<Entry<Value>>()
  #size = 0

  get length(): number {
    return this.#waiting.length
  }

  /** Of those that wait, the sum of what they were said to be large. */
  get size(): number {
    return this.#size
  }

  /** `value` must not reject, nor `take` throw. */
  add(value: Value | Promise<Value>, size: number, take: (value: Value) => void): void {
    if (!(value instanceof Promise)) {
      if (this.#waiting.length === 0) return take(value)
      this.#push({ state: { name: 'ready', value }, size, take })
      return
    }
    const entry: Entry<Value> = { state: { name: 'pending' }, size, take }
    this.#push(entry)
    void value.then((value) => {
      entry.state = { name: 'ready', value }
      this.#drain()
    })
  }

  #push(entry: Entry<Value>): void {
    this.#waiting.push(entry)
    this.#size += entry.size
  }

  #shift(): void {
    this.#size -= this.#waiting.shift()?.size ?? 0
  }

  #drain(): void {
    for (let first = this.#waiting.first; first?.state.name === 'ready'; first = this.#waiting.first) {
      this.#shift()
      first.take(first.state.value)
    }
  }

  /** Forgets what has waited longest. */
  dropFirst(): void {
    this.#shift()
    this.#drain()
  }
}
