import { AsyncQueue } from './async-queue.js'
import { MAX_WAITING_BYTES, MAX_WAITING_ITEMS } from './limits.js'
import type { StreamGate } from './stream-gate.js'

interface Waiting<Message> {
  readonly message: Message
  readonly size: number
}

/**
 * The messages of a channel from its making on, for one reader. While more wait than may, streams that bring yet more are
 * paused, so that the senders wait; what is on its way by then is still taken, a window of each. Where senders do not wait,
 * the oldest go.
 */
export class MessageIterator<Message> implements AsyncIterableIterator<Message, undefined> {
  readonly #queue: AsyncQueue<Waiting<Message>>
  readonly #isReliable: boolean
  /** Those that are paused on my account. */
  readonly #held = new Set<StreamGate>()
  #bytes = 0

  constructor(isReliable: boolean, returned: () => void) {
    this.#isReliable = isReliable
    this.#queue = new AsyncQueue({
      taken: ({ size }) => {
        this.#bytes -= size
        this.#releaseAtHalf()
      },
      returned: () => {
        this.#releaseAll()
        returned()
      },
    })
  }

  push(message: Message, size: number, gate: StreamGate): void {
    // A sender that takes the channel for an unreliable one must not drive out what others were promised.
    if (this.#isFull && this.#isReliable && !gate.canWait) return
    this.#bytes += size
    this.#queue.push({ message, size })
    if (!this.#isFull) return
    if (this.#isReliable) {
      this.#held.add(gate)
      gate.hold(this)
    } else this.#dropOldest()
  }

  get #isFull(): boolean {
    return this.#queue.length > MAX_WAITING_ITEMS || this.#bytes > MAX_WAITING_BYTES
  }

  /** All but the newest, if that alone is too much. */
  #dropOldest(): void {
    while (this.#isFull && this.#queue.length > 1) this.#bytes -= this.#queue.shift()?.size ?? 0
  }

  #releaseAtHalf(): void {
    if (this.#queue.length <= MAX_WAITING_ITEMS / 2 && this.#bytes <= MAX_WAITING_BYTES / 2) this.#releaseAll()
  }

  #releaseAll(): void {
    for (const gate of this.#held) gate.release(this)
    this.#held.clear()
  }

  /** The channel is closed: what waits can still be read. */
  end(): void {
    this.#releaseAll()
    this.#queue.end()
  }

  async next(): Promise<IteratorResult<Message, undefined>> {
    const result = await this.#queue.next()
    return result.done === true ? result : { value: result.value.message, done: false }
  }

  async return(): Promise<IteratorResult<Message, undefined>> {
    await this.#queue.return()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
