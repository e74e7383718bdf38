import type { SegmentFile } from './segment-file.js'
import type { AudioChunk } from './sinks.js'
import { MAX_WAV_BYTES, WAV_SAMPLE_BYTES, wavHeader } from './wav.js'

/** Sound that comes late comes in a heap; only what is missing for so long is not on its way. */
const WINDOW_MS = 2_000
/** Less is jitter, and nobody hears it. */
const LEAST_GAP_MS = 200
/** After longer ones a new file begins, whose name says when. */
const MAX_GAP_MS = 60_000

interface Segment {
  readonly file: SegmentFile
  readonly sampleRate: number
  readonly channelCount: number
  readonly startedMs: number
  /** Samples of each channel. */
  count: number
  /** The least that was missing since the window began. */
  leastMissing: number
  windowEndMs: number
}

export interface AudioRecordingOptions {
  /** Begins a file; `null`: no more. */
  readonly openSegment: (startedMs: number) => SegmentFile | null
}

/**
 * One track of sound in WAV files, from its first sound on. What is missing, since nobody sent it or the disk is slower, is silence: each file is
 * as long as what it has.
 */
export class AudioRecording {
  /** Pieces that were lost. */
  dropped = 0
  readonly #options: AudioRecordingOptions
  readonly #files = new Set<Promise<void>>()
  #segment: Segment | null = null

  constructor(options: AudioRecordingOptions) {
    this.#options = options
  }

  push(chunk: AudioChunk, nowMs: number): void {
    const { samples } = chunk
    // Before the first packet engines give silence of another rate.
    if (this.#segment === null && samples.every((sample) => sample === 0)) return
    const segment = this.#segmentFor(chunk, nowMs)
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
    if (segment?.file.write([bytes])) segment.count += samples.length / segment.channelCount
    else this.dropped++
  }

  /** Resolves when all its files are closed. */
  async close(): Promise<void> {
    this.#end()
    await Promise.all(this.#files)
  }

  #segmentFor(chunk: AudioChunk, nowMs: number): Segment | null {
    const { sampleRate, channelCount, samples } = chunk
    if (!(sampleRate > 0) || !(channelCount > 0) || samples.length % channelCount !== 0) return null
    const current = this.#segment
    if (current === null) return this.#begin(chunk, nowMs)
    const isSame = current.sampleRate === sampleRate && current.channelCount === channelCount
    const size = (current.count * channelCount + samples.length) * WAV_SAMPLE_BYTES
    if (isSame && size <= MAX_WAV_BYTES && this.#keepsUp(current, samples.length / channelCount, nowMs)) return current
    this.#end()
    return this.#begin(chunk, nowMs)
  }

  /** Puts in what is missing; `false` when that is too much. */
  #keepsUp(segment: Segment, arriving: number, nowMs: number): boolean {
    const { sampleRate, startedMs, count } = segment
    const missing = Math.round(((nowMs - startedMs) * sampleRate) / 1_000) - count - arriving
    segment.leastMissing = Math.min(segment.leastMissing, missing)
    if (nowMs < segment.windowEndMs) return true
    const gap = segment.leastMissing
    segment.leastMissing = Infinity
    segment.windowEndMs = nowMs + WINDOW_MS
    if ((gap * 1_000) / sampleRate > MAX_GAP_MS) return false
    if ((gap * 1_000) / sampleRate < LEAST_GAP_MS) return true
    const silence = new Uint8Array(gap * segment.channelCount * WAV_SAMPLE_BYTES)
    if (segment.file.write([silence])) segment.count += gap
    return true
  }

  #begin({ sampleRate, channelCount, samples }: AudioChunk, nowMs: number): Segment | null {
    // A piece is there when it is over.
    const startedMs = nowMs - ((samples.length / channelCount) * 1_000) / sampleRate
    const file = this.#options.openSegment(startedMs)
    if (file === null) return null
    this.#files.add(file.closed)
    void file.closed.then(() => this.#files.delete(file.closed))
    file.write([wavHeader({ sampleRate, channelCount })])
    const windowEndMs = nowMs + WINDOW_MS
    this.#segment = { file, sampleRate, channelCount, startedMs, count: 0, leastMissing: Infinity, windowEndMs }
    return this.#segment
  }

  #end(): void {
    const segment = this.#segment
    if (segment === null) return
    this.#segment = null
    const header = wavHeader(segment, segment.count * segment.channelCount * WAV_SAMPLE_BYTES)
    void segment.file.close([{ position: 0, bytes: header }])
  }
}
