import { MAX_FRAME_BYTES } from '../../sdk/protocol/limits.js'
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
  /**
   * Room is reported only when the owner knows of less than half of the mark, or of less than the largest frame, as
   * event-driven transports do.
   */
  readonly lazyRoom: boolean
}

export interface PipeHandlers {
  arrive(bytes: Uint8Array): void
  room(bytes: number): void
}

interface Frame {
  readonly bytes: Uint8Array
  readonly isLost: boolean
  /** On top of the last departure. */
  readonly flightMs: number
  departsMs: number
  arrivesMs: number
}

/**
 * One direction of one lane: a send buffer that empties at the link's rate, then a flight of fixed order. Nothing is
 * refused beyond the mark: keeping within reported room is the engine's duty, and the member's host checks it.
 *
 * When a frame departs and arrives is worked out as it is written, so that most take one event of the queue.
 */
export class Pipe {
  /** In order; the first `#departed` are in flight, the others in the send buffer. */
  #frames: Frame[] = []
  #departed = 0
  #bufferedBytes = 0
  #departsMs = 0
  #arrivesMs = 0
  #stalledUntilMs = 0
  #lagMs = 0
  #lagUntilMs = 0
  /** What the owner may write by all that it has been told. */
  #knownRoom: number
  #isLanding = false
  #isWatched = false
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
    this.#knownRoom = shape.markBytes
  }

  write(bytes: Uint8Array): void {
    if (this.#frozen || this.#onEmpty !== null) return
    const { delayMs, jitterMs, loss } = this.#shape
    const lagMs = this.#queue.nowMs < this.#lagUntilMs ? this.#lagMs : 0
    const frame: Frame = {
      bytes: bytes.slice(),
      isLost: loss > 0 && this.#random.chance(loss),
      flightMs: delayMs + this.#random.float() * jitterMs + lagMs,
      departsMs: 0,
      arrivesMs: 0,
    }
    this.#depart()
    this.#time(frame)
    this.#frames.push(frame)
    this.#bufferedBytes += bytes.length
    this.#knownRoom -= bytes.length
    this.#land()
    this.#watchRoom()
  }

  /** Nothing leaves or arrives before this time; nothing is lost either. */
  stall(untilMs: number): void {
    if (untilMs <= this.#stalledUntilMs) return
    this.#depart()
    this.#stalledUntilMs = untilMs
    this.#departsMs = this.#arrivesMs = 0
    this.#frames.forEach((frame, index) => {
      if (index >= this.#departed) return this.#time(frame)
      frame.arrivesMs = this.#arrivesMs = Math.max(frame.arrivesMs, untilMs)
    })
  }

  /** What is written from now until then takes so much longer to arrive. */
  lag(byMs: number, untilMs: number): void {
    this.#lagMs = byMs
    this.#lagUntilMs = untilMs
  }

  /** Nothing leaves or arrives any more, and no room is reported. */
  freeze(): void {
    this.#frozen = true
    this.#frames = []
    this.#departed = 0
    this.#onEmpty = null
  }

  /** Hands over the first of what is in flight, as many as chance will have it. */
  spill(): void {
    this.#depart()
    for (let count = this.#random.integer(0, this.#departed); count > 0 && !this.#frozen; count--) this.#arrive()
  }

  dropWaiting(): void {
    this.#depart()
    this.#frames.length = this.#departed
    this.#bufferedBytes = 0
    this.#checkEmpty()
  }

  /** Takes no more; calls back, from the queue, when all that it had has arrived. */
  end(onEmpty: () => void): void {
    this.#onEmpty = onEmpty
    this.#checkEmpty()
  }

  #time(frame: Frame): void {
    const startsMs = Math.max(this.#queue.nowMs, this.#stalledUntilMs, this.#departsMs)
    frame.departsMs = this.#departsMs = startsMs + (frame.bytes.length * 1000) / this.#shape.bytesPerSecond
    frame.arrivesMs = this.#arrivesMs = Math.max(this.#arrivesMs, frame.departsMs + frame.flightMs)
  }

  /** Counts what has left the buffer by now. */
  #depart(): void {
    for (let next = this.#frames[this.#departed]; next; next = this.#frames[++this.#departed]) {
      if (next.departsMs > this.#queue.nowMs) return
      this.#bufferedBytes -= next.bytes.length
    }
  }

  #land(): void {
    const head = this.#frames[0]
    if (this.#isLanding || head === undefined) return
    this.#isLanding = true
    this.#queue.at(head.arrivesMs, () => {
      this.#isLanding = false
      if (this.#frozen) return
      this.#depart()
      if ((this.#frames[0]?.arrivesMs ?? Infinity) <= this.#queue.nowMs) this.#arrive()
      this.#land()
      this.#checkEmpty()
    })
  }

  #arrive(): void {
    const frame = this.#frames.shift()
    if (frame === undefined) return
    this.#departed--
    if (!frame.isLost) this.#handlers.arrive(frame.bytes)
  }

  #watchRoom(): void {
    const { lazyRoom, markBytes } = this.#shape
    const lowBytes = Math.min(markBytes / 2, Math.max(0, markBytes - MAX_FRAME_BYTES))
    const isEnough = lazyRoom ? this.#knownRoom >= markBytes - lowBytes : this.#bufferedBytes === 0
    if (this.#isWatched || isEnough) return
    const enoughBytes = lazyRoom ? lowBytes : Math.max(0, this.#bufferedBytes - 1)
    let left = this.#bufferedBytes
    let index = this.#departed
    while (left > enoughBytes) left -= (this.#frames[index++] as Frame).bytes.length
    this.#isWatched = true
    this.#queue.at(this.#frames[index - 1]?.departsMs ?? this.#queue.nowMs, () => {
      this.#isWatched = false
      if (this.#frozen) return
      this.#depart()
      const isFree = !lazyRoom || this.#bufferedBytes <= lowBytes
      if (isFree) {
        this.#knownRoom = Math.max(0, markBytes - this.#bufferedBytes)
        this.#handlers.room(this.#knownRoom)
      }
      this.#watchRoom()
    })
  }

  #checkEmpty(): void {
    const onEmpty = this.#onEmpty
    if (onEmpty === null || this.#frozen || this.#frames.length > 0) return
    this.#onEmpty = () => undefined
    this.#queue.in(this.#shape.delayMs, onEmpty)
  }
}
