import { MAX_MEMBER_FRAME_BYTES } from '../protocol/limits.js'

/** What a frame should take at most, as time on the wire, and the least of it all the same. */
const FRAME_MS = 50
const LEAST_FRAME_BYTES = 4_096
/** Until a link has shown its rate. */
const FIRST_FRAME_BYTES = 16_384
/** A sample needs so many bytes: small writes say more about timers than about the link. */
const SAMPLE_BYTES = 8_192

/**
 * How fast a link drains, from the room that it reports, and so how large its frames may be: on a slow link a full
 * frame would keep what is urgent waiting for seconds.
 */
export class Pace {
  #room = 0
  #bulkRoom = 0
  #mark = 0
  #bytesPerMs: number | null = null
  #busySinceMs = 0
  #drained = 0

  /** The room as it is reported, and what of it may be taken by what can wait. */
  report(room: number, nowMs: number, bulkRoom = room): void {
    // The first room of a link has not drained from anywhere.
    if (this.#mark > 0) this.#drained += Math.max(0, room - this.#room)
    this.#room = room
    this.#bulkRoom = bulkRoom
    this.#mark = Math.max(this.#mark, room)
    const isEmpty = room >= this.#mark
    if (this.#drained < SAMPLE_BYTES && !isEmpty) return
    if (this.#drained >= SAMPLE_BYTES) {
      // Less than a millisecond cannot be told from one, which only ever takes a fast link for a slower one.
      const sample = this.#drained / Math.max(1, nowMs - this.#busySinceMs)
      this.#bytesPerMs = this.#bytesPerMs === null ? sample : (this.#bytesPerMs + sample) / 2
    }
    this.#drained = 0
    this.#busySinceMs = nowMs
  }

  written(bytes: number, nowMs: number): void {
    if (this.#room >= this.#mark) {
      this.#busySinceMs = nowMs
      this.#drained = 0
    }
    this.#room -= bytes
    this.#bulkRoom -= bytes
  }

  /** How long what is written takes to leave, as far as that is known. */
  get drainMs(): number {
    return this.#bytesPerMs === null ? 0 : Math.max(0, this.#mark - this.#room) / this.#bytesPerMs
  }

  /** The largest frame that does not keep others waiting. */
  get frameBytes(): number {
    if (this.#bytesPerMs === null) return FIRST_FRAME_BYTES
    return Math.min(MAX_MEMBER_FRAME_BYTES, Math.max(LEAST_FRAME_BYTES, Math.floor(this.#bytesPerMs * FRAME_MS)))
  }

  get room(): number {
    return this.#room
  }

  get bulkRoom(): number {
    return this.#bulkRoom
  }
}
