import { MAX_MEMBER_FRAME_BYTES } from '../../sdk/protocol/limits.js'
import { isReliable, MESSAGE_STREAM, type Opening } from '../../sdk/protocol/streams.js'
import type { Delivery } from '../../sdk/mesh/events.js'
import { windowOf } from '../../sdk/mesh/stream/outgoing.js'

/** Frames that were under way. */
const slackBytes = 2 * MAX_MEMBER_FRAME_BYTES

interface Read {
  readonly opening: Opening
  /** What has come since no more is taken; `null` while it is. */
  pausedBytes: number | null
}

/** What one member knows of others' streams, and which of them it takes no more of for now. */
export class Reading {
  readonly #streams = new Map<string, Map<number, Read>>()

  opened(from: string, opening: Opening): void {
    let streams = this.#streams.get(from)
    if (streams === undefined) this.#streams.set(from, (streams = new Map<number, Read>()))
    streams.set(opening.stream, { opening, pausedBytes: null })
  }

  /** All of its streams are over. */
  part(from: string): void {
    this.#streams.delete(from)
  }

  has(from: string, stream: number): boolean {
    return this.#streams.get(from)?.has(stream) === true
  }

  /** Whether there is such a stream. */
  pause(from: string, stream: number, isPaused: boolean): boolean {
    const read = this.#streams.get(from)?.get(stream)
    if (read !== undefined) read.pausedBytes = isPaused ? 0 : null
    return read !== undefined
  }

  /** What is wrong with that this comes, if anything. */
  deliver({ from, stream, bytes }: Pick<Delivery, 'from' | 'stream' | 'bytes'>): string | null {
    if (stream === MESSAGE_STREAM) return null
    const read = this.#streams.get(from)?.get(stream)
    if (read === undefined) return 'which was not opened'
    if (read.pausedBytes === null) return null
    if (!isReliable(read.opening.mode)) return 'which is paused'
    // The message that had begun is whole with this one, and may be larger than a window.
    const isBeyond = read.pausedBytes > windowOf(read.opening) + slackBytes
    read.pausedBytes += bytes.length
    return isBeyond ? `which is paused, after ${read.pausedBytes} bytes more` : null
  }
}
