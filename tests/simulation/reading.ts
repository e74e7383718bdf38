import { MAX_MEMBER_FRAME_BYTES } from '../../sdk/protocol/limits.js'
import { isReliable, MESSAGE_STREAM, type Opening } from '../../sdk/protocol/streams.js'
import type { Delivery } from '../../sdk/mesh/events.js'
import { windowOf } from '../../sdk/mesh/stream/outgoing.js'

/** Frames that were under way. */
const slackBytes = 2 * MAX_MEMBER_FRAME_BYTES

interface Read {
  readonly opening: Opening
  /** While no more is taken, what has come since: nothing, or so many bytes behind the first message, most of which may have been there before. */
  paused: { bytesBehindFirst: number | null } | null
}

/** What one member knows of others' streams, and which of them it takes no more of for now. */
export class Reading {
  readonly #streams = new Map<string, Map<number, Read>>()

  opened(from: string, opening: Opening): void {
    let streams = this.#streams.get(from)
    if (streams === undefined) this.#streams.set(from, (streams = new Map<number, Read>()))
    streams.set(opening.stream, { opening, paused: null })
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
    if (read !== undefined) read.paused = isPaused ? { bytesBehindFirst: null } : null
    return read !== undefined
  }

  /** What is wrong with that this comes, if anything. */
  deliver({ from, stream, bytes }: Pick<Delivery, 'from' | 'stream' | 'bytes'>): string | null {
    if (stream === MESSAGE_STREAM) return null
    const read = this.#streams.get(from)?.get(stream)
    if (read === undefined) return 'which was not opened'
    const { paused } = read
    if (paused === null) return null
    if (!isReliable(read.opening.mode)) return 'which is paused'
    const { bytesBehindFirst } = paused
    paused.bytesBehindFirst = bytesBehindFirst === null ? 0 : bytesBehindFirst + bytes.length
    // The message that is whole with this one had begun, and may be larger than a window.
    const isBeyond = (bytesBehindFirst ?? 0) > windowOf(read.opening) + slackBytes
    return isBeyond ? `which is paused, after ${paused.bytesBehindFirst} bytes more` : null
  }
}
