import type { Room } from './room.js'
import type { SegmentFile } from './segment-file.js'
import type { VideoFrame } from './sinks.js'
import { i420Bytes, y4mFrameHeader, y4mHeader } from './y4m.js'

/** Shorter gaps are filled with the last picture; after longer ones a new file begins, whose name says when. */
const MAX_GAP_MS = 1_000
/** Whoever changes its size all the time does not get a file for each. */
const MIN_SEGMENT_MS = 1_000

interface Segment {
  readonly file: SegmentFile
  readonly width: number
  readonly height: number
  readonly rotation: number
  readonly startedMs: number
  /** How many pictures it has. */
  count: number
  last: Uint8Array
}

export interface VideoRecordingOptions {
  readonly framesPerSecond: number
  /** Where its pictures wait to be written. */
  readonly room: Room
  /** Begins a file; `null`: no more. */
  readonly openSegment: (startedMs: number, rotation: number) => SegmentFile | null
}

/**
 * One video in files of raw pictures. Those have a rate that stays and videos do not, so a picture stands until the next one comes, and one that
 * comes too early is left out: each file is as long as what it shows.
 */
export class VideoRecording {
  /** Pictures that were lost, since the disk is slower, or they are none. */
  dropped = 0
  readonly #options: VideoRecordingOptions
  readonly #files = new Set<Promise<void>>()
  #segment: Segment | null = null

  constructor(options: VideoRecordingOptions) {
    this.#options = options
  }

  push(frame: VideoFrame, nowMs: number): void {
    const segment = this.#segmentFor(frame, nowMs)
    if (segment === null) {
      this.dropped++
      return
    }
    const slot = this.#slotAt(segment, nowMs)
    if (slot < segment.count) return
    this.#fill(segment, slot)
    if (segment.count === slot && segment.file.write([y4mFrameHeader, frame.data])) {
      segment.count++
      segment.last = frame.data
    } else this.dropped++
  }

  /** Resolves when all its files are closed. */
  async close(nowMs: number): Promise<void> {
    this.#end(nowMs)
    await Promise.all(this.#files)
  }

  #segmentFor(frame: VideoFrame, nowMs: number): Segment | null {
    const { width, height, rotation, data } = frame
    if (width === 0 || height === 0 || data.length !== i420Bytes(width, height)) return null
    // Before anything is filled in or begun: that is written, too, and must not keep a disk busy that is behind.
    if (!this.#options.room.has(data.length + y4mFrameHeader.length)) return null
    const current = this.#segment
    if (current === null) return this.#begin(frame, nowMs)
    const isSame = current.width === width && current.height === height && current.rotation === rotation
    const missing = this.#slotAt(current, nowMs) - current.count
    const isGap = (missing * 1_000) / this.#options.framesPerSecond > MAX_GAP_MS
    if (isSame && !isGap) return current
    if (!isSame && nowMs - current.startedMs < MIN_SEGMENT_MS) return null
    this.#end(nowMs)
    return this.#begin(frame, nowMs)
  }

  #slotAt({ startedMs }: Segment, nowMs: number): number {
    return Math.round(((nowMs - startedMs) * this.#options.framesPerSecond) / 1_000)
  }

  #fill(segment: Segment, end: number): void {
    while (segment.count < end && segment.file.write([y4mFrameHeader, segment.last], true)) segment.count++
  }

  #begin({ width, height, rotation, data }: VideoFrame, startedMs: number): Segment | null {
    const file = this.#options.openSegment(startedMs, rotation)
    if (file === null) return null
    this.#files.add(file.closed)
    void file.closed.then(() => this.#files.delete(file.closed))
    file.write([y4mHeader(width, height, this.#options.framesPerSecond)])
    this.#segment = { file, width, height, rotation, startedMs, count: 0, last: data }
    return this.#segment
  }

  #end(nowMs: number): void {
    const segment = this.#segment
    if (segment === null) return
    this.#segment = null
    const missing = this.#slotAt(segment, nowMs) - segment.count
    // The last picture stands until the end, unless that is long after it.
    if ((missing * 1_000) / this.#options.framesPerSecond <= MAX_GAP_MS) this.#fill(segment, segment.count + missing)
    void segment.file.close()
  }
}
