import type { Random } from '../support/random.js'
import type { EventQueue } from './queue.js'

export interface PipeShape {
  readonly delayMs: number
  /** Up to this much more per frame; frames still arrive in order. */
  readonly jitterMs: number
  readonly bytesPerSecond: number
  readonly markBytes: number
  /** Share of the frames that never arrive. */
  readonly loss: number
  /** Room is reported only once half of the mark is free, as event-driven transports do. */
  readonly lazyRoom: boolean
}

export interface PipeHandlers {
  arrive(bytes: Uint8Array): void
  room(bytes: number): void
}

/**
 * One direction of one lane: a send buffer that empties at the link's rate, then a flight of fixed order. Nothing is
 * refused beyond the mark: keeping within reported room is the engine's duty, and the member's host checks it.
 */
export class Pipe {
  #bufferedBytes = 0
  #waiting: Uint8Array[] = []
  #flying: { readonly bytes: Uint8Array; readonly arriveAtMs: number }[] = []
  #sending = false
  #landing = false
  #lastArrivalMs = 0
  #stalledUntilMs = 0
  #frozen = false
  #onEmpty: (() => void) | null = null
  readonly #queue: EventQueue
  readonly #random: Random
  readonly #shape: PipeShape
  readonly #handlers: PipeHandlers

  constructor(queue: EventQueue, random: Random, shape: PipeShape, handlers: PipeHandlers) {
    this.#queue = queue
    this.#random = random
    this.#shape = shape
    this.#handlers = handlers
  }

  write(bytes: Uint8Array): void {
    if (this.#frozen || this.#onEmpty !== null) return
    this.#waiting.push(bytes)
    this.#bufferedBytes += bytes.length
    this.#send()
  }

  /** Nothing leaves or arrives before this time; nothing is lost either. */
  stall(untilMs: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, untilMs)
  }

  /** Nothing leaves or arrives any more, and no room is reported. */
  freeze(): void {
    this.#frozen = true
    this.#waiting = []
    this.#flying = []
    this.#onEmpty = null
  }

  /** Hands over the first of what is in flight, as many as chance will have it. */
  spill(): void {
    for (let count = this.#random.integer(0, this.#flying.length); count > 0 && !this.#frozen; count--) {
      const frame = this.#flying.shift()
      if (frame !== undefined) this.#handlers.arrive(frame.bytes)
    }
  }

  dropWaiting(): void {
    this.#waiting = []
    this.#checkEmpty()
  }

  /** Takes no more; calls back, from the queue, when all that it had has arrived. */
  end(onEmpty: () => void): void {
    this.#onEmpty = onEmpty
    this.#checkEmpty()
  }

  #send(): void {
    const head = this.#waiting[0]
    if (this.#sending || head === undefined) return
    this.#sending = true
    const startMs = Math.max(this.#queue.nowMs, this.#stalledUntilMs)
    this.#queue.at(startMs + (head.length * 1000) / this.#shape.bytesPerSecond, () => this.#sent())
  }

  #sent(): void {
    this.#sending = false
    if (this.#frozen) return
    if (this.#stalledUntilMs > this.#queue.nowMs) return this.#send()
    const bytes = this.#waiting.shift()
    if (bytes === undefined) return
    this.#bufferedBytes -= bytes.length
    if (!this.#random.chance(this.#shape.loss)) {
      const arriveAtMs = Math.max(
        this.#lastArrivalMs,
        this.#queue.nowMs + this.#shape.delayMs + this.#random.float() * this.#shape.jitterMs,
      )
      this.#lastArrivalMs = arriveAtMs
      this.#flying.push({ bytes, arriveAtMs })
      this.#land()
    }
    this.#send()
    if (!this.#shape.lazyRoom || this.#bufferedBytes * 2 <= this.#shape.markBytes) {
      this.#handlers.room(Math.max(0, this.#shape.markBytes - this.#bufferedBytes))
    }
    this.#checkEmpty()
  }

  #land(): void {
    const head = this.#flying[0]
    if (this.#landing || head === undefined) return
    this.#landing = true
    this.#queue.at(Math.max(head.arriveAtMs, this.#stalledUntilMs), () => {
      this.#landing = false
      if (this.#frozen) return
      if (this.#stalledUntilMs <= this.#queue.nowMs) {
        const frame = this.#flying.shift()
        if (frame !== undefined) this.#handlers.arrive(frame.bytes)
      }
      this.#land()
      this.#checkEmpty()
    })
  }

  #checkEmpty(): void {
    const onEmpty = this.#onEmpty
    if (onEmpty === null || this.#frozen || this.#waiting.length > 0 || this.#flying.length > 0) return
    this.#onEmpty = () => undefined
    this.#queue.in(this.#shape.delayMs, onEmpty)
  }
}
