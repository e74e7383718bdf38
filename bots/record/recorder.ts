import { join } from 'node:path'
import { AudioRecording } from './audio-recording.js'
import { recordingName, type Recorded } from './file-names.js'
import { Room, Space } from './room.js'
import { SegmentFile } from './segment-file.js'
import type { RecordedTrack, Sinks } from './sinks.js'
import { VideoRecording } from './video-recording.js'

/** What members send, as far as it is recorded: a `RemoteStream` is one. */
export interface RecordedStream extends Recorded {
  readonly stream: { getTracks(): readonly RecordedTrack[] }
}

export interface RecorderOptions {
  /** A folder that is there. */
  readonly dir: string
  readonly sinks: Sinks
  readonly report: (error: unknown) => void
  /**
   * Of the files; raw pictures are large: 1280x720 takes 20 MB a second with the default.
   * @default 15
   */
  readonly framesPerSecond?: number | undefined
  /** What all files together may take. @default no limit but the disk */
  readonly maxBytes?: number | undefined
  /** @default Date.now */
  readonly now?: (() => number) | undefined
}

export interface RecorderStats {
  readonly tracks: number
  readonly files: number
  /** Pictures and pieces of sound that were lost, mostly since the disk is slower. */
  readonly dropped: number
}

const DEFAULT_FRAME_RATE = 15
/** What waits to be written, of all tracks together. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024
/** Of one: some dozen pictures, or minutes of sound. */
const MAX_WAITING_BYTES_PER_TRACK = 32 * 1024 * 1024
/** At a time; what is more is told and left alone. */
const MAX_TRACKS = 64
/** Whoever makes more of one track means harm: a disk has only so many. */
const MAX_FILES_PER_TRACK = 1_000

interface Recording {
  readonly stop: () => Promise<void>
  readonly dropped: () => number
}

/**
 * Records what members send, each track in files of its own: videos as `.y4m`, sound as `.wav`, both without an encoder, and both such that what
 * was written before a crash can be played.
 */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #now: () => number
  readonly #room = new Room(MAX_WAITING_BYTES)
  readonly #space: Space
  readonly #streams = new Map<RecordedStream['stream'], Map<RecordedTrack, Recording>>()
  readonly #stopping = new Set<Promise<void>>()
  #files = 0
  #droppedBefore = 0
  #isFullTold = false
  #areTracksTold = false
  #isClosed = false

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#space = new Space(options.maxBytes ?? Infinity)
  }

  get stats(): RecorderStats {
    const all = [...this.#streams.values()].flatMap((tracks) => [...tracks.values()])
    const dropped = all.reduce((sum, recording) => sum + recording.dropped(), this.#droppedBefore)
    return { tracks: all.length, files: this.#files, dropped }
  }

  /** Records the tracks that this stream has now, and no others of it: to be called when it is added, and at each update. */
  record(remote: RecordedStream): void {
    if (this.#isClosed) return
    const tracks = this.#streams.get(remote.stream) ?? new Map<RecordedTrack, Recording>()
    this.#streams.set(remote.stream, tracks)
    const now = new Set(remote.stream.getTracks())
    for (const track of [...tracks.keys()]) if (!now.has(track)) this.#stop(tracks, track)
    for (const track of now) if (!tracks.has(track)) this.#start(remote, tracks, track)
  }

  /** The stream is over. */
  remove({ stream }: Pick<RecordedStream, 'stream'>): void {
    const tracks = this.#streams.get(stream)
    if (tracks === undefined) return
    this.#streams.delete(stream)
    for (const track of [...tracks.keys()]) this.#stop(tracks, track)
  }

  /** Resolves when all files are closed. Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const stream of [...this.#streams.keys()]) this.remove({ stream })
    await Promise.all(this.#stopping)
  }

  #start(remote: RecordedStream, tracks: Map<RecordedTrack, Recording>, track: RecordedTrack): void {
    if (this.stats.tracks >= MAX_TRACKS) {
      if (!this.#areTracksTold) this.#options.report(new Error(`a track is not recorded: ${MAX_TRACKS} others are`))
      this.#areTracksTold = true
      return
    }
    try {
      tracks.set(track, track.kind === 'video' ? this.#recordVideo(remote, track) : this.#recordAudio(remote, track))
    } catch (error) {
      // A track that ended meanwhile: some engines throw.
      this.#options.report(error)
    }
  }

  #recordVideo(remote: RecordedStream, track: RecordedTrack): Recording {
    const room = new Room(MAX_WAITING_BYTES_PER_TRACK, this.#room)
    const open = this.#createOpener(remote, room, '.y4m')
    const recording = new VideoRecording({
      framesPerSecond: this.#options.framesPerSecond ?? DEFAULT_FRAME_RATE,
      room,
      openSegment: (startedMs, rotation) => open(startedMs, rotation === 0 ? '' : `_turn${rotation}`),
    })
    const end = this.#options.sinks.video(track, (frame) => recording.push(frame, this.#now()))
    const stop = async (): Promise<void> => {
      end()
      await recording.close(this.#now())
    }
    return { stop, dropped: () => recording.dropped }
  }

  #recordAudio(remote: RecordedStream, track: RecordedTrack): Recording {
    const room = new Room(MAX_WAITING_BYTES_PER_TRACK, this.#room)
    const open = this.#createOpener(remote, room, '.wav')
    const recording = new AudioRecording({ openSegment: (startedMs) => open(startedMs, '') })
    const end = this.#options.sinks.audio(track, (chunk) => recording.push(chunk, this.#now()))
    const stop = async (): Promise<void> => {
      end()
      await recording.close()
    }
    return { stop, dropped: () => recording.dropped }
  }

  /** Opens the files of one track, as long as there is room for them and none has failed. */
  #createOpener(
    recorded: Recorded,
    room: Room,
    ending: string,
  ): (startedMs: number, detail: string) => SegmentFile | null {
    const { dir, report } = this.#options
    let count = 0
    let hasFailed = false
    const fail = (error: unknown): void => {
      if (!hasFailed) report(error)
      hasFailed = true
    }
    return (startedMs, detail) => {
      if (this.#space.isFull) this.#tellFull()
      if (hasFailed || this.#space.isFull) return null
      if (count === MAX_FILES_PER_TRACK) {
        fail(new Error(`a track is not recorded any more: it has ${count} files`))
        return null
      }
      count++
      this.#files++
      const pathOf = (attempt: number): string =>
        join(dir, recordingName(recorded, startedMs, { detail, attempt, ending }))
      return new SegmentFile({ room, space: this.#space }, pathOf, fail)
    }
  }

  #tellFull(): void {
    if (this.#isFullTold) return
    this.#isFullTold = true
    this.#options.report(new Error(`nothing is recorded any more: ${this.#options.maxBytes ?? 0} bytes are written`))
  }

  #stop(tracks: Map<RecordedTrack, Recording>, track: RecordedTrack): void {
    const recording = tracks.get(track)
    if (recording === undefined) return
    tracks.delete(track)
    const stopping = recording.stop().catch(this.#options.report)
    this.#droppedBefore += recording.dropped()
    this.#stopping.add(stopping)
    void stopping.then(() => this.#stopping.delete(stopping))
  }
}
